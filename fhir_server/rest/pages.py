"""What the server shows beside FHIR: its health. The place of web pages, admin surface and SMART endpoints to come."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from fhir_server.rest.asgi import FhirApplication


def build(fhir: FhirApplication) -> FastAPI:
    """The FastAPI application of everything outside the FHIR base."""
    pages = FastAPI(title="FHIR R4 server for Vietnam", docs_url=None, redoc_url=None)

    @pages.get("/health")
    async def health() -> JSONResponse:
        """Whether the store answers, and how many resources it holds by type."""
        if fhir.service is None:
            return JSONResponse({"status": "starting"}, 503)
        return JSONResponse({"status": "ok", "resources": dict(await fhir.service.repository.counts())})

    return pages
