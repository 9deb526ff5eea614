"""``fhir-server export``: every resource as NDJSON, one file per type."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fhir_server.cli import messages
from fhir_server.cli.language import say
from fhir_server.cli.options import StoreOption, settings


def export(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", file_okay=False, help="Folder of the files.")],
    store: StoreOption = None,
    types: Annotated[
        list[str] | None, typer.Option("--type", metavar="TYPE", help="Only this resource type; may be repeated.")
    ] = None,
) -> None:
    """Write the current version of every resource to DIR/TYPE.ndjson, all at one position of the store.

    A file appears under its name only when it is whole. Raw sources are never exported.
    """
    from fhir_server.bulk.heaps import one_heap

    one_heap()
    import asyncio

    from fhir_server.bulk.export import Export
    from fhir_server.bulk.export import export as run
    from fhir_server.cli.installed import opened
    from fhir_server.cli.progress import progress

    async def job() -> Export:
        async with opened(settings(store=store)) as source:
            with progress("export", "resources") as report:
                return await run(source, out, tuple(types or ()), report)

    done = asyncio.run(job())
    for name, count in done.counts.items():
        typer.echo(f"{count:>10} {name}")
    figures = {"bytes": done.bytes, "seconds": f"{done.seconds:.1f}", "position": done.position}
    typer.echo(say(messages.EXPORTED, total=f"{done.total:>10}", **figures))
