"""``fhir-server migrate``: everything of one store into another, also of another engine."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_server.cli import messages
from fhir_server.cli.exits import DATA, DONE, FOUND
from fhir_server.cli.language import say
from fhir_server.cli.options import settings

if TYPE_CHECKING:
    from fhir_server.bulk.moving import Moved
    from fhir_server.settings import Settings
    from fhir_server.store.moving import Movable


def migrate(
    source: Annotated[str, typer.Option("--from", metavar="URL", help="The store to read; it may be in use.")],
    target: Annotated[
        str, typer.Option("--to", metavar="URL", help="The store to fill; new, or begun by this command.")
    ],
) -> None:
    """Move every version with its history, stamps and deletions, and all records but jobs; then compare both stores.

    An interrupted migration is completed by the same command, and so is one whose source was written meanwhile (exit
    code 3). Exit code 1 when the stores differ at the end.
    """
    import asyncio

    done = asyncio.run(run(settings(), source, target))
    for name, count in sorted(done.live.items()):
        typer.echo(f"{count:>10} {name}")
    if done.differing:
        typer.echo(say(messages.DIFFERENT, differing=", ".join(done.differing)), err=True)
        raise typer.Exit(FOUND)
    typer.echo(say(messages.MOVED, versions=done.versions, deletions=done.deletions, records=done.records))
    if done.is_behind:
        typer.echo(say(messages.BEHIND), err=True)
    raise typer.Exit(DATA if done.is_behind else DONE)


async def run(values: Settings, source: str, target: str) -> Moved:
    """Move the store at ``source`` to ``target``; what was moved and compared."""
    from fhir_server.bulk.moving import migrate as job
    from fhir_server.cli.progress import progress
    from fhir_server.indexing import indexing_of

    async with AsyncExitStack() as stack:
        old = await _movable(stack, values, source, create=False)
        new = await _movable(stack, values, target, create=True)
        with progress("migrate", "versions") as report:
            return await job(old, new, (await indexing_of(values, old)).indexer(), report)


async def _movable(stack: AsyncExitStack, values: Settings, url: str, *, create: bool) -> Movable:
    from conformance.errors import NotSupported
    from fhir_server.cli.installed import opened
    from fhir_server.store.moving import Movable

    store = await stack.enter_async_context(opened(replace(values, store=url), create=create))
    if not isinstance(store, Movable):
        raise NotSupported.of(messages.CANNOT_MOVE, url=url.partition(":")[0])
    return store
