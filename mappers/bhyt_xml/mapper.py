"""The mapper itself: one HOSO of QĐ 4750 -> one unit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from mappers.bhyt_xml import messages
from mappers.bhyt_xml.check.rules import check_visit
from mappers.bhyt_xml.extract.claim import Claim, read_claim
from mappers.bhyt_xml.extract.envelope import split
from mappers.bhyt_xml.extract.findings import Findings
from mappers.bhyt_xml.extract.values import is_before
from mappers.bhyt_xml.transform import claim as billing
from mappers.bhyt_xml.transform import shared
from mappers.bhyt_xml.transform.course import course
from mappers.bhyt_xml.transform.coverage import coverages
from mappers.bhyt_xml.transform.encounter import conditions, encounter
from mappers.bhyt_xml.transform.identity import cards
from mappers.bhyt_xml.transform.orders import orders
from mappers.bhyt_xml.transform.provenance import provenance
from mappers.bhyt_xml.transform.results import results
from mappers.bhyt_xml.transform.visit import Visit, visit_of
from mappers.bhyt_xml.transform.words import Json
from mappers.units import MapContext, MapIssue, Raw, Unit

_SIGNS = (b"GIAMDINHHS", b"DANHSACHHOSO", b"<HOSO", b"FILEHOSO", b"TONG_HOP", b"CHI_TIET_THUOC")
#: The health check-up envelope has the same shape and another content.
_OTHER = b"KHAMSUCKHOE"


@dataclass(frozen=True, slots=True)
class BhytXml:
    """Insurance claims by QĐ 4750/QĐ-BYT, tables XML1-XML5."""

    name: str = "bhyt-xml"

    def sniff(self, head: bytes) -> bool:
        """True for a claim envelope, also one in UTF-16 or without its outer element."""
        plain = head.replace(b"\x00", b"").upper()
        return _OTHER not in plain and any(sign in plain for sign in _SIGNS)

    def split(self, stream: BinaryIO, file: str) -> Iterator[Raw | MapIssue]:
        """One piece for each HOSO, and the issues of the envelope; memory holds one HOSO at a time."""
        return split(stream, file)

    def translate(self, raw: Raw, context: MapContext) -> Unit:
        """The visit of one HOSO."""
        return translate(raw, context)


def translate(raw: Raw, context: MapContext) -> Unit:
    """The unit of one HOSO: resources, contributions to shared ones, issues; without a visit only issues."""
    digest = hashlib.sha256(raw.content).hexdigest()
    submitted = raw.header.get("NGAYLAP", "")
    if not raw.complete:  # ``split`` has said so
        return Unit(digest, digest, submitted, [], [], [], raw.content, {})
    findings = Findings(raw.file, raw.hoso, context.zone)
    claim = read_claim(raw, findings)
    facility = _facility(raw, claim, findings)
    ma_lk = claim.summary.text("MA_LK") if claim.summary else ""
    _drop_other_visits(claim, ma_lk, findings)
    check_visit(claim, findings)
    resources: list[Json] = []
    contributed: list[Json] = []
    key = digest
    if facility and ma_lk:
        visit = visit_of(context, claim, facility, submitted)
        _check_identity(visit, findings)
        resources, contributed = _resources(visit, findings, raw.file, digest)
        key = visit.id_of()
    elif claim.summary is not None:
        findings.add(messages.NO_MA_LK, "XML1", 1, "MA_LK" if facility else "MA_CSKCB")
    return Unit(key, digest, submitted, resources, contributed, findings.issues(ma_lk), raw.content, claim.counts)


def _facility(raw: Raw, claim: Claim, findings: Findings) -> str:
    """The facility by XML1, else by the envelope; without white space, as it becomes part of URIs."""
    outer = raw.header.get("MACSKCB", "")
    inner = claim.summary.text("MA_CSKCB") if claim.summary else ""
    if outer and inner and inner != outer.zfill(5):
        findings.add(messages.FACILITY_DIFFERS, "XML1", 1, "MA_CSKCB", inner, expected=outer)
    return "".join((inner or outer).split())


def _drop_other_visits(claim: Claim, ma_lk: str, findings: Findings) -> None:
    """Rows of another MA_LK would be told of the wrong person: report them, map them not."""
    if not ma_lk:
        return
    for table, records in claim.records.items():
        foreign = [record for record in records if record.text("MA_LK") not in ("", ma_lk)]
        for record in foreign:
            findings.add(messages.OTHER_VISIT, table, record.row, "MA_LK", record.text("MA_LK"), expected=ma_lk)
        if foreign:
            claim.records[table] = [record for record in records if record.text("MA_LK") in ("", ma_lk)]
            claim.damaged.add(table)


def _check_identity(visit: Visit, findings: Findings) -> None:
    sent = visit.summary.sent
    number = sent.get("SO_CCCD", "")
    if len(number) == 12 and number.isdigit() and number != visit.person.cccd:
        findings.add(messages.CCCD_MISFIT, "XML1", 1, "SO_CCCD", number)
    if visit.person.key[0] == "visit":
        findings.add(messages.NO_IDENTITY, "XML1", 1, "MA_BN")
    for card in visit.cards:
        if card.start and card.end and is_before(card.end, card.start):
            place = ("XML1", 1, "GT_THE_DEN", card.end)
            findings.add(messages.TIME_ORDER, *place, other="GT_THE_TU", limit=card.start)
    for column, found, expected in cards(visit.summary)[1]:
        findings.add(messages.CARDS_DIFFER, "XML1", 1, column, sent[column], found=found, expected=expected)


def _resources(visit: Visit, findings: Findings, file: str, digest: str) -> tuple[list[Json], list[Json]]:
    """(resources of the visit, contributions to shared ones)."""
    found = conditions(visit)
    met = encounter(visit, found)
    held = coverages(visit)
    owned = [met, *found]
    for table in ("XML2", "XML3"):
        for record, key in zip(visit.records[table], visit.row_keys[table], strict=True):
            owned += orders(visit, record, key)
    owned += results(visit)
    owned += course(visit, findings)
    owned.append(billing.claim(visit, [item for item in found if _is_discharge(met, item)], held))
    places = shared.locations(visit)
    people = shared.practitioners(visit)
    contributed = [shared.patient(visit), *held, *visit.organizations.values(), *places, *people]
    owned.append(provenance(visit, [*owned, *contributed], file, digest))
    return owned, contributed


def _is_discharge(met: Json, condition: Json) -> bool:
    place = f"Condition/{condition['id']}"
    return any(
        item["condition"]["reference"] == place and item["use"]["coding"][0]["code"] == "DD"
        for item in met["diagnosis"]
    )
