"""The official validator test cases, run by our validator and compared with the published outcomes of HL7's.

The page ``docs/validator-suite.md`` lists every case on which both differ. Run ``python tests/validator_suite.py`` to
write it after the validator or the reasons (``tests/validator_reasons.toml``) changed.
"""

from __future__ import annotations

import json
import os
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from conformance import json_codec, xml_codec
from conformance.definitions import Definitions, load
from conformance.errors import FhirError
from conformance.issues import Issue, Severity
from profiles.validation import Options, Validator, merged
from terminology.membership import ValueSets

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "validator-suite.md"
REASONS = Path(__file__).with_name("validator_reasons.toml")

#: Options under which the cases of the suite were run by HL7's validator.
GRADES: dict[str, Any] = {
    "unknown_extension": Severity.ERROR,
    "missing_profile": Severity.ERROR,
    "display": Severity.ERROR,
    "allow_examples": True,
    "assume_rest_references": False,
}


@dataclass(frozen=True)
class Outcome:
    """One run: a case by its type alone (``base``) or with its profile, and the numbers of errors."""

    name: str
    kind: str
    ours: int
    java: int
    issues: tuple[Issue, ...]

    @property
    def key(self) -> str:
        """The name in the file of reasons."""
        return f"{self.name} ({self.kind})"

    @property
    def agrees(self) -> bool:
        """Whether both say the same: errors or none."""
        return bool(self.ours) == bool(self.java)


class Given:
    """Value sets and code systems of a case before those of the definitions."""

    def __init__(self, definitions: Definitions, extra: Mapping[str, dict[str, Any]]) -> None:
        self._definitions = definitions
        self._extra = extra

    def value_set(self, canonical: str) -> Mapping[str, Any] | None:
        return self._given("ValueSet", canonical) or self._definitions.value_set(canonical)

    def code_system(self, canonical: str) -> Mapping[str, Any] | None:
        return self._given("CodeSystem", canonical) or self._definitions.code_system(canonical)

    def _given(self, type_name: str, canonical: str) -> dict[str, Any] | None:
        found = self._extra.get(canonical.partition("|")[0])
        return found if found and found["resourceType"] == type_name else None


class Suite:
    """The cases of a folder."""

    def __init__(self, folder: Path, definitions: Definitions) -> None:
        self._folder = folder
        self._definitions = definitions

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """Every run of every case."""
        manifest = json.loads((self._folder / "manifest.json").read_bytes())
        return [outcome for case in manifest["test-cases"] for outcome in self._runs(case)]

    def _runs(self, case: dict[str, Any]) -> Iterator[Outcome]:
        if "java" in case:
            yield self._outcome(case, "base", case["java"], case, None)
        profile = case.get("profile", {})
        if "java" in profile:
            yield self._outcome(case, "profile", profile["java"], case | profile, profile)

    def _outcome(
        self, case: dict[str, Any], kind: str, java: str, stated: dict[str, Any], profile: dict[str, Any] | None
    ) -> Outcome:
        issues = self._issues(case, stated, profile)
        ours = sum(issue.is_error for issue in issues)
        return Outcome(case["name"], kind, ours, self._java_errors(java), tuple(issues))

    def _java_errors(self, name: str) -> int:
        outcome = json.loads((self._folder / "outcomes" / name).read_bytes())
        return sum(issue["severity"] in ("error", "fatal") for issue in outcome.get("issue", ()))

    def _issues(self, case: dict[str, Any], stated: dict[str, Any], profile: dict[str, Any] | None) -> list[Issue]:
        try:
            resource, found = self._read(case["file"])
        except FhirError as error:
            return list(error.issues)
        extra = self._extra(case, profile)
        validator = self._validator(extra)
        profiles = [self._canonical(profile["source"])] if profile else []
        return merged(found, validator.validate(resource, profiles, self._options(stated)))

    def _validator(self, extra: dict[str, dict[str, Any]]) -> Validator:
        if not extra:
            return self._plain
        return Validator(self._definitions, ValueSets(Given(self._definitions, extra)), extra)

    @cached_property
    def _plain(self) -> Validator:
        return Validator(self._definitions, ValueSets(self._definitions))

    def _options(self, stated: dict[str, Any]) -> Options:
        rule = stated.get("bundle-param")
        grades = GRADES | {
            "check_contained": stated.get("validateContains") != "IGNORE",
            "assume_rest_references": bool(stated.get("assumeValidRestReferences")),
            "require_targets": stated.get("validateReference") == "CHECK_EXISTS_AND_TYPE",
            "entry_profiles": ((rule["rule"], rule["profile"]),) if rule else (),
            "resolve": self._resolve,
        }
        return Options(**grades)

    def _extra(self, case: dict[str, Any], profile: dict[str, Any] | None) -> dict[str, dict[str, Any]]:
        files = [*case.get("supporting", ()), *case.get("profiles", ())]
        if profile:
            files += profile.get("supporting", ())
            files += [] if profile["source"].startswith("http") else [profile["source"]]
        found: dict[str, dict[str, Any]] = {}
        for name in files:
            resource, _ = self._read(name)
            found.setdefault(resource["url"], resource)
            found[f"{resource['url']}|{resource.get('version', '')}"] = resource
        return found

    def _canonical(self, source: str) -> str:
        return source if source.startswith("http") else str(self._read(source)[0]["url"])

    def _resolve(self, reference: str) -> dict[str, Any] | None:
        """A resource of the suite by its reference: files are named by type and id, or by the id alone."""
        type_name, _, name = reference.partition("/")
        for stem in (f"{type_name}-{name}".lower(), name.lower()):
            for path in (self._folder / f"{stem}.json", self._folder / f"{stem}.xml"):
                if name and "/" not in name and path.is_file():
                    return self._read(path.name)[0]
        return {"resourceType": "Patient"} if reference == "Patient/test" else None

    def _read(self, name: str) -> tuple[dict[str, Any], list[Issue]]:
        data = (self._folder / name).read_bytes()
        if name.endswith(".json"):
            return json_codec.decode(data), []
        resource, issues, _ = xml_codec.decode_with_issues(data, self._definitions)
        return resource, issues


def reasons() -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """The reasons by name (``right``: ours, java or open, and ``why``), and for each case the name of its reason."""
    stated = tomllib.loads(REASONS.read_text(encoding="utf-8"))
    return stated["reasons"], stated["cases"]


HEAD = """# Agreement with HL7's validator

The cases are those of `FHIR/fhir-test-cases` for R4 without package dependencies; each is run by the type of its
resource alone (base) and, where it names one, with a profile. Compared with the published outcomes of HL7's validator:

| | agree | of | share |
|---|---|---|---|
| verdict (errors or none) | {verdict} | {total} | {verdict_share:.1%} |
| number of errors | {number} | {total} | {number_share:.1%} |

Every run on which the numbers differ is listed below, with who is right and why.

*This page is generated: `python tests/validator_suite.py`; the reasons stand in `tests/validator_reasons.toml`.*
"""


def page(outcomes: list[Outcome]) -> str:
    """The whole page as Markdown."""
    texts, cases = reasons()
    differing = [outcome for outcome in outcomes if outcome.ours != outcome.java]
    verdict, number, total = sum(o.agrees for o in outcomes), len(outcomes) - len(differing), len(outcomes)
    shares = {"verdict_share": verdict / total, "number_share": number / total}
    parts = [HEAD.format(verdict=verdict, number=number, total=total, **shares)]
    for title, chosen in (
        ("The verdict differs", [outcome for outcome in differing if not outcome.agrees]),
        ("Only the number differs", [outcome for outcome in differing if outcome.agrees]),
    ):
        rows = "\n".join(_row(outcome, texts, cases) for outcome in chosen)
        parts.append(f"## {title}\n\n| run | HL7 | ours | right | why |\n|---|---|---|---|---|\n{rows}\n")
    return "\n".join(parts)


def _row(outcome: Outcome, texts: dict[str, dict[str, str]], cases: dict[str, str]) -> str:
    reason = texts.get(cases.get(outcome.key, ""), {"right": "?", "why": "not yet looked into"})
    return f"| {outcome.key} | {outcome.java} | {outcome.ours} | {reason['right']} | {reason['why']} |"


def main() -> None:
    """Writes the page, and the runs without a reason to standard error."""
    folder = Path(os.environ.get("FHIR_TESTDATA", ROOT.parent / "shared" / "testdata")) / "validator"
    outcomes = Suite(folder, load()).outcomes
    PAGE.write_text(page(outcomes), encoding="utf-8")
    _, cases = reasons()
    for outcome in outcomes:
        if outcome.ours != outcome.java and outcome.key not in cases:
            sys.stderr.write(f"{outcome.key}: HL7 {outcome.java}, ours {outcome.ours}\n")


if __name__ == "__main__":
    main()
