"""The scale engine: MongoDB through pymongo, a transaction for each group of units, positions with leases."""

from __future__ import annotations

from fhir_server.store.mongo.store import MongoStore

__all__ = ["MongoStore"]
