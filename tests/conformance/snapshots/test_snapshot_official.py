"""The official package is the yardstick: its structures regenerated from their differentials.

Every difference is explained by a rule of ``known_differences.toml``, and ``docs/snapshots.md`` shows the rules.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lines_run import lines_run

from conformance.definitions import Definitions, compile_structure
from conformance.snapshots import Difference, Generated, Snapshots, compare

RULES: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("known_differences.toml").read_text(encoding="utf-8")
)["rule"]
PAGE = Path(__file__).parents[3] / "docs" / "snapshots.md"
KINDS = ("constraint", "specialization")
_LINK = re.compile(r"\(http://hl7\.org/fhir/(?:R4/)?")

#: What decides whether an instance is valid.
DECIDING = re.compile(
    "missing|added|order|path|min|max|type|binding|constraint|slicing|contentReference|(fixed|pattern|minValue|maxValue).*"
)

Structure = dict[str, Any]


@pytest.fixture(scope="module")
def structures(definitions: Definitions) -> dict[str, Structure]:
    found = (definitions.resource("StructureDefinition", url) for url in definitions.canonicals("StructureDefinition"))
    return {structure["url"]: structure for structure in found if structure}


@pytest.fixture(scope="module")
def generated(structures: dict[str, Structure]) -> dict[str, list[tuple[Structure, Generated]]]:
    snapshots = Snapshots(structures.get)
    return {
        kind: [(s, snapshots.generate(s)) for s in structures.values() if s.get("derivation") == kind] for kind in KINDS
    }


Differences = dict[str, list[tuple[str, Difference]]]


@pytest.fixture(scope="module")
def differences(generated: dict[str, list[tuple[Structure, Generated]]]) -> Differences:
    return {
        kind: [
            (structure["id"], difference)
            for structure, result in pairs
            if "snapshot" in structure
            for difference in compare(structure["snapshot"]["element"], result.structure["snapshot"]["element"])
        ]
        for kind, pairs in generated.items()
    }


def explains(rule: dict[str, Any], structure: str, difference: Difference) -> bool:
    return (
        difference.aspect in rule.get("aspects", (difference.aspect,))
        and structure in rule.get("structures", (structure,))
        and re.search(rule["elements"], difference.element) is not None
        and (not rule.get("links") or _relative(difference.before) == _relative(difference.after))
    )


def _relative(text: object) -> str:
    return _LINK.sub("(", str(text))


def rule_of(kind: str, structure: str, difference: Difference) -> str | None:
    fitting = (rule["name"] for rule in RULES if rule["of"] == kind and explains(rule, structure, difference))
    return next(fitting, None)


@pytest.mark.parametrize("kind", KINDS)
def test_every_difference_is_explained(differences: Differences, kind: str) -> None:
    unexplained = [found for found in differences[kind] if rule_of(kind, *found) is None]
    assert unexplained == []


@pytest.mark.parametrize("kind", KINDS)
def test_rules_explain_as_many_as_they_say(differences: Differences, kind: str) -> None:
    found = Counter(rule_of(kind, *difference) for difference in differences[kind])
    assert {rule["name"]: found[rule["name"]] for rule in RULES if rule["of"] == kind} == {
        rule["name"]: rule["count"] for rule in RULES if rule["of"] == kind
    }


def table(kind: str) -> Iterator[str]:
    yield "| rule | differences | aspects | where | reason |"
    yield "|---|---:|---|---|---|"
    for rule in (rule for rule in RULES if rule["of"] == kind):
        aspects = ", ".join(rule.get("aspects", ["all"]))
        where = ", ".join(rule.get("structures", ["any"]))
        yield f"| {rule['name']} | {rule['count']:,} | {aspects} | {where} | {rule['reason']} |"


@pytest.mark.parametrize("kind", KINDS)
def test_page_shows_the_rules(kind: str) -> None:
    assert "\n".join(table(kind)) in PAGE.read_text(encoding="utf-8")


def test_page_gives_the_figures(
    generated: dict[str, list[tuple[Structure, Generated]]], differences: Differences
) -> None:
    page = PAGE.read_text(encoding="utf-8")
    for kind in KINDS:
        carried = [structure for structure, _ in generated[kind] if "snapshot" in structure]
        elements = sum(len(structure["snapshot"]["element"]) for structure in carried)
        deciding = {(name, d.element) for name, d in differences[kind] if DECIDING.fullmatch(d.aspect)}
        row = f"| {kind} | {len(carried)} | {elements:,} | {len(deciding):,} | {len({n for n, _ in deciding})} |"
        assert row in page, f"docs/snapshots.md should hold: {row}"


def test_only_mistakes_of_the_package_are_reported(
    generated: dict[str, list[tuple[Structure, Generated]]],
) -> None:
    found = Counter((s["id"], i.message.id) for pairs in generated.values() for s, g in pairs for i in g.issues)
    assert found == {
        ("catalog", "SNP-1515"): 1,
        ("codesystem-history", "SNP-1506"): 4,
        ("codesystem-history", "SNP-1517"): 1,
        ("familymemberhistory-genetic", "SNP-1515"): 6,
    }


@pytest.mark.parametrize("kind", KINDS)
def test_every_snapshot_compiles(generated: dict[str, list[tuple[Structure, Generated]]], kind: str) -> None:
    for structure, result in generated[kind]:
        assert compile_structure(result.structure).url == structure["url"]


def _without_snapshots(structures: dict[str, Structure]) -> Callable[[str], Structure | None]:
    bare = {
        url: {key: value for key, value in structure.items() if key != "snapshot" or "differential" not in structure}
        for url, structure in structures.items()
    }
    return bare.get


def test_a_missing_base_snapshot_is_generated_on_the_way(structures: dict[str, Structure]) -> None:
    from_nothing = Snapshots(_without_snapshots(structures))
    for name in ("bp", "Patient", "patient-nationality", "SimpleQuantity"):
        structure = structures[f"http://hl7.org/fhir/StructureDefinition/{name}"]
        result = from_nothing.generate(structure)
        found = compare(structure["snapshot"]["element"], result.structure["snapshot"]["element"])
        wrong = [d for d in found if d.aspect in {"min", "max", "type", "binding", "path", "order"}]
        assert wrong == []


def test_a_snapshot_of_a_snapshot_changes_nothing(generated: dict[str, list[tuple[Structure, Generated]]]) -> None:
    known = {s["url"]: s for pairs in generated.values() for s, _ in pairs}
    snapshots = Snapshots(known.get)
    for structure, first in generated["constraint"]:
        elements = first.structure["snapshot"]["element"]
        again = snapshots.generate({**structure, "differential": {"element": elements}})
        assert again.structure["snapshot"]["element"] == elements, structure["id"]


def test_a_snapshot_takes_as_much_work_as_it_has_elements(structures: dict[str, Structure]) -> None:
    profiles = [structure for structure in structures.values() if structure.get("derivation") == "constraint"]
    snapshots = Snapshots(structures.get)
    for structure in profiles[::20]:
        made = snapshots.generate(structure)
        lines = lines_run(lambda of=structure: snapshots.generate(of))
        assert lines < 600 * len(made.structure["snapshot"]["element"]), structure["id"]
