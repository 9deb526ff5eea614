"""Findings about extensions: ``VAL-25xx``. https://hl7.org/fhir/R4/extensibility.html"""

from __future__ import annotations

from conformance.issues import Message, Severity

EXTENSION_BOTH = Message(
    "VAL-2502",
    Severity.ERROR,
    "invariant",
    "An extension must have a value or extensions, not both (ext-1).",
    "Phần mở rộng phải có giá trị hoặc phần mở rộng con, không được có cả hai (ext-1).",
)
EXTENSION_NEITHER = Message(
    "VAL-2503",
    Severity.ERROR,
    "invariant",
    "An extension must have a value or extensions (ext-1).",
    "Phần mở rộng phải có giá trị hoặc phần mở rộng con (ext-1).",
)
EXTENSION_URL_RELATIVE = Message(
    "VAL-2504",
    Severity.ERROR,
    "value",
    "The url of an extension must be absolute, found '{url}'.",
    "url của phần mở rộng phải là tuyệt đối, tìm thấy '{url}'.",
)
EXTENSION_UNKNOWN = Message(
    "VAL-2505",
    Severity.WARNING,
    "not-found",
    "The extension {url} is not known, so it was not checked.",
    "Không biết phần mở rộng {url} nên chưa kiểm tra.",
)
MODIFIER_EXTENSION_UNKNOWN = Message(
    "VAL-2506",
    Severity.ERROR,
    "not-supported",
    "The modifier extension {url} is not known, so the meaning of the resource is not.",
    "Không biết phần mở rộng điều chỉnh {url} nên không rõ ý nghĩa của tài nguyên.",
)
MODIFIER_EXPECTED = Message(
    "VAL-2507",
    Severity.ERROR,
    "structure",
    "The extension {url} changes the meaning: it must be a modifierExtension.",
    "Phần mở rộng {url} làm thay đổi ý nghĩa: phải đặt trong modifierExtension.",
)
MODIFIER_NOT_EXPECTED = Message(
    "VAL-2508",
    Severity.ERROR,
    "structure",
    "The extension {url} does not change the meaning: it must not be a modifierExtension.",
    "Phần mở rộng {url} không làm thay đổi ý nghĩa: không được đặt trong modifierExtension.",
)
EXTENSION_PART_UNKNOWN = Message(
    "VAL-2509",
    Severity.ERROR,
    "structure",
    "'{url}' is not a part of the extension {of}.",
    "'{url}' không phải là thành phần của phần mở rộng {of}.",
)
EXTENSION_MISPLACED = Message(
    "VAL-2510",
    Severity.ERROR,
    "structure",
    "The extension {url} may not stand here; allowed: {allowed}.",
    "Phần mở rộng {url} không được đặt ở đây; chỉ cho phép: {allowed}.",
)
EXTENSION_CONTEXT_INVARIANT = Message(
    "VAL-2511",
    Severity.ERROR,
    "structure",
    "The extension {url} may only stand where {expression} holds.",
    "Phần mở rộng {url} chỉ được đặt ở nơi {expression} đúng.",
)
