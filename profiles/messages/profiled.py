"""Findings about profiles: ``VAL-27xx``. https://hl7.org/fhir/R4/profiling.html"""

from __future__ import annotations

from conformance.issues import Message, Severity

UNKNOWN_PROFILE = Message(
    "VAL-2701",
    Severity.WARNING,
    "not-found",
    "The profile {profile} is not known, so it was not checked.",
    "Không biết hồ sơ {profile} nên chưa kiểm tra theo hồ sơ này.",
)
PROFILE_OF_OTHER_TYPE = Message(
    "VAL-2702",
    Severity.ERROR,
    "structure",
    "The profile {profile} is about {expected}, the resource is {found}.",
    "Hồ sơ {profile} dành cho {expected}, còn tài nguyên là {found}.",
)
PROFILE_UNUSABLE = Message(
    "VAL-2703",
    Severity.WARNING,
    "not-supported",
    "The profile {profile} cannot be used, so it was not checked: {reason}",
    "Không dùng được hồ sơ {profile} nên chưa kiểm tra theo hồ sơ này: {reason}",
)
NO_PROFILE_MATCHES = Message(
    "VAL-2704",
    Severity.ERROR,
    "structure",
    "The element meets none of the allowed profiles: {profiles}.",
    "Phần tử không thỏa hồ sơ nào được phép: {profiles}.",
)
UNKNOWN_TYPE_PROFILE = Message(
    "VAL-2705",
    Severity.WARNING,
    "not-found",
    "The profile {profile} that this element must meet is not known.",
    "Không biết hồ sơ {profile} mà phần tử này phải thỏa.",
)
TYPE_WITHOUT_NAMESPACE = Message(
    "VAL-2710",
    Severity.ERROR,
    "value",
    "'{type}' is no type of FHIR, so it must be an absolute URL.",
    "'{type}' không phải là kiểu của FHIR nên phải là URL tuyệt đối.",
)
TYPE_OF_BASE = Message(
    "VAL-2711",
    Severity.ERROR,
    "value",
    "'{type}' is the type of the base, a new one must be given.",
    "'{type}' là kiểu của cấu trúc gốc, phải đặt kiểu mới.",
)
PATH_OF_OTHER_TYPE = Message(
    "VAL-2712",
    Severity.ERROR,
    "value",
    "The path '{path}' must begin with '{type}'.",
    "Đường dẫn '{path}' phải bắt đầu bằng '{type}'.",
)
NO_SNAPSHOT = Message(
    "VAL-2713",
    Severity.ERROR,
    "structure",
    "The definition is not sound: {reason}",
    "Định nghĩa không hợp lệ: {reason}",
)
FIXED_BY_BASE = Message(
    "VAL-2714",
    Severity.ERROR,
    "value",
    "The base fixes this value to {expected}, so it cannot be {found}.",
    "Cấu trúc gốc cố định giá trị này là {expected} nên không thể là {found}.",
)
EXPRESSION_UNREADABLE = Message(
    "VAL-2715",
    Severity.ERROR,
    "invalid",
    "The expression of the constraint {key} cannot be read: {reason}",
    "Không đọc được biểu thức của ràng buộc {key}: {reason}",
)
VALUE_OF_OTHER_TYPE = Message(
    "VAL-2716",
    Severity.ERROR,
    "value",
    "The value is of type {found}; the element allows: {allowed}.",
    "Giá trị thuộc kiểu {found}; phần tử chỉ cho phép: {allowed}.",
)
BINDING_OF_NO_CODE = Message(
    "VAL-2717",
    Severity.ERROR,
    "business-rule",
    "A binding says nothing about an element of type {types}, which holds no code.",
    "Ràng buộc bộ mã không có nghĩa với phần tử kiểu {types} vì nó không chứa mã.",
)
