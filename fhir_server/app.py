"""Composition: settings in, a running ASGI application out. The only place, with the CLI, that sees settings.

FastAPI hosts the pages. Requests under ``/fhir`` go straight to the FHIR application, past its routing and middleware,
which would cost more than a read does.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from conformance.errors import FhirError, Unavailable
from conformance.issues import Issue, Message, Severity
from conformance.packages import load
from fhir_server import installation
from fhir_server.bulk.garbage import seldom_collected
from fhir_server.bulk.reindexing import TAKEN_UP
from fhir_server.exchange.registry import Router
from fhir_server.exchange.service import Service
from fhir_server.exchange.validation import Checks
from fhir_server.indexing import indexing_of
from fhir_server.interactions import INTERACTIONS
from fhir_server.job_kinds import keep_of, place_of
from fhir_server.jobs import Board
from fhir_server.operations import EXPUNGE, OPERATIONS
from fhir_server.origins import parse_origins, parse_page_origins
from fhir_server.parent import end_with_parent, starting
from fhir_server.repository import Repository
from fhir_server.repository.holding import forget_old
from fhir_server.repository.in_force import in_force
from fhir_server.rest import PREFIX, FhirApplication
from fhir_server.rest.body import Receive, Scope, Send
from fhir_server.rest.cors import Shared
from fhir_server.rest.jobs import ROOT as JOBS
from fhir_server.rest.jobs import JobsApplication
from fhir_server.settings import Settings
from fhir_server.store import open_store
from fhir_server.store.protocol import Store
from fhir_server.write_rules import write_rules
from profiles.vn.validator import national_validator
from terminology.names import Names

_LOG = logging.getLogger("fhir_server.app")

NOT_STARTED = Message(
    "BLK-6204",
    Severity.FATAL,
    "exception",
    "the server cannot start: {reason}",
    "máy chủ không khởi động được: {reason}",
)


class Application:
    """The ASGI host: the life of the store, FHIR under ``/fhir``, pages beside it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.fhir = FhirApplication(base_url=settings.base_url, max_body=settings.max_body)
        self._origins = parse_page_origins(settings.cors_origins)
        self._store: Store | None = None
        self._jobs: JobsApplication | None = None
        self._pages: asyncio.Task[Any] | None = None
        self._watching: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI connection, or the life of the process."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http" and _is_fhir(scope["path"]):
            await self._of(scope["path"])(scope, receive, send)
        else:
            await (await self._host())(scope, receive, send)

    def _of(self, path: str) -> FhirApplication | JobsApplication | Shared:
        fhir = self._jobs if self._jobs is not None and path.startswith(JOBS) else self.fhir
        return Shared(fhir, self._origins) if self._origins else fhir

    async def start(self) -> None:
        """Open the store and compose the service."""
        self._store = await open_store(self.settings.store)
        self._jobs = self._compose_jobs(self._store)
        self.fhir.service = await compose(self.settings, self._store)
        self._watching = asyncio.create_task(self._watch(self._store, await in_force(self._store)))

    async def _watch(self, store: Store, known: bytes) -> None:
        """Compose the service anew when other search parameters have come into force."""
        while True:
            await asyncio.sleep(TAKEN_UP)
            with suppress(Unavailable):
                await forget_old(store, time.time_ns() // 1000)
                found = await in_force(store)
                if found != known:
                    self.fhir.service, known = await compose(self.settings, store), found

    def _compose_jobs(self, store: Store) -> JobsApplication:
        settings = self.settings
        return JobsApplication(
            Board(store),
            place_of(settings),
            base_url=settings.base_url,
            keep=keep_of(settings),
            lists=settings.job_list == "on",
        )

    async def stop(self) -> None:
        """Answer no more requests and close the store."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait({self._watching})
        self.fhir.service = self._jobs = self._watching = None
        if self._store is not None:
            await self._store.close()
            self._store = None

    async def _live(self, receive: Receive, send: Send) -> None:
        end_with_parent()
        await receive()
        try:
            with starting():
                await self.start()
        except Exception as error:  # noqa: BLE001  (the server must be told, or it would serve without a store)
            reason = error.issues[0] if isinstance(error, FhirError) else error
            told = Issue(NOT_STARTED, params={"reason": reason}).text(self.settings.language)
            _LOG.error("%s", told, exc_info=not isinstance(error, FhirError))
            await self.stop()
            await send({"type": "lifespan.startup.failed", "message": told})
            return
        await send({"type": "lifespan.startup.complete"})
        with seldom_collected():
            await receive()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _host(self) -> Any:
        # Importing FastAPI takes longer than all the rest of a start: it waits for the first page, in a thread.
        if self._pages is None:
            self._pages = asyncio.create_task(asyncio.to_thread(_build_pages, self.fhir))
        return await asyncio.shield(self._pages)


def _build_pages(fhir: FhirApplication) -> Any:
    from fhir_server.rest import pages  # noqa: PLC0415

    return pages.build(fhir)


def _is_fhir(path: str) -> bool:
    return path.startswith(PREFIX) and path[len(PREFIX) : len(PREFIX) + 1] in ("", "/")


def create_app(settings: Settings | None = None) -> Application:
    """The application over the store of ``settings`` (by default those of the environment), opened at start-up."""
    return Application(settings or Settings.from_environment())


async def compose(settings: Settings, store: Store) -> Service:
    """Everything that the interactions work with, over an open store."""
    definitions = load()
    file = Path(settings.installation) if settings.installation else installation.default_path()
    installed = await installation.of_store(store, file)
    names = Names(installed.base)
    indexer = (await indexing_of(settings, store)).indexer()
    cursor_key = hashlib.sha256(b"cursor" + installed.key).digest()
    return Service(
        repository=Repository(store, indexer, definitions, cursor_key=cursor_key),
        definitions=definitions,
        registry=indexer.registry,
        checks=Checks(national_validator(names, definitions), write_rules(settings, names, definitions)),
        names=names,
        router=Router(INTERACTIONS, [row for row in OPERATIONS if row is not EXPUNGE or settings.expunge != "off"]),
        started=time.time_ns() // 1000,
        zone=settings.timezone,
        default_count=settings.default_count,
        max_count=settings.max_count,
        update_create=settings.update_create == "on",
        cors=bool(settings.cors_origins),
        expunge_everything=settings.expunge == "everything",
        delete_multiple=settings.conditional_delete == "multiple",
        import_from=parse_origins(settings.import_from),
        job_limit=settings.job_limit,
    )
