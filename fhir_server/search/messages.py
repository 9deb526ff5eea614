"""Messages of search. https://hl7.org/fhir/R4/search.html"""

from __future__ import annotations

from conformance.errors import BadRequest
from conformance.issues import Message, Severity

_ERROR = Severity.ERROR

UNKNOWN_PARAMETER = Message(
    "REQ-3001",
    _ERROR,
    "not-supported",
    "Unknown search parameter '{parameter}' for {type}.",
    "Không có tham số tìm kiếm '{parameter}' cho {type}.",
)
UNSUPPORTED_PARAMETER = Message(
    "REQ-3002",
    _ERROR,
    "not-supported",
    "The search parameter '{parameter}' of {type} is not supported by this server.",
    "Máy chủ này không hỗ trợ tham số tìm kiếm '{parameter}' của {type}.",
)
UNSUPPORTED_MODIFIER = Message(
    "REQ-3003",
    _ERROR,
    "not-supported",
    "The modifier ':{modifier}' is not supported for the parameter '{parameter}' (type {kind}).",
    "Không hỗ trợ bổ từ ':{modifier}' cho tham số '{parameter}' (kiểu {kind}).",
)
BAD_VALUE = Message(
    "REQ-3004",
    _ERROR,
    "value",
    "'{value}' is not a value of the parameter '{parameter}': {expected} is expected.",
    "'{value}' không phải là giá trị của tham số '{parameter}': cần {expected}.",
)
NOT_A_REFERENCE = Message(
    "REQ-3005",
    _ERROR,
    "invalid",
    "'{parameter}' of {type} is not a reference parameter, so '{name}' cannot follow it.",
    "'{parameter}' của {type} không phải là tham số tham chiếu nên không thể dùng '{name}'.",
)
NOT_FOLLOWED = Message(
    "REQ-3025",
    _ERROR,
    "not-supported",
    "'{parameter}' of {type} holds canonicals or whole resources; this server does not follow these to '{name}'.",
    "'{parameter}' của {type} chứa canonical hoặc cả tài nguyên; máy chủ này không lần theo chúng tới '{name}'.",
)
UNKNOWN_TYPE = Message(
    "REQ-3006",
    _ERROR,
    "not-supported",
    "'{type}' in '{parameter}' is not a resource type of FHIR R4.",
    "'{type}' trong '{parameter}' không phải là loại tài nguyên của FHIR R4.",
)
NOT_A_TARGET = Message(
    "REQ-3007",
    _ERROR,
    "invalid",
    "'{parameter}' cannot refer to {type}.",
    "'{parameter}' không thể tham chiếu đến {type}.",
)
BAD_FORM = Message(
    "REQ-3008",
    _ERROR,
    "invalid",
    "'{parameter}={value}' is not of the form {expected}.",
    "'{parameter}={value}' không đúng dạng {expected}.",
)
NOT_SORTABLE = Message(
    "REQ-3009",
    _ERROR,
    "not-supported",
    "Cannot sort by '{parameter}'.",
    "Không thể sắp xếp theo '{parameter}'.",
)
NOT_COMMON = Message(
    "REQ-3010",
    _ERROR,
    "not-supported",
    "The parameter '{parameter}' does not mean the same in {type}.",
    "Tham số '{parameter}' không cùng ý nghĩa trong {type}.",
)
BAD_CURSOR = Message(
    "REQ-3011",
    _ERROR,
    "invalid",
    "The page link is not one of this search; please search again.",
    "Liên kết trang không thuộc lần tìm kiếm này; xin tìm lại.",
)
IGNORED_PARAMETER = Message(
    "REQ-3012",
    Severity.WARNING,
    "not-supported",
    "The parameter '{parameter}' was ignored: {reason}",
    "Tham số '{parameter}' đã bị bỏ qua: {reason}",
)
NOT_IN_COMPARTMENT = Message(
    "REQ-3013",
    _ERROR,
    "not-supported",
    "{type} is not in the compartment of {compartment}.",
    "{type} không thuộc nhóm dữ liệu (compartment) của {compartment}.",
)
TOO_MANY_INCLUDED = Message(
    "REQ-3014",
    _ERROR,
    "too-costly",
    "The page would include more than {limit} further resources; ask for fewer matches or includes.",
    "Trang sẽ kèm hơn {limit} tài nguyên khác; xin giảm số kết quả hoặc số tham số kèm theo.",
)
TOO_LONG = Message(
    "REQ-3015",
    _ERROR,
    "too-costly",
    "The search has more than {limit} {what}.",
    "Yêu cầu tìm kiếm có hơn {limit} {what}.",
)
UNKNOWN_VALUE_SET = Message(
    "REQ-3016",
    _ERROR,
    "not-found",
    "The value set '{value_set}' is not known to this server.",
    "Máy chủ này không có tập giá trị '{value_set}'.",
)
INCOMPLETE_VALUE_SET = Message(
    "REQ-3017",
    _ERROR,
    "not-supported",
    "The codes of the value set '{value_set}' cannot all be told, so a search by it would find a part only.",
    "Không thể liệt kê đủ mã của tập giá trị '{value_set}' nên tìm theo nó sẽ chỉ cho một phần kết quả.",
)
NO_HIERARCHY = Message(
    "REQ-3018",
    _ERROR,
    "not-supported",
    "This server has no complete is-a hierarchy of the code system '{system}'.",
    "Máy chủ này không có cây phân cấp đầy đủ của hệ mã '{system}'.",
)
UNKNOWN_CODE = Message(
    "REQ-3019",
    _ERROR,
    "code-invalid",
    "'{code}' is not a code of '{system}'.",
    "'{code}' không phải là mã của '{system}'.",
)
TOO_MANY_CODES = Message(
    "REQ-3020",
    _ERROR,
    "too-costly",
    "'{what}' stands for more than {limit} codes.",
    "'{what}' ứng với hơn {limit} mã.",
)
BAD_FILTER = Message(
    "REQ-3021",
    _ERROR,
    "value",
    "The filter '{value}' cannot be read at place {place}: {expected} is expected.",
    "Không đọc được biểu thức lọc '{value}' ở vị trí {place}: cần {expected}.",
)
FUNCTIONAL_LIST = Message(
    "REQ-3022",
    _ERROR,
    "not-supported",
    "The functional list '{name}' is not supported by this server; '_list' takes the id of a List.",
    "Máy chủ này không hỗ trợ danh sách chức năng '{name}'; '_list' cần mã của một List.",
)
UNKNOWN_QUERY = Message(
    "REQ-3023",
    _ERROR,
    "not-supported",
    "This server has no named query '{name}'.",
    "Máy chủ này không có truy vấn đặt tên '{name}'.",
)
BAD_DEFINITION = Message(
    "REQ-3024",
    _ERROR,
    "invalid",
    "The SearchParameter '{url}' cannot be used: {reason}.",
    "Không dùng được SearchParameter '{url}': {reason}.",
)


class UnknownParameter(BadRequest):
    """A parameter that this server does not know or offer: a lenient request ignores it."""
