"""Findings about narratives: ``VAL-26xx``. https://hl7.org/fhir/R4/narrative.html"""

from __future__ import annotations

from conformance.issues import Message, Severity

BAD_XHTML = Message(
    "VAL-2601",
    Severity.ERROR,
    "structure",
    "The narrative is not well-formed XHTML: {reason}.",
    "Phần tường thuật không phải XHTML đúng cú pháp: {reason}.",
)
XHTML_ROOT = Message(
    "VAL-2602",
    Severity.ERROR,
    "structure",
    "The narrative must be one <div> in the namespace http://www.w3.org/1999/xhtml.",
    "Phần tường thuật phải là một <div> trong không gian tên http://www.w3.org/1999/xhtml.",
)
XHTML_DOCTYPE = Message(
    "VAL-2603",
    Severity.ERROR,
    "security",
    "The narrative must not declare a document type or entities.",
    "Phần tường thuật không được khai báo kiểu tài liệu hoặc thực thể.",
)
XHTML_NOT_BASIC = Message(
    "VAL-2604",
    Severity.ERROR,
    "invariant",
    "The narrative must hold only basic formatting elements and attributes (txt-1).",
    "Phần tường thuật chỉ được chứa các phần tử và thuộc tính định dạng cơ bản (txt-1).",
)
XHTML_ELEMENT = Message(
    "VAL-2605",
    Severity.ERROR,
    "structure",
    "The element '{name}' is not allowed in a narrative.",
    "Phần tử '{name}' không được phép trong phần tường thuật.",
)
XHTML_ATTRIBUTE = Message(
    "VAL-2606",
    Severity.ERROR,
    "structure",
    "The attribute '{name}' is not allowed in a narrative.",
    "Thuộc tính '{name}' không được phép trong phần tường thuật.",
)
XHTML_LINK = Message(
    "VAL-2607",
    Severity.ERROR,
    "not-found",
    "The link '{link}' leads nowhere in the narrative or the resource.",
    "Liên kết '{link}' không trỏ tới đâu trong phần tường thuật hay tài nguyên.",
)
XHTML_IN_PARAGRAPH = Message(
    "VAL-2608",
    Severity.ERROR,
    "structure",
    "The element '{name}' must not stand inside a paragraph of a narrative.",
    "Phần tử '{name}' không được nằm bên trong một đoạn văn của phần tường thuật.",
)
XHTML_LINK_REFUSED = Message(
    "VAL-2609",
    Severity.ERROR,
    "invalid",
    "The link '{link}' of the narrative is empty, runs a script, or cannot be followed.",
    "Liên kết '{link}' của phần tường thuật bị rỗng, chạy mã lệnh hoặc không thể mở được.",
)
LANGUAGES_FORBIDDEN = Message(
    "VAL-2610",
    Severity.ERROR,
    "business-rule",
    "The narrative must have no language sections, found: {found} (profile {profile}).",
    "Phần tường thuật không được có mục theo ngôn ngữ, tìm thấy: {found} (hồ sơ {profile}).",
)
LANGUAGES_MISSING = Message(
    "VAL-2611",
    Severity.ERROR,
    "business-rule",
    "The narrative must have language sections (profile {profile}).",
    "Phần tường thuật phải có các mục theo ngôn ngữ (hồ sơ {profile}).",
)
LANGUAGE_MISSING = Message(
    "VAL-2612",
    Severity.ERROR,
    "business-rule",
    "The narrative must have a section in '{wanted}', found: {found} (profile {profile}).",
    "Phần tường thuật phải có mục bằng '{wanted}', tìm thấy: {found} (hồ sơ {profile}).",
)
