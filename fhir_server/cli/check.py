"""``fhir-server check``: is the store whole, and can everything in it be found?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_server.cli import messages
from fhir_server.cli.exits import FOUND
from fhir_server.cli.language import say, user_language
from fhir_server.cli.options import StoreOption, settings

if TYPE_CHECKING:
    from pathlib import Path

    from fhir_server.settings import Settings
    from fhir_server.store.sqlite.check_entries import Derive


#: What verifies the stores of other engines.
TOOLS = dict.fromkeys(("mongodb", "mongodb+srv"), "db.version.validate({full: true}) in mongosh, and $reindex")


def check(
    store: StoreOption = None,
    *,
    quick: Annotated[
        bool, typer.Option("--quick", help="Pages and versions only: do not derive the entries of each resource anew.")
    ] = False,
) -> None:
    """Compare pages, versions and index entries of the store with each other; nothing is changed.

    Each finding is a line with its resource version. Exit code 1 when there are any.
    """
    from fhir_server.cli.backup import sqlite_file
    from fhir_server.cli.installed import check_place
    from fhir_server.cli.progress import progress
    from fhir_server.store.sqlite.check import check as run

    values = settings(store=store)
    path = sqlite_file(values.store, TOOLS)
    check_place(values.store, create=False)
    started, count, language = time.monotonic(), 0, user_language()
    for finding in run(path, None if quick else derivation(values, path), lambda part: progress(f"check {part}")):
        count += 1
        typer.echo(f"{finding.expression or path}: {finding.graded}: {finding.text(language)} [{finding.message.id}]")
    seconds = round(time.monotonic() - started, 1)
    typer.echo(say(messages.CHECKED, store=values.store, seconds=seconds, findings=count))
    raise typer.Exit(FOUND if count else 0)


def derivation(values: Settings, path: Path) -> Derive:
    """How a stored version becomes the write that stores it, under these settings and what is in force in the store."""
    from conformance.json_codec import decode
    from fhir_server.indexing import indexing
    from fhir_server.repository.in_force import NAME, NONE, SPACE
    from fhir_server.repository.prepare import prepare
    from fhir_server.store.sqlite.check import kept_record

    indexer = indexing(values, kept_record(path, SPACE, NAME) or NONE).indexer()
    return lambda version: prepare(decode(version.body), indexer)
