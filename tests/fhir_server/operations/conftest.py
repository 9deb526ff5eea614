"""The real ASGI application over a store in memory."""

from __future__ import annotations

import pytest
from fhir_asking import Asking
from http_edge import Edge

from fhir_server.rest import FhirApplication


@pytest.fixture
def http(fhir: Asking) -> Edge:
    """Sends HTTP requests to the application; ``fhir`` is the same service without HTTP."""
    app = FhirApplication()
    app.service = fhir.service
    return Edge(app, fhir.runner.run)
