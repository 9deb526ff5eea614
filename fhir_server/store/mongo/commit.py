"""Commits of units: decided, written and made readable, each group of them in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pymongo.errors import PyMongoError

from conformance.errors import Unavailable
from fhir_server.store.clock import Clock
from fhir_server.store.messages import UNCERTAIN
from fhir_server.store.mongo import criteria
from fhir_server.store.mongo.flights import Flight, Flights, Ticket
from fhir_server.store.mongo.group import Group, scope_of
from fhir_server.store.mongo.layout import Collections
from fhir_server.store.mongo.texts import Texts, texts_of
from fhir_server.store.mongo.transactions import Transactions
from fhir_server.store.protocol import Outcome, Unit


class Committer:
    """Applies units."""

    def __init__(
        self, transactions: Transactions, collections: Collections, flights: Flights, texts: Texts, clock: Clock
    ) -> None:
        self.transactions = transactions
        self._collections = collections
        self._flights = flights
        self._texts = texts
        self._clock = clock

    async def apply(self, units: Sequence[Unit]) -> list[Outcome]:
        """The outcomes of the first units, as many as one transaction took; durable and readable on return."""
        left = list(units)

        async def body(session: Any, ticket: Ticket) -> tuple[Group, Flight | None]:
            return await self.written(session, ticket, left)

        def lessen() -> None:
            del left[max(1, len(left) // 2) :]

        (group, flight), head = await self.transactions.run(body, lessen)
        position = flight.end if flight else 0
        try:
            await self._flights.reach(max(position, group.seen), head, otherwise=UNCERTAIN)
        except PyMongoError:
            raise Unavailable.of(UNCERTAIN) from None  # It is made, and must not be tried again.
        return group.outcomes(position)

    async def written(self, session: Any, ticket: Ticket, units: Sequence[Unit]) -> tuple[Group, Flight | None]:
        """Decide units, and write what was decided, in a transaction."""
        head = await self._flights.head(session)
        scope = scope_of(self._collections.version, self._texts, session, head.types)
        group = Group(scope, self._collections, head.expunged)
        await group.decide(units)
        flight = await self._write_versions(session, ticket, group) if group.versions else None
        if group.record_steps:
            await self._collections.record.bulk_write(list(group.record_steps.values()), session=session)
        if group.touched:
            steps = [criteria.touch(of) for of in sorted(group.touched)]
            await self._collections.guard.bulk_write(steps, ordered=False, session=session)
        return group, flight

    async def _write_versions(self, session: Any, ticket: Ticket, group: Group) -> Flight:
        await self._texts.add(text for write in group.writes for text in texts_of(write.key.type, write.entries))
        types = {write.key.type for write in group.writes}
        flight = await self._flights.reserve(ticket, group.versions, types, self._clock())
        documents, endings = group.documents(flight.end)
        if endings:
            await self._collections.version.bulk_write(endings, ordered=False, session=session)
        await self._collections.version.insert_many(documents, session=session)
        return flight
