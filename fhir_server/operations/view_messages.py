"""What the operations on ViewDefinitions have to say. Ids are permanent."""

from conformance.issues import Message, Severity

_E = Severity.ERROR

NO_VIEW = Message(
    "RST-4801",
    _E,
    "required",
    "A ViewDefinition is needed: exactly one of viewResource, viewReference, or the id of a stored one in the URL.",
    "Cần một ViewDefinition: đúng một trong viewResource, viewReference, hoặc mã của bản đã lưu trong URL.",
)
NOT_STORED_VIEW = Message(
    "RST-4802",
    _E,
    "invalid",
    "{reference} holds no ViewDefinition: a Binary whose data is the JSON of one is needed.",
    "{reference} không chứa ViewDefinition: cần một Binary có data là JSON của nó.",
)
BAD_INPUT = Message(
    "RST-4803",
    _E,
    "value",
    "{parameter} cannot be {value!r}: {expected} is expected.",
    "{parameter} không thể là {value!r}: cần {expected}.",
)
UNKNOWN_INPUT = Message(
    "RST-4804",
    _E,
    "not-supported",
    "The parameter {parameter!r} is not supported here.",
    "Không hỗ trợ tham số {parameter!r} ở đây.",
)
NO_SUCH_TABLE = Message(
    "RST-4805",
    _E,
    "not-supported",
    "The format {format!r} is not written here; there are: {formats}.",
    "Không ghi được định dạng {format!r}; có: {formats}.",
)
NO_ENVELOPE = Message(
    "RST-4806",
    _E,
    "not-supported",
    "Tables are sent as they are, not inside a Binary: accept {media_type}.",
    "Bảng được gửi nguyên dạng, không bọc trong Binary: hãy chấp nhận {media_type}.",
)
NO_TABLE_ACCEPTED = Message(
    "RST-4809",
    _E,
    "not-supported",
    "No table is written as {accept!r}; there are: {media_type}.",
    "Không có bảng nào ở dạng {accept!r}; có: {media_type}.",
)
TOO_MUCH = Message(
    "RST-4810",
    _E,
    "too-costly",
    "A request takes at most {most} views, whose definitions have {size} bytes together.",
    "Một yêu cầu nhận tối đa {most} view, tổng cộng {size} byte định nghĩa.",
)
OUTSIDE = Message(
    "RST-4807",
    _E,
    "not-supported",
    "{type} is not part of the Patient compartment: patient and group cannot choose among its resources.",
    "{type} không thuộc phạm vi (compartment) của Patient: không thể chọn theo patient hoặc group.",
)
NOT_HERE = Message(
    "RST-4808", _E, "not-found", "{reference} is not on this server.", "Máy chủ này không có {reference}."
)
