"""``fhir-server demo``: the main job on made-up claims, from envelopes to a health book. Used by ``make demo``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_server.cli import messages
from fhir_server.cli.language import say, user_language
from fhir_server.cli.options import StoreOption, settings

if TYPE_CHECKING:
    from fhir_server.settings import Settings


def demo(
    *,
    visits: Annotated[int, typer.Option(min=1, metavar="N", help="Visits to make up.")] = 300,
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of the made-up claims.")] = 2026,
    defects: Annotated[float, typer.Option(min=0.0, max=1.0, metavar="RATE", help="Share with a defect.")] = 0.03,
    store: StoreOption = None,
) -> None:
    """Generate claims, load them, show what was stored and one person's health book."""
    from fhir_server.cli.generate import write
    from fhir_server.cli.installed import shown
    from fhir_server.cli.load import run
    from fhir_server.cli.report import table

    values = settings(store=store)
    folder = _folder(values)
    envelopes, issues = folder / f"claims-{visits}-{seed}-{defects}", folder / "issues.ndjson"
    if not envelopes.exists():
        typer.echo(say(messages.GENERATING, visits=visits, folder=envelopes))
        draft = envelopes.with_name(f".{envelopes.name}.part")
        write(draft, visits=visits, seed=seed, defects=defects)
        draft.replace(envelopes)
    typer.echo(say(messages.LOADING, folder=envelopes, store=shown(values.store)))
    typer.echo(table(run(values, [envelopes], source="auto", issues=issues)) + "\n")
    typer.echo(_someone(values))
    typer.echo(say(messages.NEXT, issues=issues, store=shown(values.store)))


def _folder(values: Settings) -> Path:
    """Beside the store's file, or ``data/demo`` for a store without one."""
    from fhir_server.cli.installed import store_file

    file = store_file(values.store)
    folder = file.parent if file else Path("data/demo")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _someone(values: Settings) -> str:
    """The health book of a patient with two visits or so, as text."""
    import asyncio

    from fhir_server.cli.book import document_of
    from mappers.health_book import render_text

    language = user_language(values.language)
    document = document_of(values, asyncio.run(_chosen(values)), language)
    return render_text(document, language)


async def _chosen(values: Settings) -> str:
    """The id of a patient whose book shows something and is still short: near two visits and eight observations."""
    from collections import Counter

    from conformance.json_codec import decode
    from fhir_server.cli.installed import opened

    counts: Counter[tuple[str, str]] = Counter()
    async with opened(values) as store:
        async for chunk in store.scan(("Encounter", "Observation"), await store.position()):
            counts.update((row.key.type, decode(row.body)["subject"]["reference"]) for row in chunk)

    def distance(name: str) -> tuple[int, int, str]:
        return abs(counts["Encounter", name] - 2), abs(counts["Observation", name] - 8), name

    return min((name for kind, name in counts if kind == "Encounter"), key=distance).removeprefix("Patient/")
