"""Code systems without a list of codes here: what their grammar, check digits or short lists say of a code.

https://hl7.org/fhir/R4/terminologies-systems.html#external
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from conformance.fhirpath.ucum import is_code

Answer: TypeAlias = Callable[[str], bool | None]

#: Currencies of ISO 4217 in use when this was written.
_CURRENCIES = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD
CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP
GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW
KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD
NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE
SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED
VES VND VUV WST XAF XAG XAU XBA XBB XBC XBD XCD XDR XOF XPD XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWL
"""

#: Countries of ISO 3166-1 with two letters.
_COUNTRIES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT
JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY
QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO
TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""

#: Three letters or digits, what users may assign themselves, and countries that are no more.
_OTHER_COUNTRY = re.compile(r"[A-Z]{3}|[0-9]{3}|AA|Q[M-Z]|X[A-Z]|ZZ|AN|BU|CS|DD|FX|NT|SU|TP|YU|ZR")
_SUBDIVISION = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}")
_CURRENCY = re.compile(r"[A-Z]{3}")

_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,4}")
_LANGUAGE_SHAPE = re.compile(r"(?:[A-Za-z]{2,8}|[iIxX](?=-))(?:-[A-Za-z0-9]{1,8})*")

_MIME = re.compile(r"[a-z]{2,20}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+\-]{0,126}(?:;.{1,200})?")
#: The short forms are those of CapabilityStatement.format.
_MIME_SHAPE = re.compile(r"xml|json|ttl|[^\s/;]+/[^\s/;]+\s*(?:;.*)?", re.DOTALL)

#: A concept of SNOMED CT, alone or at the beginning of an expression.
_CONCEPT = re.compile(r"\s*(?:(?:===|<<<)\s*|\(\s*)*([0-9]+)\s*(?:$|[|+:])")
_SHORTEST_CONCEPT, _LONGEST_CONCEPT = 6, 18
#: The digits before the last of a concept's identifier: of the core, and with a namespace.
_CONCEPT_PARTITIONS = ("00", "10")

_TERM = re.compile(r"([0-9]{1,7})-([0-9])")
#: Parts, answers, lists and groups of LOINC.
_OTHER_TERM = re.compile(r"(?:LP|LA|LL|LG|MTHU)[0-9]+(?:-[0-9])?", re.IGNORECASE)


def is_of(system: str, code: str) -> bool | None:
    """True when ``code`` is surely of the system, False when it surely is not, None when nothing can be told."""
    answer = _ANSWERS.get(system)
    return None if answer is None else answer(code)


def _shaped(sure: re.Pattern[str], possible: re.Pattern[str]) -> Answer:
    return lambda code: True if sure.fullmatch(code) else None if possible.fullmatch(code) else False


def _listed(codes: str, possible: re.Pattern[str]) -> Answer:
    sure = frozenset(codes.split())
    return lambda code: True if code in sure else None if possible.fullmatch(code) else False


def _possible(pattern: re.Pattern[str]) -> Answer:
    return lambda code: None if pattern.fullmatch(code) else False


def _concept(code: str) -> bool | None:
    found = _CONCEPT.match(code)
    if found is None:
        return False
    digits = found[1]
    is_long = _SHORTEST_CONCEPT <= len(digits) <= _LONGEST_CONCEPT
    return None if is_long and digits[-3:-1] in _CONCEPT_PARTITIONS and _dihedral_sum(digits) == 0 else False


def _term(code: str) -> bool | None:
    found = _TERM.fullmatch(code)
    if found is None:
        return None if _OTHER_TERM.fullmatch(code) else False
    return None if _luhn(found[1]) == int(found[2]) else False


def _luhn(digits: str) -> int:
    """The check digit of the term's number: every second digit from the right counts twice."""
    doubled = (sum(divmod(int(digit) * 2, 10)) for digit in digits[::-2])
    return -(sum(doubled) + sum(map(int, digits[-2::-2]))) % 10


def _dihedral_sum(digits: str) -> int:
    """Verhoeff's sum over the dihedral group of the pentagon: 0 when the check digit at the end is right."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        total = _product(total, _permuted(int(digit), position % 8))
    return total


def _product(one: int, other: int) -> int:
    """Digits below 5 are rotations, the others reflections."""
    if one < 5:
        return (one + other) % 5 + (5 if other >= 5 else 0)
    return (one - other) % 5 + (5 if other < 5 else 0)


def _permuted(digit: int, times: int) -> int:
    for _ in range(times):
        digit = _PERMUTATION[digit]
    return digit


_PERMUTATION = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)

_ANSWERS: Mapping[str, Answer] = {
    "urn:ietf:bcp:13": _shaped(_MIME, _MIME_SHAPE),
    "urn:ietf:bcp:47": _shaped(_LANGUAGE, _LANGUAGE_SHAPE),
    "urn:iso:std:iso:4217": _listed(_CURRENCIES, _CURRENCY),
    "urn:iso:std:iso:3166": _listed(_COUNTRIES, _OTHER_COUNTRY),
    "urn:iso:std:iso:3166:-2": _possible(_SUBDIVISION),
    "http://unitsofmeasure.org": is_code,
    "http://snomed.info/sct": _concept,
    "http://loinc.org": _term,
}
