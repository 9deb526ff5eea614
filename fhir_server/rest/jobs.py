"""Asynchronous requests: status, cancelling and files of exports and imports, and for administrators all jobs.

https://hl7.org/fhir/R4/async.html, https://hl7.org/fhir/uv/bulkdata/export.html#bulk-data-status-request

A job is known by its URL alone, which nobody can guess; authorization will also compare its owner.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from conformance.errors import Conflict, FhirError, NotAllowed, NotFound
from conformance.issues import DEFAULT_LANGUAGE, Issue
from conformance.json_codec import encode
from fhir_server.bulk.exporting.manifest import expiry, patience, progress
from fhir_server.bulk.exporting.messages import NO_FILE
from fhir_server.bulk.exporting.places import Place
from fhir_server.exchange.etag import http_date
from fhir_server.exchange.failures import outcome_bytes
from fhir_server.exchange.messages import METHOD_NOT_ALLOWED, SERVER_ERROR
from fhir_server.exchange.request import Response
from fhir_server.exchange.url import query_pairs
from fhir_server.jobs import Board, Job, State
from fhir_server.jobs.job import told
from fhir_server.jobs.messages import NO_JOB
from fhir_server.rest.answer import Asked
from fhir_server.rest.asgi import PREFIX, base_of
from fhir_server.rest.body import Receive, Scope, Send
from fhir_server.rest.files import Download
from fhir_server.rest.job_reports import REPORTS, RESULT, Report
from fhir_server.rest.local import is_local
from fhir_server.rest.polls import Polls

ROOT = f"{PREFIX}/_jobs"
_LOG = logging.getLogger("fhir_server.rest")
_JSON, _FHIR_JSON = "application/json", "application/fhir+json"


class JobsApplication:
    """Answers under ``_jobs`` of the base. ``keep`` is how long ended jobs stay, in microseconds.

    ``lists`` allows the list of all jobs, and cancelling of any, to clients on this host.
    """

    def __init__(self, board: Board, place: Place, *, base_url: str = "", keep: int, lists: bool = False) -> None:
        self._board, self._place, self._keep, self._lists = board, place, keep, lists
        self._base_url = base_url.rstrip("/")
        self._numbers = itertools.count(1)
        self._polls = Polls()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        headers = dict(scope["headers"])
        asked = Asked(headers, scope["method"], base_of(self._base_url, scope, headers))
        request_id = headers.get(b"x-request-id", b"")[:64] or b"job-%d" % next(self._numbers)
        try:
            response = await self._respond(scope, asked, send)
            answer = await asked.written(response, None) if response else None
        except FhirError as error:
            answer = await asked.refused(error, None)
        except Exception:  # noqa: BLE001  (the outermost edge)
            _LOG.exception("%s %s failed", scope["method"], scope["path"])
            answer = await asked.failed(Issue(SERVER_ERROR, params={"request_id": request_id.decode("latin-1")}))
        if answer:
            await answer.send(receive, send, request_id, is_head=scope["method"] == "HEAD")

    async def _respond(self, scope: Scope, asked: Asked, send: Send) -> Response | None:
        """The response; None when a file was sent."""
        job, _, file = scope["path"][len(ROOT) :].strip("/").partition("/")
        asked.headers.pop(b"accept", None)
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        depth = 2 if file else 1 if job else 0
        handlers: dict[tuple[int, str], Callable[[], Awaitable[Response | None]]] = {
            (0, "GET"): lambda: self._list(scope, asked),
            (1, "GET"): lambda: self._status(job, scope, asked),
            (1, "DELETE"): lambda: self._cancel(job, scope, asked),
            (2, "GET"): lambda: self._download(job, file, scope, asked, send),
        }
        handler = handlers.get((depth, method))
        if handler is None:
            allowed = ["GET", "HEAD", *(name for at, name in handlers if at == depth and name != "GET")]
            raise NotAllowed.of(METHOD_NOT_ALLOWED, method=method, allowed=", ".join(allowed))
        return await handler()

    async def _find(self, id: str, *, any_kind: bool = False) -> Job:
        """The job. Raises NotFound, also for one that is being cancelled or has expired."""
        job = await self._board.find(id)
        has_expired = job.state.is_final and expiry(job, self._keep) <= _now()
        is_gone = job.cancelling or job.state is State.CANCELLED or has_expired
        if is_gone or (job.kind not in REPORTS and not any_kind):
            raise NotFound.of(NO_JOB, id=id)
        return job

    # Status

    async def _status(self, id: str, scope: Scope, asked: Asked) -> Response:
        self._polls.count(id, _now())
        job = await self._find(id)
        report, address = REPORTS[job.kind], f"{asked.base_url}/_jobs/{id}"
        if report.interim:
            told, is_ended = encode(report.interim(job, address, _now())), job.state.is_final
            headers = (("location", f"{address}/{RESULT}"),) if is_ended else _waiting(job)
            return Response(303 if is_ended else 202, told, media_type=_FHIR_JSON, headers=headers)
        return self._told(job, report, scope, asked)

    def _told(self, job: Job, report: Report, scope: Scope, asked: Asked) -> Response:
        """The manifest, progress, or why there is none."""
        address = f"{asked.base_url}/_jobs/{job.id}"
        if job.state is State.FAILED:
            issues = [said.issue for said in job.issues]
            return Response(500, outcome_bytes(issues, asked.language or DEFAULT_LANGUAGE))
        if report.is_readable(job):
            try:
                body, is_final = report.manifest(job, address, _page(scope))
            except LookupError:
                raise NotFound.of(NO_FILE, file=f"page {_page(scope)}") from None
            status = 200 if is_final else 202
            ends = (("expires", http_date(expiry(job, self._keep)).decode()),) if is_final else _waiting(job)
            name = _FHIR_JSON if "resourceType" in body else _JSON
            return Response(status, encode(body), media_type=name, headers=ends)
        return Response(202, headers=_waiting(job))

    # Cancelling

    async def _cancel(self, id: str, scope: Scope, asked: Asked) -> Response:
        job = await self._find(id, any_kind=self._lists and is_local(scope, asked.headers, self._base_url))
        with suppress(Conflict):
            job = await self._board.cancel(job.id, _now())
        if job.state.is_final:
            await self._board.expire(job.id, _now())
        body = outcome_bytes((Issue(REPORTS[job.kind].cancelled),), asked.language or DEFAULT_LANGUAGE)
        return Response(202, body)

    # Files

    async def _download(self, id: str, name: str, scope: Scope, asked: Asked, send: Send) -> Response | None:
        job = await self._find(id)
        if name == RESULT and job.state.is_final and REPORTS[job.kind].interim:
            return self._told(job, REPORTS[job.kind], scope, asked)
        found = next((file for file in REPORTS[job.kind].files_of(job) if file.name == f"{id}/{name}"), None)
        if found is None:
            raise NotFound.of(NO_FILE, file=name)
        download = Download(self._place, found, REPORTS[job.kind].media_type(job, found), asked.headers)
        await download.send(send, is_head=scope["method"] == "HEAD")
        return None

    # The list

    async def _list(self, scope: Scope, asked: Asked) -> Response:
        if not self._lists or not is_local(scope, asked.headers, self._base_url):
            raise NotFound.of(NO_JOB, id="")
        rows = [told(job) async for job in self._board.all()]
        return Response(200, encode(sorted(rows, key=lambda row: str(row["created"]))), media_type=_JSON)


def _now() -> int:
    return time.time_ns() // 1000


def _waiting(job: Job) -> tuple[tuple[str, str], ...]:
    return ("retry-after", str(patience(job, _now()))), ("x-progress", progress(job))


def _page(scope: Scope) -> int:
    text = dict(query_pairs(scope["query_string"].decode("latin-1"))).get("page", "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
