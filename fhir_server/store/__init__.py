"""The store: protocol and engines. ``open_store`` gives the engine at a URL; ``is_shared`` tells who may open it."""

from __future__ import annotations

from fhir_server.store.engines import is_shared, open_store

__all__ = ["is_shared", "open_store"]
