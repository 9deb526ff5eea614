"""Messages of requests, interactions and operations: RST-41xx requests, RST-42xx interactions, RST-43xx bundles."""

from __future__ import annotations

from conformance.issues import Message, Severity

_E = Severity.ERROR
_I = Severity.INFORMATION

UNKNOWN_PATH = Message(
    "RST-4101", _E, "not-found", "Nothing is served at {path}.", "Không có tài nguyên nào tại {path}."
)
UNKNOWN_TYPE = Message(
    "RST-4102",
    _E,
    "not-found",
    "{type} is not a resource type of FHIR R4.",
    "{type} không phải loại tài nguyên FHIR R4.",
)
BAD_ID = Message(
    "RST-4103",
    _E,
    "value",
    "{id!r} is not an id: 1 to 64 letters, digits, '-' and '.'.",
    "{id!r} không phải id hợp lệ: từ 1 đến 64 chữ cái, chữ số, '-' và '.'.",
)
METHOD_NOT_ALLOWED = Message(
    "RST-4104",
    _E,
    "not-supported",
    "{method} is not allowed here; allowed: {allowed}.",
    "Không dùng được {method} ở đây; dùng được: {allowed}.",
)
UNKNOWN_OPERATION = Message(
    "RST-4105",
    _E,
    "not-supported",
    "Operation ${operation} is not offered here.",
    "Thao tác ${operation} không có ở đây.",
)
UNKNOWN_PARAMETER = Message(
    "RST-4106",
    _E,
    "not-supported",
    "Parameter {parameter!r} is not supported by {interaction}.",
    "Tham số {parameter!r} không được hỗ trợ trong {interaction}.",
)
BAD_PARAMETER = Message(
    "RST-4107",
    _E,
    "value",
    "Parameter {parameter} has the bad value {value!r}; expected {expected}.",
    "Tham số {parameter} có giá trị sai {value!r}; cần {expected}.",
)
NOT_ACCEPTABLE = Message(
    "RST-4108",
    _E,
    "not-supported",
    "No representation in {wanted}; this server writes application/fhir+json and application/fhir+xml.",
    "Không có dạng {wanted}; máy chủ này trả về application/fhir+json và application/fhir+xml.",
)
UNSUPPORTED_MEDIA_TYPE = Message(
    "RST-4109",
    _E,
    "not-supported",
    "A body in {given} is not read here; send {wanted}.",
    "Không đọc được nội dung dạng {given}; hãy gửi {wanted}.",
)
BODY_TOO_LARGE = Message(
    "RST-4110",
    _E,
    "too-long",
    "The body is larger than {limit} bytes.",
    "Nội dung lớn hơn {limit} byte.",
)
BODY_MISSING = Message("RST-4111", _E, "required", "The request has no body.", "Yêu cầu không có nội dung.")
BAD_HEADER = Message(
    "RST-4112",
    _E,
    "value",
    "Header {header} has the bad value {value!r}; expected {expected}.",
    "Tiêu đề {header} có giá trị sai {value!r}; cần {expected}.",
)
UNKNOWN_COMPARTMENT = Message(
    "RST-4113",
    _E,
    "not-found",
    "{type} is not a compartment.",
    "{type} không phải compartment.",
)
SERVER_ERROR = Message(
    "RST-4114",
    Severity.FATAL,
    "exception",
    "The server failed on this request; its log has the cause under request id {request_id}.",
    "Máy chủ gặp lỗi khi xử lý yêu cầu; nguyên nhân nằm trong nhật ký, mã yêu cầu {request_id}.",
)
NOT_READY = Message(
    "RST-4115", _E, "transient", "The server is starting or stopping.", "Máy chủ đang khởi động hoặc đang dừng."
)
UNREADABLE_PARAMETERS = Message(
    "RST-4116",
    _E,
    "invalid",
    "The parameters cannot be read: {reason}.",
    "Không đọc được các tham số: {reason}.",
)
BODY_NOT_DECODED = Message(
    "RST-4117",
    _E,
    "invalid",
    "The body is no whole {coding}, or needs more memory than is given to one.",
    "Nội dung không phải {coding} trọn vẹn, hoặc cần nhiều bộ nhớ hơn mức cho phép.",
)

TYPE_MISMATCH = Message(
    "RST-4201",
    _E,
    "invalid",
    "The body is a {given}; the URL says {wanted}.",
    "Nội dung là {given}; địa chỉ yêu cầu {wanted}.",
)
TYPE_MISSING = Message("RST-4202", _E, "required", "The body has no resourceType.", "Nội dung không có resourceType.")
ID_MISSING = Message(
    "RST-4203",
    _E,
    "required",
    "The body of an update must carry the id of its URL, {id!r}.",
    "Nội dung cập nhật phải có id như trong địa chỉ, {id!r}.",
)
ID_MISMATCH = Message(
    "RST-4204",
    _E,
    "invalid",
    "The id of the body, {given!r}, is not the id of the URL, {wanted!r}.",
    "id trong nội dung, {given!r}, khác id trong địa chỉ, {wanted!r}.",
)
SEVERAL_MATCHES = Message(
    "RST-4205",
    _E,
    "multiple-matches",
    "The condition {criteria!r} matches several {type} resources.",
    "Điều kiện {criteria!r} khớp với nhiều tài nguyên {type}.",
)
DANGLING_URN = Message(
    "RST-4211",
    _E,
    "not-found",
    "Reference {reference} leads to no entry of the same Bundle.",
    "Tham chiếu {reference} không trỏ tới mục nào trong cùng Bundle.",
)
SUBSETTED_CONTENT = Message(
    "RST-4249",
    _E,
    "business-rule",
    "A resource tagged SUBSETTED is a part of one and would overwrite the rest: read it without _summary, _elements.",
    "Tài nguyên mang nhãn SUBSETTED chỉ là một phần và sẽ ghi đè phần còn lại: hãy đọc không dùng _summary, _elements.",
)
CONDITIONAL_REFERENCE = Message(
    "RST-4212",
    _E,
    "not-supported",
    "Conditional reference {reference!r} is not resolved here: only a transaction may hold one.",
    "Không phân giải tham chiếu có điều kiện {reference!r} ở đây: chỉ dùng được trong transaction.",
)
UNKNOWN_INPUT = Message(
    "RST-4213",
    _E,
    "not-supported",
    "Parameter {name!r} of the Parameters body is not understood.",
    "Không hiểu tham số {name!r} trong Parameters.",
)
DELETED = Message("RST-4214", _I, "informational", "{key} is deleted.", "{key} đã bị xoá.")
DONE = Message(
    "RST-4215", _I, "informational", "{key} is stored as version {version}.", "{key} đã lưu, phiên bản {version}."
)
UPDATE_WITHOUT_ID = Message(
    "RST-4216", _E, "required", "An update needs the id of the resource.", "Cập nhật cần có id của tài nguyên."
)
NOTHING_TO_DELETE = Message(
    "RST-4217",
    _I,
    "not-found",
    "{key} does not exist or is deleted already: a delete changes nothing.",
    "{key} không tồn tại hoặc đã bị xoá: lệnh xoá không thay đổi gì.",
)
MODE_NEEDS = Message(
    "RST-4218",
    _E,
    "required",
    "Mode {mode!r} of $validate needs {needed}.",
    "Chế độ {mode!r} của $validate cần {needed_vi}.",
)
HISTORY_TOO_LONG = Message(
    "RST-4219",
    _E,
    "too-costly",
    "The history has more than {limit} versions, which are not counted: narrow it with _since or _at.",
    "Lịch sử có hơn {limit} phiên bản nên không đếm: hãy thu hẹp bằng _since hoặc _at.",
)
NO_CLIENT_IDS = Message(
    "RST-4241",
    _E,
    "business-rule",
    "{key} does not exist, and this server does not let clients choose the id of a new resource: use create.",
    "{key} không tồn tại, và máy chủ này không cho máy khách tự chọn id của tài nguyên mới: hãy dùng create.",
)
OTHER_ID = Message(
    "RST-4242",
    _E,
    "invalid",
    "The condition matches {found}, but the body has the id {given!r}.",
    "Điều kiện khớp với {found}, nhưng nội dung có id {given!r}.",
)
NO_MATCH = Message(
    "RST-4243",
    _E,
    "not-found",
    "The condition {criteria!r} matches no {type} resource.",
    "Điều kiện {criteria!r} không khớp với tài nguyên {type} nào.",
)
TOO_MANY_MATCHES = Message(
    "RST-4244",
    _E,
    "too-costly",
    "The condition {criteria!r} matches more than {limit} {type} resources; nothing was deleted.",
    "Điều kiện {criteria!r} khớp với hơn {limit} tài nguyên {type}; không có gì bị xoá.",
)
PATCHED_IDENTITY = Message(
    "RST-4245",
    _E,
    "business-rule",
    "A patch must not change {member}.",
    "Bản vá không được thay đổi {member}.",
)
NO_PATCH = Message(
    "RST-4246",
    _E,
    "invalid",
    "A patch is a JSON Patch (application/json-patch+json; in a Bundle, a Binary of that contentType) or a Parameters "
    "resource, not {given}.",
    "Bản vá phải là JSON Patch (application/json-patch+json; trong Bundle là Binary có contentType đó) hoặc "
    "Parameters, không phải {given}.",
)
NARRATIVE_REMOVED = Message(
    "RST-4247",
    _I,
    "informational",
    "The narrative was generated from data that the patch has changed; it was removed.",
    "Phần tường thuật được sinh từ dữ liệu đã bị bản vá thay đổi; đã bỏ phần này.",
)
NARRATIVE_KEPT = Message(
    "RST-4248",
    Severity.WARNING,
    "business-rule",
    "The patch changes data but not the narrative, which may now say something else.",
    "Bản vá thay đổi dữ liệu nhưng không thay đổi phần tường thuật, nên hai phần có thể không còn khớp.",
)

NOT_A_BUNDLE = Message(
    "RST-4301",
    _E,
    "invalid",
    "Only a Bundle of type transaction or batch can be posted here, not {given}.",
    "Chỉ nhận Bundle loại transaction hoặc batch, không nhận {given}.",
)
ENTRY_SHAPE = Message(
    "RST-4302",
    _E,
    "structure",
    "An entry needs request.method and request.url as text, and a resource that is an object when it has one.",
    "Mỗi mục cần request.method và request.url dạng chữ, resource nếu có phải là đối tượng.",
)
ENTRY_RESOURCE = Message(
    "RST-4303", _E, "required", "{method} needs a resource in its entry.", "{method} cần có resource trong mục."
)
SAME_IDENTITY = Message(
    "RST-4304",
    _E,
    "duplicate",
    "{key} is already named by Bundle.entry[{first}]; a transaction names each identity once.",
    "{key} đã có ở Bundle.entry[{first}]; mỗi tài nguyên chỉ được nêu một lần trong transaction.",
)
SAME_FULL_URL = Message(
    "RST-4305",
    _E,
    "duplicate",
    "fullUrl {url} is already used by Bundle.entry[{first}].",
    "fullUrl {url} đã dùng ở Bundle.entry[{first}].",
)
NOT_IN_BUNDLE = Message(
    "RST-4306",
    _E,
    "not-supported",
    "{interaction} cannot be an entry of a Bundle.",
    "{interaction} không thể là một mục của Bundle.",
)
ENTRY_URL = Message(
    "RST-4307",
    _E,
    "invalid",
    "request.url {url!r} is not under this server's base.",
    "request.url {url!r} không thuộc máy chủ này.",
)
SENT_BY_A_PAGE = Message(
    "RST-4308",
    _E,
    "forbidden",
    "A web page may not store {type} as it is, since no server is asked before; send a Binary resource.",
    "Trang web không được lưu {type} trực tiếp vì máy chủ không được hỏi trước; hãy gửi tài nguyên Binary.",
)
