"""Validation at a write: off, warn, enforce, by resource type, in requests of their own and in Bundles."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from fhir_asking import Asking, codes, entry

from conformance.definitions import Definitions
from conformance.errors import BadRequest
from conformance.issues import Issue, Severity
from fhir_server.exchange.messages import DONE
from fhir_server.exchange.request import Return
from fhir_server.exchange.validation import Policy, Rules, counted
from fhir_server.settings import Settings
from fhir_server.write_rules import write_rules
from profiles.vn.policy import national_policy
from terminology.names import Names

#: Breaks pat-1, an invariant; its structure is sound.
BROKEN = {"resourceType": "Patient", "contact": [{"gender": "female"}]}
#: Not FHIR at all.
MALFORMED = {"resourceType": "Patient", "gender": "nam", "colour": "blue"}
CLAIMING = {"resourceType": "Patient", "meta": {"profile": ["https://example.org/StructureDefinition/none"]}}
#: A national Encounter says more than R4 asks for.
VISIT = {
    "resourceType": "Encounter",
    "status": "finished",
    "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
}


def under(fhir: Asking, policy: Policy, **more: Any) -> Asking:
    return fhir.with_rules(Rules(policy, **more))


def severities(body: bytes) -> list[str]:
    return [issue["severity"] for issue in json.loads(body)["issue"]]


@pytest.mark.parametrize("policy", list(Policy))
def test_structure_is_checked_whatever_the_policy(fhir: Asking, policy: Policy) -> None:
    asking = under(fhir, policy)
    for response in (
        asking.ask("POST", "/Patient", MALFORMED),
        asking.ask("PUT", "/Patient/a", MALFORMED | {"id": "a"}),
        asking.transact(entry("POST", "Patient", MALFORMED)),
    ):
        assert response.status == 422
        places = {issue["expression"][0].rpartition(".")[2] for issue in json.loads(response.body)["issue"]}
        assert places >= {"gender", "colour"}
    assert fhir.json("GET", "/Patient?_summary=count")["total"] == 0


@pytest.mark.parametrize(
    ("policy", "status", "told"),
    [(Policy.OFF, 201, ""), (Policy.WARN, 201, "error=1"), (Policy.ENFORCE, 422, "")],
)
def test_what_an_invariant_does_to_a_write(fhir: Asking, policy: Policy, status: int, told: str) -> None:
    response = under(fhir, policy).ask("POST", "/Patient", BROKEN)
    assert (response.status, counted(response.issues)) == (status, told)
    assert fhir.json("GET", "/Patient?_summary=count")["total"] == (status == 201)


def test_findings_of_a_stored_resource_are_told_to_who_prefers_them(fhir: Asking) -> None:
    response = under(fhir, Policy.WARN).ask("POST", "/Patient", BROKEN, returns=Return.OUTCOME)
    assert response.status == 201
    assert codes(json.loads(response.body))[0] == DONE.id
    assert severities(response.body) == ["information", "error"]
    vietnamese = under(fhir, Policy.WARN).ask("POST", "/Patient", BROKEN, returns=Return.OUTCOME, language="vi")
    assert json.loads(vietnamese.body)["issue"][1]["details"] != json.loads(response.body)["issue"][1]["details"]


def test_findings_of_a_stored_resource_are_logged_without_its_content(
    fhir: Asking, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "fhir_server.validation"):
        stored = json.loads(under(fhir, Policy.WARN).ask("POST", "/Patient", BROKEN).body)
    assert caplog.messages == [f"Patient/{stored['id']}/_history/1 is stored with error=1"]


def test_a_type_may_have_a_policy_of_its_own(fhir: Asking) -> None:
    asking = under(fhir, Policy.ENFORCE, by_type={"Patient": Policy.OFF})
    assert asking.ask("POST", "/Patient", BROKEN).issues == ()
    asking = under(fhir, Policy.OFF, by_type={"Patient": Policy.ENFORCE})
    assert asking.ask("POST", "/Patient", BROKEN).status == 422


def test_an_unknown_profile_is_a_warning_and_under_enforce_an_error(fhir: Asking) -> None:
    assert under(fhir, Policy.OFF).ask("POST", "/Patient", CLAIMING).issues == ()
    warned = under(fhir, Policy.WARN).ask("POST", "/Patient", CLAIMING)
    assert (warned.status, counted(warned.issues)) == (201, "warning=1")
    refused = under(fhir, Policy.ENFORCE).ask("POST", "/Patient", CLAIMING)
    assert refused.status == 422
    assert json.loads(refused.body)["issue"][0]["expression"] == ["Patient.meta.profile[0]"]


def test_profiles_of_the_policy_apply_unclaimed_and_the_claim_stays_the_senders(fhir: Asking) -> None:
    policy = national_policy(Names())
    assert under(fhir, Policy.ENFORCE).ask("POST", "/Encounter", VISIT).status == 201
    warned = under(fhir, Policy.WARN, profiles=policy).ask("POST", "/Encounter", VISIT)
    assert warned.status == 201
    assert "error=" in counted(warned.issues)
    assert "profile" not in json.loads(warned.body)["meta"]
    assert under(fhir, Policy.ENFORCE, profiles=policy).ask("POST", "/Encounter", VISIT).status == 422
    assert under(fhir, Policy.OFF, profiles=policy).ask("POST", "/Encounter", VISIT).issues == ()


def test_a_transaction_is_refused_whole_and_a_batch_entry_by_entry(fhir: Asking) -> None:
    asking = under(fhir, Policy.ENFORCE)
    entries = (entry("POST", "Patient", {"resourceType": "Patient"}), entry("POST", "Patient", BROKEN))
    refused = asking.transact(*entries)
    assert refused.status == 422
    assert json.loads(refused.body)["issue"][0]["expression"] == ["Bundle.entry[1].resource.contact[0]"]
    assert fhir.json("GET", "/Patient?_summary=count")["total"] == 0
    rows = json.loads(asking.transact(*entries, kind="batch").body)["entry"]
    assert [row["response"]["status"][:3] for row in rows] == ["201", "422"]


def test_a_bundle_tells_the_findings_of_what_it_stored(fhir: Asking) -> None:
    entries = (entry("POST", "Patient", {"resourceType": "Patient"}), entry("POST", "Patient", BROKEN))
    for kind in ("transaction", "batch"):
        rows = json.loads(under(fhir, Policy.WARN).transact(*entries, kind=kind).body)["entry"]
        assert [row["response"]["status"][:3] for row in rows] == ["201", "201"]
        assert [
            [issue["severity"] for issue in row["response"].get("outcome", {}).get("issue", [])] for row in rows
        ] == [
            [],
            ["error"],
        ]


def test_counts_name_the_worst_first() -> None:
    graded = [Issue(DONE, severity=severity) for severity in (Severity.WARNING, Severity.ERROR, Severity.WARNING)]
    assert counted(graded) == "error=1, warning=2"


def rules(definitions: Definitions, **given: str) -> Rules:
    return write_rules(Settings(**given), Names(), definitions)


def test_rules_come_from_the_settings(definitions: Definitions) -> None:
    found = rules(definitions)
    assert (found.of("Patient"), found.profiles["Patient"]) == (Policy.OFF, (Names().profile("patient"),))
    core = "http://hl7.org/fhir/StructureDefinition/bmi"
    found = rules(
        definitions,
        validation="warn",
        validation_by_type="Patient=enforce, Observation=off",
        policy_profiles=f"none,Observation={core}",
    )
    assert [found.of(name) for name in ("Patient", "Observation", "Claim")] == ["enforce", "off", "warn"]
    assert found.profiles == {"Observation": (core,)}
    both = rules(definitions, policy_profiles=f"national Observation={core}")
    assert both.profiles["Observation"] == (Names().profile("observation"), core)


@pytest.mark.parametrize(
    "given",
    [
        {"validation_by_type": "Pacient=warn"},
        {"policy_profiles": "Pacient=http://hl7.org/fhir/StructureDefinition/bmi"},
        {"policy_profiles": "Patient=https://example.org/StructureDefinition/none"},
    ],
)
def test_rules_about_what_is_not_known_are_refused(definitions: Definitions, given: dict[str, str]) -> None:
    with pytest.raises(BadRequest):
        rules(definitions, **given)
