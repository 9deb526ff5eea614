"""Made-up envelopes for the tests of the command line, as text that a test can change."""

from pathlib import Path

from mappers.synthetic import generate


def write(folder: Path, visits: int = 20, seed: int = 5, defects: float = 0.0) -> list[Path]:
    """Envelopes with nested (readable) tables in ``folder``; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for envelope in generate(seed, visits, content="nested", defects=defects):
        path = folder / envelope.name
        path.write_bytes(envelope.content)
        paths.append(path)
    return paths


def one_visit(folder: Path) -> Path:
    """An envelope of one visit that holds XML3 rows."""
    for number, envelope in enumerate(generate(11, 30, visits_per_envelope=1, content="nested")):
        if envelope.rows["XML3"] >= 3 and envelope.visits == 1:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"one-{number}.xml"
            path.write_bytes(envelope.content)
            return path
    raise AssertionError("no such visit")
