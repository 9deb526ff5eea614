"""Files of the rows of views: the engine of exports writes resources, and rows come out.

So a file ends between two resources, a checkpoint counts resources, and rows are never held but a few at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conformance.errors import FhirError
from conformance.issues import Issue
from conformance.json_codec import decode_stored
from conformance.views import View
from fhir_server.bulk.exporting.encoders import Encoder, Sink
from fhir_server.bulk.exporting.state import Part
from fhir_server.bulk.tables.registry import Table
from fhir_server.bulk.views.messages import FAILED_VIEW
from fhir_server.store.protocol import Version

#: Rows that are written at a time: one resource may give very many.
STEP = 500


class ViewRows:
    """One file. ``now`` is what the paths take for the present."""

    def __init__(self, name: str, view: View, table: Encoder, now: str) -> None:
        self._name, self._view, self._table, self._now = name, view, table, now

    def write(self, versions: Sequence[Version]) -> None:
        """See ``Encoder.write``. Raises the category of the failure, with the view and the resource named first."""
        for version in versions:
            try:
                rows = self._view.rows(decode_stored(version.body), self._now)
                for start in range(0, len(rows), STEP):
                    self._table.write(rows[start : start + STEP])
            except FhirError as error:
                where = {"name": self._name, "resource": f"{version.key.type}/{version.key.id}"}
                raise type(error)(Issue(FAILED_VIEW, params=where), *error.issues) from error

    def finish(self) -> None:
        """See ``Encoder.finish``."""
        self._table.finish()

    def drop(self) -> None:
        """See ``Encoder.drop``."""
        self._table.drop()


@dataclass(frozen=True, slots=True)
class ViewFiles:
    """Makes the encoders of one export. See ``encoders.Encode``: the name of a view stands where a type would."""

    views: Mapping[str, View]
    table: Table
    now: str
    header: bool

    def __call__(self, sink: Sink, _part: Part, name: str) -> Encoder:
        """The encoder of a file of the view of this name."""
        view = self.views[name]
        return ViewRows(name, view, self.table.make(sink, view.columns, header=self.header), self.now)
