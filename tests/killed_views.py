"""An export of views whose workers are killed, as a program: ``killed_views.py STORE FOLDER KILLS SEED FORMAT``.

See ``killed_exports``: the same store, the same writer, the same kills.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from killed_exports import SIZE, Deadly, main

from conformance.packages import load
from fhir_server.bulk.exporting.places import Directory
from fhir_server.bulk.tables import groups
from fhir_server.bulk.views.kind import ViewExportKind
from fhir_server.bulk.views.order import VIEW_EXPORT, Named, Order
from fhir_server.job_kinds import now
from fhir_server.jobs import Kind
from fhir_server.search import Indexer
from fhir_server.store.protocol import Store


def view(type: str) -> dict[str, Any]:
    """Two rows a resource."""
    key = [{"name": "key", "path": "getResourceKey()"}, {"name": "mark", "path": "language"}]
    union = [{"column": [{"name": "branch", "path": f"'{name}'"}]} for name in "ab"]
    return {"resourceType": "ViewDefinition", "resource": type, "select": [{"column": key}, {"unionAll": union}]}


#: Two views of one type, one of another, and one of a type without resources.
VIEWS = {"first": view("Patient"), "second": view("Observation"), "again": view("Patient"), "none": view("Device")}


def order(format: str) -> Order:
    views = tuple(Named(name, json.dumps(definition)) for name, definition in VIEWS.items())
    return Order(views=views, format=format, now=now())


if __name__ == "__main__":
    groups.GROUP = 20_000  # small row groups, so that there are several files
    # Once, before the workers are forked.
    INDEXER = Indexer(load())

    async def indexed() -> Indexer:
        return INDEXER

    def make(store: Store, place: Directory, when: tuple[str, int]) -> Kind:
        return Deadly(ViewExportKind(store, indexed, place, now, SIZE), when)

    wanted = order(sys.argv[5])
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), VIEW_EXPORT, wanted, make)
