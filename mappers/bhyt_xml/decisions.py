"""The decisions of the mapping that no column table can show, with their reasons; printed by ``document``."""

from __future__ import annotations

#: (subject, decision, reason)
DECISIONS: tuple[tuple[str, str, str], ...] = (
    (
        "Person",
        "A 12-digit id that fits birth year and sex; else the card's 10-digit number; else facility + MA_BN.",
        "Children often carry a parent's citizen id; the card's prefix changes with group and benefit.",
    ),
    (
        "Temporary cards",
        "A TE1 card registered at `<province>000`, or at no facility, gives no insurance number.",
        "Facilities make such numbers up; real TE1 cards look the same but name a facility.",
    ),
    (
        "Citizen id that does not fit",
        "Reported, kept in Encounter.extension(column), never an identifier of the patient.",
        "A search by the parent's number must not find the child.",
    ),
    (
        "Ids",
        "First 128 bits of HMAC-SHA256 under the installation key, as 32 hex digits.",
        "A plain hash of a citizen id can be found by trying all of them, and ids stand in URLs and logs.",
    ),
    (
        "Row ids",
        "Facility, MA_LK, table, code, order time, ordinal among equals by content; never STT.",
        "A renumbered or reordered re-send must not turn one drug into another.",
    ),
    (
        "Shared resources",
        "Contributions, merged by `mappers.merge`: newest fact wins its slot, old names and identifiers stay.",
        "Any order of the same claims gives the same result; other facilities' identifiers survive.",
    ),
    (
        "Coverage key",
        "Patient id, card number and GT_THE_TU.",
        "With the card alone, visits that know the person by other identifiers would fight over the beneficiary.",
    ),
    (
        "Condition codes",
        "The Vietnamese ICD-10 system only; WHO's system is not added.",
        "Which codes WHO has can only be told from the operator's own copy of WHO's list.",
    ),
    (
        "Conditions",
        "One for each code, role DD with ranks; CHAN_DOAN_VAO is text only with role AD; no clinicalStatus.",
        "A claim says what a visit was for; it is no problem list.",
    ),
    (
        "Claim.created",
        "NGAY_RA.",
        "With NGAYLAP every new file of an unchanged claim would make a new version; NGAYLAP is in Provenance.",
    ),
    (
        "Claim.item.id",
        "The id of the row's clinical resources.",
        "So that an item and its prescription, order or procedure find each other.",
    ),
    (
        "Result time",
        "NGAY_KQ is both effective and issued.",
        "The time of the sample is not in the claim.",
    ),
    (
        "Unit G/L",
        "`G/L` is 10*9/L and `g/L` is g/L: the one unit of which the case decides. Other units may come in any case.",
        "Blood counts are sent in G/L (giga); as grams they would be another quantity.",
    ),
    (
        "Newborn weight, injury cause, treatment method, note, re-visit dates",
        "Encounter.extension(column).",
        "R4's Encounter has no element for them, and no other resource of the claim fits without inventing facts.",
    ),
    (
        "HIV",
        "Any sign (entitlement 1.9, B20-B24, Z21, XML6, words, drugs) labels every resource of the visit.",
        "Drugs, results and texts of the same visit tell it as well; erring on the side of secrecy.",
    ),
    (
        "Rows of another MA_LK",
        "Reported and not mapped.",
        "They would be told of the wrong person.",
    ),
    (
        "Decomposed letters (NFD)",
        "Composed (NFC), without an issue.",
        "It is the same text by Unicode; one person would have two names, and rows other ids.",
    ),
    (
        "Numbers with a comma",
        "A decimal comma or full thousands are repaired and reported; `1,500` is refused, as it has two meanings.",
        "A guess could be wrong by a factor of a thousand.",
    ),
    (
        "A code that a complete national list does not have",
        "Reported, and kept as a Coding without system.",
        "With the system it would claim a meaning that the list does not give, and full validation would refuse it.",
    ),
    (
        "Provenance.recorded",
        "NGAYLAP at midnight, unless the caller gives an instant.",
        "The same file always gives the same bytes.",
    ),
    (
        "Signature",
        "CHUKYDONVI is reported as not checked.",
        "Checking needs the sender's certificates.",
    ),
)
