"""Jobs that export the rows of views: how a worker does them.

https://sql-on-fhir.org/ig/OperationDefinition-ViewDefinitionExport.html

Each view is one walk through the resources of its type, all of them at one position.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import msgspec

from conformance.json_codec import decode
from conformance.views import View, compile_view
from fhir_server.bulk.exporting.drafts import Drafts
from fhir_server.bulk.exporting.files_kind import FilesKind
from fhir_server.bulk.exporting.state import Part, State, state_of
from fhir_server.bulk.exporting.walks import Walk
from fhir_server.bulk.tables.registry import TABLES
from fhir_server.bulk.views.choosing import chosen
from fhir_server.bulk.views.order import Order
from fhir_server.bulk.views.rows import ViewFiles
from fhir_server.jobs import Job, Lease
from fhir_server.search import Indexer
from fhir_server.store.protocol import Version, instant

#: What a file name may hold of the name of a view, and how much of it.
_OTHER, _LONGEST = re.compile(r"[^A-Za-z0-9_]+"), 60


def order_of(job: Job) -> Order:
    """What the job was asked for."""
    return msgspec.convert(job.request, Order)


@dataclass(frozen=True, slots=True)
class ViewExportKind(FilesKind):
    """See ``fhir_server.jobs.Kind``."""

    async def run(self, lease: Lease) -> dict[str, Any]:
        """The files of the manifest. What it writes carries the lease's token until a checkpoint."""
        order, indexer = order_of(lease.job), await self.indexed()
        definitions = indexer.registry.definitions
        views = {
            one.name: compile_view(decode(one.definition.encode()), definitions, order.choice.base_url)
            for one in order.views
        }
        kept = lease.job.checkpoint
        state = state_of(kept) if kept else await self.begin(lease, await self._expected(order, views.values()))
        walks = [await self._walk(name, view, order, indexer, state.position) for name, view in views.items()]
        drafts = self._drafts(lease.job, order, views)
        state = await self.write(lease, walks, state, drafts)
        await asyncio.to_thread(_add_empty, state, drafts, views)
        await self.end(lease, state)
        return state.kept()

    async def _expected(self, order: Order, views: Iterable[View]) -> int | None:
        """How many resources will be read; None when a filter chooses among them."""
        if order.since is not None or not order.choice.is_everybody:
            return None
        counts = await self.store.counts()
        return sum(counts.get(view.resource, 0) for view in views)

    async def _walk(self, name: str, view: View, order: Order, indexer: Indexer, position: int) -> Walk:
        where = await chosen(self.store, indexer.registry, view.resource, order.choice, position)
        since = None if order.since is None else order.since + 1
        return Walk((view.resource,), where, since, into=name, shape=_as_read)

    def _drafts(self, job: Job, order: Order, views: dict[str, View]) -> Drafts:
        table, numbers = TABLES[order.format], count(1)
        files = ViewFiles(views, table, instant(order.now).decode(), order.header)

        def name(_part: Part, view: str) -> str:
            shown = _OTHER.sub("_", view)[:_LONGEST]
            return f"{job.id}/{job.token}-{next(numbers)}-{shown}.{table.name}"

        return Drafts(self.place, files, name, self.clock)


async def _as_read(versions: Sequence[Version]) -> Sequence[Version]:
    """The encoder makes the rows."""
    return versions


def _add_empty(state: State, drafts: Drafts, views: dict[str, View]) -> None:
    """Give views without a resource a table without rows: each output has a file."""
    there = {file.type for file in state.files}
    missing = [name for name in views if name not in there]
    for name in missing:
        drafts.write(Part.OUTPUT, name, (), start=0, last=0)
    state.pages += bool(missing)
    state.files += [file for _, file in drafts.finish(missing, state.pages)]
