"""The HTTP edge over a service in memory."""

from __future__ import annotations

import pytest
from fhir_asking import Asking
from http_edge import Edge

from fhir_server.rest import FhirApplication


@pytest.fixture
def edge(fhir: Asking) -> Edge:
    app = FhirApplication(max_body=2000)
    app.service = fhir.service
    return Edge(app, fhir.runner.run)
