"""What an export of views says of itself, as Parameters: at the kick-off, meanwhile, and at its end.

https://sql-on-fhir.org/ig/OperationDefinition-ViewDefinitionExport.html#output-parameters
"""

from __future__ import annotations

from typing import Any

from fhir_server.bulk.exporting.manifest import SHA256, SIZE
from fhir_server.bulk.exporting.state import File, state_of
from fhir_server.bulk.tables.registry import TABLES
from fhir_server.bulk.views.kind import order_of
from fhir_server.jobs import Job, State
from fhir_server.store.protocol import instant

Row = dict[str, Any]
_SECOND = 1_000_000
#: What the guide calls the states. https://sql-on-fhir.org/ig/ValueSet-ExportStatusCodes.html
_STATUS = {
    State.QUEUED: "in-progress",
    State.RUNNING: "in-progress",
    State.COMPLETED: "completed",
    State.FAILED: "failed",
    State.CANCELLED: "cancelled",
}


def is_readable(job: Job) -> bool:
    """True when there are files that a client may read."""
    return job.state is State.COMPLETED and not job.cancelling


def files_of(job: Job) -> list[File]:
    """The files that a client may read."""
    return state_of(job.outcome).files if job.outcome and is_readable(job) else []


def media_type(job: Job, _file: File) -> str:
    """That of the files."""
    return TABLES[order_of(job).format].media_types[0]


def accepted(id: str, address: str, tracking: str) -> Row:
    """The answer to the kick-off; ``address`` is the status URL."""
    return _parameters(*_head(id, tracking, "accepted", address))


def interim(job: Job, address: str, now: int) -> Row:
    """What the status says meanwhile, and beside the way to the manifest; ``now`` in microseconds."""
    status = "accepted" if job.started is None else _STATUS[job.state]
    rows = _head(job.id, order_of(job).tracking, status, address)
    if job.started is not None:
        rows.append({"name": "exportStartTime", "valueInstant": instant(job.started).decode()})
    left = _left(job, now)
    if left is not None:
        rows.append({"name": "estimatedTimeRemaining", "valueInteger": left})
    return _parameters(*rows)


def _left(job: Job, now: int) -> int | None:
    """Seconds that it will take, when it goes on as before; None when nobody knows."""
    if job.state.is_final or job.started is None or not job.expected or not job.done:
        return None
    rest = max(0, job.expected - job.done)
    return min(2**31 - 1, (now - job.started) * rest // job.done // _SECOND)


def manifest(job: Job, address: str, page: int = 1) -> tuple[Row, bool]:
    """The manifest of a complete job, which is final. Files lie below ``address``. LookupError for other pages."""
    if page != 1:
        raise LookupError(page)
    order, started, ended = order_of(job), job.started or job.created, job.ended or job.created
    state = state_of(job.outcome or {})
    rows = _head(job.id, order.tracking, _STATUS[job.state], address)
    rows += [
        {"name": "_format", "valueCode": order.format},
        {"name": "exportStartTime", "valueInstant": instant(started).decode()},
        {"name": "exportEndTime", "valueInstant": instant(ended).decode()},
        {"name": "exportDuration", "valueInteger": max(0, ended - started) // _SECOND},
        {"name": "transactionTime", "valueInstant": instant(state.at).decode()},
    ]
    outputs = [_output(view.name, state.files, address) for view in order.views]
    return _parameters(*rows, *outputs), True


def _output(name: str, files: list[File], address: str) -> Row:
    locations = [_location(file, address) for file in files if file.type == name]
    return {"name": "output", "part": [{"name": "name", "valueString": name}, *locations]}


def _location(file: File, address: str) -> Row:
    told = [{"url": SHA256, "valueString": file.sha256}, {"url": SIZE, "valueDecimal": file.size}]
    return {"extension": told, "name": "location", "valueUri": f"{address}/{file.name.rpartition('/')[2]}"}


def _head(id: str, tracking: str, status: str, address: str) -> list[Row]:
    tracked = [{"name": "clientTrackingId", "valueString": tracking}] if tracking else []
    return [
        {"name": "exportId", "valueString": id},
        *tracked,
        {"name": "status", "valueCode": status},
        {"name": "location", "valueUri": address},
    ]


def _parameters(*rows: Row) -> Row:
    return {"resourceType": "Parameters", "parameter": list(rows)}
