"""One figure, and what it was measured on."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Result:
    """``what`` gives counts and sizes, so that the figure can be judged; ``goal`` is the bound to reach, if any."""

    name: str
    value: float
    unit: str
    what: str
    goal: str = ""

    def as_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)


def table(results: list[Result]) -> str:
    """Aligned lines: name, figure, unit, goal, what was measured."""
    rows = [(row.name, _figure(row.value), row.unit, row.goal, row.what) for row in results]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        f"{name:<{widths[0]}}  {value:>{widths[1]}} {unit:<{widths[2]}}  {goal:<{widths[3]}}  {what}"
        for name, value, unit, goal, what in rows
    )


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
