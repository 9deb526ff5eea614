"""Messages of the repository: RST-44xx. https://hl7.org/fhir/R4/http.html"""

from __future__ import annotations

from conformance.issues import Message, Severity

_E = Severity.ERROR

NOT_FOUND = Message("RST-4401", _E, "not-found", "{key} does not exist.", "Không tồn tại {key}.")
VERSION_NOT_FOUND = Message(
    "RST-4402", _E, "not-found", "{key} has no version {version}.", "{key} không có phiên bản {version}."
)
DELETED = Message("RST-4403", _E, "deleted", "{key} has been deleted.", "{key} đã bị xóa.")
VERSION_DELETED = Message(
    "RST-4404",
    _E,
    "deleted",
    "{key} was deleted by version {version}.",
    "{key} đã bị xóa ở phiên bản {version}.",
)
VERSION_MISMATCH = Message(
    "RST-4405",
    _E,
    "conflict",
    "The request expects another version of {key} than {current}, which is current.",
    "Yêu cầu cần một phiên bản khác của {key}, trong khi phiên bản hiện tại là {current}.",
)
EXISTS = Message(
    "RST-4406",
    _E,
    "conflict",
    "{key} exists already, as version {current}.",
    "{key} đã tồn tại, phiên bản {current}.",
)
CHANGED_MEANWHILE = Message(
    "RST-4407",
    _E,
    "conflict",
    "What the condition of the request matches has changed meanwhile; please try again.",
    "Kết quả của điều kiện trong yêu cầu đã thay đổi; xin thử lại.",
)
NO_CRITERIA = Message(
    "RST-4408",
    _E,
    "required",
    "A conditional request needs at least one search criterion.",
    "Yêu cầu có điều kiện cần ít nhất một tiêu chí tìm kiếm.",
)
NOT_THERE = Message(
    "RST-4409",
    _E,
    "conflict",
    "If-Match: * asks for a resource that exists, and {key} does not.",
    "If-Match: * yêu cầu tài nguyên phải tồn tại, nhưng {key} không tồn tại.",
)
