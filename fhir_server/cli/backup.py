"""``fhir-server backup`` and ``restore``: the whole store as one file, for the engine that keeps one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_server.cli import messages
from fhir_server.cli.language import say
from fhir_server.cli.options import StoreOption, settings

if TYPE_CHECKING:
    from fhir_server.store.sqlite.backup import Copied

#: What copies the stores of other engines.
TOOLS = {
    "mongodb": "mongodump --oplog --uri URL, and mongorestore --oplogReplay",
    "mongodb+srv": "mongodump --oplog --uri URL, and mongorestore --oplogReplay",
    "mongita": "cp -a of its folder while nothing has it open",
}
#: What can be done with any store.
_ANY = "fhir-server migrate"


def backup(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", dir_okay=False, help="The copy; must not exist.")],
    store: StoreOption = None,
) -> None:
    """Copy the store into FILE, also while a server writes: one state of it, verified before it gets its name."""
    from fhir_server.cli.progress import progress
    from fhir_server.store.sqlite.backup import backup as run

    values = settings(store=store)
    source = sqlite_file(values.store)
    with progress("backup") as report:
        done = run(source, out, report)
    _tell(out, done)


def restore(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="A copy that `backup` made.")],
    *,
    store: StoreOption = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace what the store holds, for good.")] = False,
) -> None:
    """Put the store that FILE holds in the place of the store, which nothing may have open."""
    from fhir_server.cli.progress import progress
    from fhir_server.store.sqlite.backup import restore as run

    target = sqlite_file(settings(store=store).store)
    target.parent.mkdir(parents=True, exist_ok=True)
    with progress("restore") as report:
        done = run(source, target, report, replace=replace)
    _tell(target, done)


def sqlite_file(url: str, tools: Mapping[str, str] = TOOLS) -> Path:
    """The file of a SQLite store; NotSupported names what is to be used for another engine, by these ``tools``."""
    from conformance.errors import NotSupported
    from fhir_server.cli.installed import store_file

    found = store_file(url)
    if found is None:
        raise NotSupported.of(messages.NO_FILE, tool=tools.get(url.partition(":")[0], _ANY))
    return found


def _tell(path: Path, done: Copied) -> None:
    typer.echo(
        say(messages.COPIED, path=path, versions=done.versions, bytes=done.bytes, seconds=round(done.seconds, 1))
    )
