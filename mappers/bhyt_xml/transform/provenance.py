"""Where everything of a visit came from: one Provenance for each HOSO. https://hl7.org/fhir/R4/provenance.html"""

from __future__ import annotations

from collections.abc import Iterable

from mappers.bhyt_xml.schema.tables import SPECIFICATION
from mappers.bhyt_xml.transform.shared import facility
from mappers.bhyt_xml.transform.visit import Visit
from mappers.bhyt_xml.transform.words import Json, coding, concept, reference
from terminology.names import Hl7

_ABSENT = {"extension": [{"url": Hl7.DATA_ABSENT_REASON, "valueCode": "unknown"}]}


def provenance(visit: Visit, targets: Iterable[Json], file: str, digest: str) -> Json:
    """The Provenance of one HOSO; its id comes from the digest of the bytes."""
    recorded = _recorded(visit)
    return {
        "resourceType": "Provenance",
        "id": visit.ids.of("provenance", digest),
        "meta": visit.meta("provenance"),
        "target": [reference(item["resourceType"], item["id"]) for item in targets],
        **({"recorded": recorded} if recorded else {"_recorded": _ABSENT}),
        "policy": [f"urn:vn:{SPECIFICATION}"],
        "activity": concept(coding(Hl7.DATA_OPERATION, "CREATE", "create")),
        "agent": _agents(visit),
        "entity": [
            {
                "role": "source",
                "what": {
                    "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:sha256:{digest}"},
                    "display": file,
                },
            }
        ],
    }


def _recorded(visit: Visit) -> str:
    """The day on which the file was made, so that the same file always gives the same Provenance."""
    if visit.context.recorded:
        return visit.context.recorded
    if visit.submitted:
        return f"{visit.submitted}T00:00:00{visit.context.zone}"
    moment = visit.summary.text("NGAY_RA")
    return moment if "T" in moment else ""


def _agents(visit: Visit) -> list[Json]:
    kind = Hl7.PROVENANCE_PARTICIPANT
    agents = [{"type": concept(coding(kind, "author", "Author")), "who": facility(visit, visit.facility)}]
    if head := visit.summary.text("MA_TTDV"):
        identifier = {"system": visit.context.names.sid("bhxh"), "value": head}
        who = {"type": "Practitioner", "identifier": identifier}
        agents.append({"type": concept(coding(kind, "attester", "Attester")), "who": who})
    agents.append({"type": concept(coding(kind, "assembler", "Assembler")), "who": {"display": "mappers.bhyt_xml"}})
    return agents
