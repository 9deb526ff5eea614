"""Findings about Bundles: ``VAL-29xx``. https://hl7.org/fhir/R4/bundle.html"""

from __future__ import annotations

from conformance.issues import Message, Severity

FULL_URL_MISSING = Message(
    "VAL-2901",
    Severity.ERROR,
    "required",
    "The entry needs a fullUrl, the identity of its resource.",
    "Mục này cần fullUrl, là danh tính của tài nguyên.",
)
FULL_URL_RELATIVE = Message(
    "VAL-2902",
    Severity.ERROR,
    "value",
    "The fullUrl must be absolute, found '{url}'.",
    "fullUrl phải là tuyệt đối, tìm thấy '{url}'.",
)
FULL_URL_WITHOUT_ID = Message(
    "VAL-2903",
    Severity.ERROR,
    "value",
    "The fullUrl {url} looks like that of a server, but the resource has no id.",
    "fullUrl {url} giống địa chỉ trên máy chủ nhưng tài nguyên không có id.",
)
FULL_URL_DIFFERS = Message(
    "VAL-2904",
    Severity.ERROR,
    "value",
    "The fullUrl {url} looks like that of a server, so it must end with {expected}.",
    "fullUrl {url} giống địa chỉ trên máy chủ nên phải kết thúc bằng {expected}.",
)
NOT_IN_DOCUMENT = Message(
    "VAL-2905",
    Severity.ERROR,
    "not-found",
    "The document does not hold '{reference}'.",
    "Tài liệu không chứa '{reference}'.",
)
SEVERAL_IN_DOCUMENT = Message(
    "VAL-2906",
    Severity.ERROR,
    "multiple-matches",
    "'{reference}' leads to {count} entries of the document.",
    "'{reference}' trỏ tới {count} mục của tài liệu.",
)
ENTRY_UNREACHED = Message(
    "VAL-2907",
    Severity.ERROR,
    "business-rule",
    "No chain of references joins the entry {url} with the first one.",
    "Không có chuỗi tham chiếu nào nối mục {url} với mục đầu tiên.",
)
NO_OUTCOME = Message(
    "VAL-2908",
    Severity.ERROR,
    "structure",
    "An entry with the mode outcome holds an OperationOutcome, not {found}.",
    "Mục có mode là outcome phải chứa OperationOutcome, không phải {found}.",
)
RESULT_WITHOUT_ID = Message(
    "VAL-2909",
    Severity.ERROR,
    "required",
    "A search result must have an id.",
    "Kết quả tìm kiếm phải có id.",
)
RESULT_OF_OTHER_TYPE = Message(
    "VAL-2910",
    Severity.ERROR,
    "structure",
    "The search asked for {expected}, found {found}.",
    "Yêu cầu tìm kiếm là {expected}, tìm thấy {found}.",
)
LINK_NOT_HERE = Message(
    "VAL-2911",
    Severity.ERROR,
    "invalid",
    "A link '{relation}' is for pages of a search or a history, not for a Bundle of type {type}.",
    "Liên kết '{relation}' chỉ dùng cho trang kết quả tìm kiếm hoặc lịch sử, không dùng cho Bundle kiểu {type}.",
)
LINK_TWICE = Message(
    "VAL-2912",
    Severity.ERROR,
    "invalid",
    "The Bundle has another link '{relation}' before this one.",
    "Bundle đã có một liên kết '{relation}' đứng trước liên kết này.",
)
NO_FIRST_ENTRY = Message(
    "VAL-2913",
    Severity.ERROR,
    "required",
    "A Bundle of type {type} needs a first entry with a resource.",
    "Bundle kiểu {type} cần mục đầu tiên có tài nguyên.",
)
