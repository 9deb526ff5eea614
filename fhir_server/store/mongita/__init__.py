"""The trial engine: Mongita, an embedded imitation of MongoDB. Never for patient data."""

from __future__ import annotations

from fhir_server.store.mongita.store import MongitaStore

__all__ = ["MongitaStore"]
