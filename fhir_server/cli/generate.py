"""``fhir-server generate``: synthetic claim envelopes."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from fhir_server.cli import messages
from fhir_server.cli.language import say

if TYPE_CHECKING:
    from collections import Counter


class Content(StrEnum):
    """Forms of NOIDUNGFILE."""

    BASE64 = "base64"
    NESTED = "nested"


def generate(
    *,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", file_okay=False, help="Folder of the envelopes.")],
    visits: Annotated[int, typer.Option(min=1, metavar="N", help="Visits in all.")] = 300,
    seed: Annotated[int, typer.Option(metavar="N", help="The same seed writes the same bytes.")] = 1,
    defects: Annotated[
        float, typer.Option(min=0.0, max=1.0, metavar="RATE", help="Share of visits with a planted defect.")
    ] = 0.0,
    per_envelope: Annotated[int, typer.Option(min=1, metavar="N", help="Visits in one envelope.")] = 10,
    content: Annotated[Content, typer.Option(help="How an envelope holds its tables.")] = Content.BASE64,
) -> None:
    """Write seeded, made-up claim envelopes (QĐ 4750); beside DIR, DIR-defects.ndjson lists the planted defects."""
    counts = write(out, visits=visits, seed=seed, defects=defects, per_envelope=per_envelope, content=content.value)
    typer.echo(say(messages.GENERATED, out=out, **counts))


def write(
    out: Path,
    *,
    visits: int,
    seed: int,
    defects: float,
    per_envelope: int = 10,
    content: Literal["base64", "nested"] = "base64",
) -> Counter[str]:
    """Write the envelopes into ``out``, the defects beside it; counts of envelopes, visits, resent, rows, defects."""
    from collections import Counter

    from fhir_server.cli.progress import progress
    from mappers.synthetic import generate as envelopes

    counts: Counter[str] = Counter(envelopes=0, visits=0, resent=0, rows=0, defects=0)
    out.mkdir(parents=True, exist_ok=True)
    with defect_list(out).open("wb") as sidecar, progress("generate", "visits") as report:
        for envelope in envelopes(seed, visits, visits_per_envelope=per_envelope, defects=defects, content=content):
            (out / envelope.name).write_bytes(envelope.content)
            sidecar.writelines(_line(defect) for defect in envelope.defects)
            counts["envelopes"] += 1
            counts["visits"] += envelope.visits
            counts["resent"] += envelope.resent
            counts["rows"] += envelope.rows.total()
            counts["defects"] += len(envelope.defects)
            report(counts["visits"] - counts["resent"], visits)
    return counts


def defect_list(out: Path) -> Path:
    """The list of the defects in the envelopes of a folder: beside it, where ``load`` does not meet it."""
    whole = out.resolve()
    return whole.with_name(f"{whole.name}-defects.ndjson")


def _line(defect: object) -> bytes:
    import msgspec

    return msgspec.json.encode(defect) + b"\n"
