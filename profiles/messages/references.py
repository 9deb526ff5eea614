"""Findings about references and contained resources: ``VAL-24xx``. https://hl7.org/fhir/R4/references.html"""

from __future__ import annotations

from conformance.issues import Message, Severity

BAD_REFERENCE = Message(
    "VAL-2401",
    Severity.ERROR,
    "value",
    "'{reference}' is not a reference: give Type/id, an absolute URL, urn:uuid:, urn:oid: or #id.",
    "'{reference}' không phải là tham chiếu: hãy dùng Type/id, URL tuyệt đối, urn:uuid:, urn:oid: hoặc #id.",
)
WRONG_TARGET = Message(
    "VAL-2402",
    Severity.ERROR,
    "structure",
    "The reference leads to {found}; allowed: {allowed}.",
    "Tham chiếu trỏ tới {found}; chỉ cho phép: {allowed}.",
)
TYPE_DISAGREES = Message(
    "VAL-2403",
    Severity.ERROR,
    "structure",
    "Reference.type says {declared}, the reference leads to {found}.",
    "Reference.type ghi {declared} nhưng tham chiếu trỏ tới {found}.",
)
CONTAINED_NOT_FOUND = Message(
    "VAL-2404",
    Severity.ERROR,
    "not-found",
    "The resource contains no '{reference}'.",
    "Tài nguyên không chứa '{reference}'.",
)
CONTAINED_IN_CONTAINED = Message(
    "VAL-2405",
    Severity.ERROR,
    "invariant",
    "A contained resource must not contain others (dom-2).",
    "Tài nguyên được chứa không được chứa tài nguyên khác (dom-2).",
)
CONTAINED_WITHOUT_ID = Message(
    "VAL-2406",
    Severity.ERROR,
    "required",
    "A contained resource must have an id.",
    "Tài nguyên được chứa phải có id.",
)
CONTAINED_TWICE = Message(
    "VAL-2407",
    Severity.ERROR,
    "duplicate",
    "Two contained resources have the id '{id}'.",
    "Hai tài nguyên được chứa có cùng id '{id}'.",
)
CONTAINED_META = Message(
    "VAL-2408",
    Severity.ERROR,
    "invariant",
    "A contained resource must not have meta.{name} ({key}).",
    "Tài nguyên được chứa không được có meta.{name} ({key}).",
)
TARGET_MEETS_NO_PROFILE = Message(
    "VAL-2409",
    Severity.ERROR,
    "structure",
    "'{reference}' meets none of the allowed profiles: {profiles}.",
    "'{reference}' không thỏa hồ sơ nào được phép: {profiles}.",
)
TARGET_NOT_BUNDLED = Message(
    "VAL-2410",
    Severity.ERROR,
    "required",
    "'{reference}' must be in the same Bundle or contained, but is not.",
    "'{reference}' phải nằm trong cùng Bundle hoặc được chứa, nhưng không có.",
)
WRONG_AGGREGATION = Message(
    "VAL-2411",
    Severity.ERROR,
    "structure",
    "'{reference}' is {found}; allowed: {allowed}.",
    "'{reference}' là {found}; chỉ cho phép: {allowed}.",
)
CONTAINED_UNUSED = Message(
    "VAL-2412",
    Severity.ERROR,
    "invariant",
    "Nothing refers to the contained resource '{id}', nor does it refer to what contains it (dom-3).",
    "Không có gì tham chiếu tới tài nguyên được chứa '{id}', nó cũng không tham chiếu tới tài nguyên chứa nó (dom-3).",
)
TARGET_NOT_FOUND = Message(
    "VAL-2413",
    Severity.ERROR,
    "not-found",
    "'{reference}' leads to nothing that can be found.",
    "Không tìm thấy đích của '{reference}'.",
)
TARGET_IS_OTHER = Message(
    "VAL-2414",
    Severity.ERROR,
    "structure",
    "'{reference}' leads to an entry that is a {found}.",
    "'{reference}' trỏ tới một mục là {found}.",
)
CANONICAL_OF_OTHER_TYPE = Message(
    "VAL-2415",
    Severity.ERROR,
    "structure",
    "{canonical} is a {found}; allowed: {allowed}.",
    "{canonical} là {found}; chỉ cho phép: {allowed}.",
)
SEVERAL_TARGETS = Message(
    "VAL-2416",
    Severity.ERROR,
    "multiple-matches",
    "'{reference}' leads to {count} entries of the Bundle.",
    "'{reference}' trỏ tới {count} mục của Bundle.",
)
