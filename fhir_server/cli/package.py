"""``fhir-server package``: what is known beside the specification. https://hl7.org/fhir/R4/packages.html"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fhir_server.cli.language import say, user_language
from fhir_server.cli.options import Format, settings

if TYPE_CHECKING:
    from conformance.issues import Issue
    from conformance.packages import Pinned

app = typer.Typer(
    help="Add, list and remove FHIR packages (implementation guides).",
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
)


@app.command("add")
def add(
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE...", help="A .tgz, a folder, or name#version.")],
    *,
    registry: Annotated[str | None, typer.Option(metavar="URL", help="FHIR package registry to ask.")] = None,
    no_dependencies: Annotated[
        bool, typer.Option("--no-dependencies", help="Add nothing that the packages need.")
    ] = False,
) -> None:
    """Install packages with all that they need, each pinned by its sha256. All of them, or none.

    name#version is sought in ~/.fhir/packages, then in the registry; so is what a package needs, unless another
    SOURCE is it.
    """
    from conformance.packages.installing import add as install

    values = settings(registry=registry)
    for row in install(sources, registry=values.registry, dependencies=not no_dependencies, report=_tell):
        typer.echo(_line(row))


@app.command("list")
def list_(
    *,
    format_: Annotated[Format, typer.Option("--format", help="Lines of text, or the list with all details.")] = (
        Format.TEXT
    ),
) -> None:
    """Print the installed packages in the order in which they were added."""
    import msgspec

    from conformance.packages import installed, messages

    rows = installed()
    if format_ is Format.JSON:
        typer.echo(msgspec.json.encode(rows).decode())
        return
    for row in rows:
        typer.echo(_line(row))
    if not rows:
        typer.echo(say(messages.NONE_INSTALLED), err=True)


@app.command("remove")
def remove(
    names: Annotated[list[str], typer.Argument(metavar="NAME[#VERSION]...", help="Without a version: all of them.")],
) -> None:
    """Remove packages; refused for one that another package needs."""
    from conformance.packages import messages
    from conformance.packages.installing import remove as uninstall

    for row in uninstall(names):
        typer.echo(say(messages.REMOVED, package=row.label))


def _line(row: Pinned) -> str:
    needs = ", ".join(f"{name}#{wanted}" for name, wanted in row.dependencies.items())
    return "  ".join(filter(None, (row.label, f"sha256:{row.sha256[:16]}", row.source, needs and f"({needs})")))


def _tell(issue: Issue) -> None:
    typer.echo(f"{issue.graded}: {issue.text(user_language())}", err=True)
