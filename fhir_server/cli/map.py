"""``fhir-server map``: source files to FHIR resources, without a store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_server.cli.options import IssuesOption, SourceOption, WorkersOption, settings

if TYPE_CHECKING:
    from fhir_server.bulk.tally import Tally
    from fhir_server.settings import Settings


def map_(
    paths: Annotated[list[Path], typer.Argument(metavar="INPUT...", help="Files, or folders of files.")],
    *,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="OUT.ndjson", dir_okay=False, help="The resources.")],
    issues: IssuesOption = None,
    source: SourceOption = "auto",
    workers: WorkersOption = None,
    validate: Annotated[bool, typer.Option("--validate", help="Report also what validation finds; slower.")] = False,
    tmp: Annotated[
        Path | None, typer.Option(metavar="DIR", exists=True, file_okay=False, help="Folder of the temporary spool.")
    ] = None,
) -> None:
    """Map source files to NDJSON, each resource once, in an order and with bytes that do not depend on the run.

    Exit code 3 when some of the data had errors or could not be read.
    """
    from fhir_server.cli.exits import DATA
    from fhir_server.cli.report import table, tell_where

    values = settings(load_workers=workers)
    done = run(values, paths, out, source=source, issues=issues, tmp=tmp, validate=validate)
    typer.echo(table(done), err=True)
    tell_where(done, issues)
    raise typer.Exit(0 if done.is_clean else DATA)


def run(
    values: Settings,
    paths: list[Path],
    out: Path,
    *,
    source: str,
    issues: Path | None,
    tmp: Path | None,
    validate: bool,
) -> Tally:
    """Map these paths into ``out``; the counts."""
    from fhir_server.bulk.pool import get_ready

    get_ready("fhir_server.bulk.translate")
    import asyncio
    from contextlib import nullcontext
    from tempfile import gettempdir

    from fhir_server.bulk.map_files import MapPlan, map_files
    from fhir_server.bulk.paths import keep_apart
    from fhir_server.bulk.translate import Plan
    from fhir_server.cli.installed import installation_file
    from fhir_server.cli.progress import progress
    from fhir_server.installation import from_file
    from mappers.units import MapContext
    from terminology.names import Names

    keep_apart(paths, (out, issues))
    installation = from_file(installation_file(values))
    context = MapContext(installation.key, Names(installation.base), values.zone)
    work = Plan(context, validate)
    plan = MapPlan(work, source, values.load_workers, tmp or Path(gettempdir()))
    with issues.open("wb") if issues else nullcontext() as lines, progress("map", "visits") as report:
        return asyncio.run(map_files(paths, out, plan, lines, report))
