"""Looks at the versions: what a filter or a pipeline finds, in a session that may be a transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fhir_server.store.mongo.layout import Collection
from fhir_server.store.mongo.words import Document

#: Milliseconds of the server's time for one look.
TIME = 30_000


@dataclass(frozen=True, slots=True)
class Looks:
    """In one session."""

    collection: Collection
    session: Any

    async def find(
        self, match: Document, fields: Document, *, limit: int, sort: Document | None = None, hint: str | None = None
    ) -> list[Document]:
        """These fields of the first ``limit`` documents, in order. ``hint`` names an index."""
        cursor = self.collection.find(
            match, fields, session=self.session, max_time_ms=TIME, allow_disk_use=True, sort=sort, hint=hint
        )
        return await cursor.limit(limit).batch_size(limit).to_list()

    async def aggregate(self, pipeline: list[Document]) -> list[Document]:
        """All that a pipeline makes."""
        cursor = await self.collection.aggregate(pipeline, session=self.session, maxTimeMS=TIME, allowDiskUse=True)
        return await cursor.to_list()
