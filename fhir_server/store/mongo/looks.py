"""Looks at the versions: what a filter or a pipeline finds, on a lane where there is one, otherwise by the driver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fhir_server.store.mongo.lanes import Lanes
from fhir_server.store.mongo.layout import Collection
from fhir_server.store.mongo.words import Document

#: Milliseconds of the server's time for one look.
TIME = 30_000


@dataclass(frozen=True, slots=True)
class Looks:
    """In one session. Without lanes it may be a transaction."""

    collection: Collection
    session: Any
    lanes: Lanes | None = None

    async def find(
        self, match: Document, fields: Document, *, limit: int, sort: Document | None = None, hint: str | None = None
    ) -> list[Document]:
        """These fields of the first ``limit`` documents, in order. ``hint`` names an index."""
        more: Document = {"limit": limit, "batchSize": limit, "maxTimeMS": TIME, "allowDiskUse": True}
        more.update({"sort": sort} if sort else {})
        more.update({"hint": hint} if hint else {})
        found = await self._on_lane({"find": self.collection.name, "filter": match, "projection": fields, **more})
        if found is not None:
            return found
        cursor = self.collection.find(
            match, fields, session=self.session, max_time_ms=TIME, allow_disk_use=True, sort=sort, hint=hint
        )
        return await cursor.limit(limit).batch_size(limit).to_list()

    async def aggregate(self, pipeline: list[Document], most: int) -> list[Document]:
        """All that a pipeline makes, which is not more than ``most``."""
        command = {"aggregate": self.collection.name, "pipeline": pipeline, "cursor": {"batchSize": most + 1}}
        found = await self._on_lane({**command, "maxTimeMS": TIME, "allowDiskUse": True})
        if found is not None:
            return found
        cursor = await self.collection.aggregate(pipeline, session=self.session, maxTimeMS=TIME, allowDiskUse=True)
        return await cursor.to_list()

    async def _on_lane(self, command: Document) -> list[Document] | None:
        return await self.lanes.found(self.collection.database.name, command) if self.lanes else None
