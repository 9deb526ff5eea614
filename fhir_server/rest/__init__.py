"""HTTP bytes to requests and responses to HTTP bytes."""

from fhir_server.rest.asgi import PREFIX, FhirApplication

__all__ = ["PREFIX", "FhirApplication"]
