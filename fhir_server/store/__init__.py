"""The store: protocol and engines. ``open_store`` gives the engine at a URL."""

from __future__ import annotations

from fhir_server.store.engines import open_store

__all__ = ["open_store"]
