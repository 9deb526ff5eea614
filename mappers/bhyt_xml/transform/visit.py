"""What every transform of one visit needs: its records, ids, references and labels, worked out once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from mappers.bhyt_xml.extract.claim import Claim
from mappers.bhyt_xml.extract.records import Record
from mappers.bhyt_xml.transform.hiv import tells_of_hiv
from mappers.bhyt_xml.transform.identity import Card, Ids, Person, cards, person, row_ids
from mappers.bhyt_xml.transform.words import Json, Urls, reference, urls_of
from mappers.units import MapContext


@dataclass(frozen=True)
class Visit:
    """One visit, ready to be turned into resources."""

    context: MapContext
    urls: Urls
    ids: Ids
    summary: Record
    records: Mapping[str, list[Record]]
    facility: str
    ma_lk: str
    submitted: str
    """NGAYLAP as an ISO date, or empty."""
    person: Person
    cards: tuple[Card, ...]
    row_keys: Mapping[str, list[str]]
    patient: Json
    encounter: Json
    security: list[Json]
    as_of: Json
    source: str
    """The visit as part of the URIs in meta.source."""
    practitioners: dict[str, str] = field(default_factory=dict)
    """Licence number -> id of every practitioner that a transform has referred to, in order."""
    organizations: dict[str, Json] = field(default_factory=dict)
    """Facilities and departments that a transform has referred to, by id."""

    @property
    def patient_id(self) -> str:
        """The logical id of the patient."""
        return str(self.patient["reference"]).partition("/")[2]

    def id_of(self, *parts: str) -> str:
        """The id of something that this visit alone has."""
        return self.ids.of("visit", self.facility, self.ma_lk, *parts)

    def practitioner(self, licence: str) -> Json:
        """A reference to the practitioner of a licence number."""
        if licence not in self.practitioners:
            self.practitioners[licence] = self.ids.often("practitioner", licence)
        return reference("Practitioner", self.practitioners[licence])

    def meta(self, profile: str, record: Record | None = None) -> Json:
        """The meta element of an owned resource; ``record`` names the row that it is made from."""
        meta: Json = {}
        if record is not None:
            meta["source"] = f"{self.source}#{record.table}/{record.row}"
        meta["profile"] = [self.urls.profile[profile]]
        if self.security:
            meta["security"] = self.security
        return meta


def visit_of(context: MapContext, claim: Claim, facility: str, submitted: str) -> Visit:
    """The visit of a claim that has its XML1 and MA_LK."""
    summary = claim.records["XML1"][0]
    names, ids, ma_lk = context.names, Ids(context.key), summary.text("MA_LK")
    held = tuple(cards(summary)[0])
    who = person(summary, held, facility, ma_lk)
    day = f"{submitted[:4]}-{submitted[4:6]}-{submitted[6:8]}" if submitted else ""
    key = ("visit", facility, ma_lk)
    urls = urls_of(names)
    return Visit(
        context=context,
        urls=urls,
        ids=ids,
        summary=summary,
        records=claim.records,
        facility=facility,
        ma_lk=ma_lk,
        submitted=day,
        person=who,
        cards=held,
        row_keys={t: row_ids(ids, key[1:], claim.records[t]) for t in ("XML2", "XML3", "XML4", "XML5")},
        patient=reference("Patient", ids.of("patient", *who.key)),
        encounter=reference("Encounter", ids.of(*key, "encounter")),
        security=[names.hiv_label] if tells_of_hiv(claim) else [],
        source=names.sid("row", facility, quote(ma_lk, safe="")),
        as_of=_as_of(urls, summary.text("NGAY_VAO"), day),
    )


def _as_of(urls: Urls, moment: str, day: str) -> Json:
    """When a fact of this claim was true; https://hl7.org/fhir/R4/extensibility.html"""
    parts = []
    if moment:
        parts.append({"url": "visit", "valueDateTime": moment})
    if day:
        parts.append({"url": "file", "valueDate": day})
    if not parts:  # an undated fact gives way to every dated one
        parts.append({"url": "file", "valueDate": "1900"})
    return {"url": urls.extension["as-of"], "extension": parts}
