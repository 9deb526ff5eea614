"""The store: protocol and engines, by URL.

``open_store`` gives the engine; ``is_shared`` tells who may open it, ``is_made`` and ``place_of`` what is there before.
"""

from __future__ import annotations

from fhir_server.store.engines import is_made, is_shared, open_store, place_of

__all__ = ["is_made", "is_shared", "open_store", "place_of"]
