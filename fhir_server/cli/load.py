"""``fhir-server load``: source files into the store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_server.cli.options import IssuesOption, Policy, SourceOption, StoreOption, WorkersOption, settings

if TYPE_CHECKING:
    from fhir_server.bulk.tally import Tally
    from fhir_server.settings import Settings


def load(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files, or folders of files.")],
    *,
    store: StoreOption = None,
    source: SourceOption = "auto",
    workers: WorkersOption = None,
    issues: IssuesOption = None,
    validation: Annotated[
        Policy | None, typer.Option(help="off: do not validate; warn: report; enforce: do not store what is invalid.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Map also what was loaded before.")] = False,
) -> None:
    """Map, validate and store source files, one visit at a time, each whole and durable.

    Repeating a load changes nothing; an interrupted one is completed by running it again. Exit code 3 when some of the
    data had errors or could not be read.
    """
    from fhir_server.cli.exits import DATA
    from fhir_server.cli.report import table, tell_where

    values = settings(store=store, load_workers=workers, load_validation=validation and validation.value)
    done = run(values, paths, source=source, issues=issues, again=again)
    typer.echo(table(done))
    tell_where(done, issues, " --again")
    raise typer.Exit(0 if done.is_clean else DATA)


def run(values: Settings, paths: list[Path], *, source: str, issues: Path | None, again: bool = False) -> Tally:
    """Load these paths into the store of the settings; the counts."""
    from fhir_server.bulk.heaps import one_heap
    from fhir_server.bulk.pool import get_ready

    one_heap()
    get_ready("fhir_server.bulk.translate")
    import asyncio
    from contextlib import nullcontext

    from fhir_server.bulk.load import LoadPlan
    from fhir_server.bulk.load import load as job
    from fhir_server.bulk.paths import keep_apart
    from fhir_server.cli.installed import installation_file, opened
    from fhir_server.cli.progress import progress
    from fhir_server.indexing import indexing_of
    from fhir_server.installation import of_store

    keep_apart(paths, (issues,))

    async def whole() -> Tally:
        async with opened(values, create=True) as target:
            installation = await of_store(target, installation_file(values))
            indexing = await indexing_of(values, target)
            how = (source, values.load_workers, values.load_validation, again)
            plan = LoadPlan(installation, indexing, values.store, *how)
            with issues.open("wb") if issues else nullcontext() as lines, progress("load", "visits") as report:
                return await job(target, paths, plan, lines, report)

    return asyncio.run(whole())
