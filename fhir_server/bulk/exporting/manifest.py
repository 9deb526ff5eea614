"""What the status of an export says: the manifest, progress, or why there is none.

https://hl7.org/fhir/uv/bulkdata/export.html#bulk-data-status-request
"""

from __future__ import annotations

from typing import Any

from fhir_server.bulk.exporting.kind import order_of
from fhir_server.bulk.exporting.order import EXPORT, Order
from fhir_server.bulk.exporting.state import EVERY_PAGE, File, Part, State, state_of
from fhir_server.jobs import Job
from fhir_server.jobs import State as JobState
from fhir_server.store.protocol import instant
from terminology.names import DEFAULT_BASE

#: Of a file item: its SHA-256 in hexadecimal, and its bytes.
SHA256, SIZE = f"{DEFAULT_BASE}/bulk/sha256", f"{DEFAULT_BASE}/bulk/size"
_SECOND = 1_000_000


def is_readable(job: Job) -> bool:
    """True when a client may have files of it: it is complete, or shows manifests before its end and has files.

    A manifest that was returned must never change, so there is none yet while it would be empty.
    """
    if job.kind != EXPORT or job.cancelling:
        return False
    return job.state is JobState.COMPLETED or (order_of(job).partial and bool((job.checkpoint or {}).get("pages")))


def files_of(job: Job) -> list[File]:
    """The files that a client may read."""
    kept = job.outcome or job.checkpoint
    return state_of(kept).files if kept and is_readable(job) else []


def manifest(job: Job, address: str, page: int = 1) -> tuple[dict[str, Any], bool]:
    """A page of the manifest and whether the export is complete. ``address`` is the status URL; files lie below it.

    A client that reads before the end gets the files of each checkpoint as a page, which never changes any more; the
    others get one page with all. LookupError for a page that does not exist (yet).
    """
    order = order_of(job)
    state = state_of(job.outcome or job.checkpoint or {})
    is_done = job.state is JobState.COMPLETED
    paged = order.partial
    if paged and not 1 <= page <= max(state.pages, 1):
        raise LookupError(page)
    files = [file for file in state.files if not paged or file.page in (page, EVERY_PAGE)]
    body = _body(order, state, files, address)
    if paged and page < state.pages:
        body["link"] = [{"relation": "next", "url": f"{address}?page={page + 1}"}]
    return body, is_done


def _body(order: Order, state: State, files: list[File], address: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "transactionTime": instant(state.at).decode(),
        "request": order.url,
        "requiresAccessToken": False,
    }
    if order.organized_by:
        found["outputOrganizedBy"] = order.organized_by
    for part in Part:
        found[part.value] = [_item(file, order, address) for file in files if file.part is part]
    return found


def _item(file: File, order: Order, address: str) -> dict[str, Any]:
    item: dict[str, Any] = {
        "type": file.type,
        "url": f"{address}/{file.name.rpartition('/')[2]}",
        "count": file.count,
        "extension": {SHA256: file.sha256, SIZE: file.size},
    }
    if order.organized_by and file.part is Part.OUTPUT:
        del item["type"]
    return item


def progress(job: Job) -> str:
    """How far a job is, in less than 100 characters."""
    if job.state is JobState.QUEUED and job.started is None:
        return "waiting for a worker"
    if job.expected:
        share = min(99, job.done * 100 // job.expected)
        return f"{share}% complete ({job.done} of {job.expected} resources)"
    return f"in progress ({job.done} resources)"


def patience(job: Job, now: int) -> int:
    """Seconds after which to ask again: the longer it runs, the more."""
    return max(1, min(30, (now - (job.started or job.created)) // (10 * _SECOND)))


def expiry(job: Job, keep: int) -> int:
    """When the files may go, in microseconds; ``keep`` is how long ended jobs stay."""
    return job.expires if job.expires is not None else (job.ended or job.created) + keep
