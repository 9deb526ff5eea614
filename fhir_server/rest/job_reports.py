"""What the status of a job says, by its kind: a table that the URLs of jobs are answered from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from conformance.issues import Message
from fhir_server.bulk import messages as bulk_messages
from fhir_server.bulk import reindexing
from fhir_server.bulk.exporting import kind as exports
from fhir_server.bulk.exporting import manifest as export_manifest
from fhir_server.bulk.exporting import messages as export_messages
from fhir_server.bulk.exporting.formats import file_type
from fhir_server.bulk.exporting.order import EXPORT, NDJSON
from fhir_server.bulk.exporting.state import File
from fhir_server.bulk.importing import manifest as import_manifest
from fhir_server.bulk.importing import messages as import_messages
from fhir_server.bulk.importing.order import IMPORT
from fhir_server.bulk.views import manifest as view_manifest
from fhir_server.bulk.views import messages as view_messages
from fhir_server.bulk.views.order import VIEW_EXPORT
from fhir_server.jobs import Job, State

#: Below the URL of a job that leads to its manifest.
RESULT = "result"


class Report(NamedTuple):
    """How the jobs of one kind are told of."""

    is_readable: Callable[[Job], bool]
    """True when there is a manifest."""
    files_of: Callable[[Job], list[File]]
    manifest: Callable[[Job, str, int], tuple[dict[str, Any], bool]]
    """From the job, its URL and a page: the manifest, and whether it is final. LookupError for a missing page."""
    media_type: Callable[[Job, File], str]
    """Of one of its files."""
    cancelled: Message
    interim: Callable[[Job, str, int], dict[str, Any]] | None = None
    """From the job, its URL and the present: what the status says meanwhile. With it the status leads to the manifest,
    or to why there is none, by 303 and the URL of ``RESULT`` below. https://hl7.org/fhir/R5/async-bundle.html"""


def _reindexed(job: Job, _address: str, page: int) -> tuple[dict[str, Any], bool]:
    if page != 1:
        raise LookupError(page)
    request = job.request.get("url", "")
    return {"request": request, "requiresAccessToken": False, "output": [], "error": [], **(job.outcome or {})}, True


REPORTS: Mapping[str, Report] = MappingProxyType(
    {
        EXPORT: Report(
            export_manifest.is_readable,
            export_manifest.files_of,
            export_manifest.manifest,
            lambda job, file: file_type(file.part, exports.order_of(job).format),
            export_messages.CANCELLED,
        ),
        VIEW_EXPORT: Report(
            view_manifest.is_readable,
            view_manifest.files_of,
            view_manifest.manifest,
            view_manifest.media_type,
            view_messages.CANCELLED,
            view_manifest.interim,
        ),
        IMPORT: Report(
            import_manifest.is_readable,
            import_manifest.files_of,
            import_manifest.manifest,
            lambda _job, _file: NDJSON,
            import_messages.CANCELLED,
        ),
        reindexing.REINDEX: Report(
            lambda job: job.state is State.COMPLETED,
            lambda _: [],
            _reindexed,
            lambda _job, _file: NDJSON,
            bulk_messages.REINDEX_CANCELLED,
        ),
    }
)
