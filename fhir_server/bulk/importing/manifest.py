"""What the status of an import says at its end.

https://github.com/smart-on-fhir/bulk-import/blob/master/import-manifest.md
"""

from __future__ import annotations

from typing import Any

from fhir_server.bulk.exporting.state import File
from fhir_server.bulk.importing.order import IMPORT, Input, order_of
from fhir_server.bulk.importing.state import Counts, State, state_of
from fhir_server.jobs import Job
from fhir_server.jobs import State as JobState
from fhir_server.store.protocol import instant
from terminology.names import DEFAULT_BASE

#: Of an input with deletions: how many resources they name.
DELETED = f"{DEFAULT_BASE}/bulk/deleted"


def is_readable(job: Job) -> bool:
    """True when it has ended well: then there are counts and error files."""
    return job.kind == IMPORT and job.state is JobState.COMPLETED and job.outcome is not None


def files_of(job: Job) -> list[File]:
    """The error files."""
    return [one.file for one in _state(job).errors or ()] if is_readable(job) else []


def manifest(job: Job, address: str, page: int = 1) -> tuple[dict[str, Any], bool]:
    """The counts of each input and its error file, and True: it is final. LookupError for another page than the first.

    ``address`` is the status URL; files lie below it.
    """
    if page != 1:
        raise LookupError(page)
    order, state = order_of(job), _state(job)
    pairs = list(zip(order.inputs, state.counts, strict=True))
    errors = [
        {
            "type": one.file.type,
            "inputUrl": order.inputs[one.input].name,
            "count": one.file.count,
            "url": f"{address}/{one.file.name.rpartition('/')[2]}",
        }
        for one in state.errors or ()
    ]
    body = {
        "transactionTime": instant(job.ended or state.at).decode(),
        "request": order.url,
        "requiresAccessToken": False,
        "output": [_item(one, counts) for one, counts in pairs],
        "error": errors,
    }
    return body, True


def _item(one: Input, counts: Counts) -> dict[str, Any]:
    item = {"inputUrl": one.name, "count": counts.stored}
    return item | {"extension": {DELETED: counts.deleted}} if counts.deleted else item


def _state(job: Job) -> State:
    return state_of(job.outcome or {})
