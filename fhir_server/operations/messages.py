"""Messages of the operations: RST-46xx. https://hl7.org/fhir/R4/operationslist.html"""

from __future__ import annotations

from conformance.issues import Message, Severity

_E = Severity.ERROR

INPUT_MISSING = Message(
    "RST-4601",
    _E,
    "required",
    "Operation ${operation} needs the parameter {name!r}.",
    "Thao tác ${operation} cần tham số {name!r}.",
)
INPUT_VALUE = Message(
    "RST-4602",
    _E,
    "value",
    "The parameter {name!r} needs {expected}.",
    "Tham số {name!r} cần {expected_vi}.",
)
TOO_MANY_RESOURCES = Message(
    "RST-4603",
    _E,
    "too-costly",
    "Operation ${operation} would have to look at more than {limit} resources; please narrow the request.",
    "Thao tác ${operation} phải duyệt hơn {limit} tài nguyên; xin thu hẹp yêu cầu.",
)
SUBJECT_MISSING = Message(
    "RST-4604",
    _E,
    "required",
    "$lastn needs a subject (patient or subject), and category or a parameter of the code.",
    "$lastn cần đối tượng (patient hoặc subject), cùng với category hoặc một tham số về mã.",
)
DOCUMENT_INCOMPLETE = Message(
    "RST-4605",
    _E,
    "not-found",
    "The document cannot be made: {reference} is not here.",
    "Không thể tạo tài liệu: không có {reference}.",
)
DIFFERENT_TYPES = Message(
    "RST-4606",
    _E,
    "invalid",
    "{left} and {right} cannot be compared: only resources of one type can.",
    "Không thể so sánh {left} với {right}: hai tài nguyên phải cùng loại.",
)

EXPUNGE_NOTHING = Message(
    "RST-4607",
    _E,
    "required",
    "Say what is to be expunged: expungeDeletedResources, expungePreviousVersions or expungeEverything.",
    "Hãy cho biết cần xoá hẳn gì: expungeDeletedResources, expungePreviousVersions hay expungeEverything.",
)
EXPUNGE_SYSTEM_ONLY = Message(
    "RST-4608",
    _E,
    "invalid",
    "expungeEverything is for the system as a whole.",
    "expungeEverything chỉ dùng cho toàn hệ thống.",
)
EXPUNGE_NOT_EVERYTHING = Message(
    "RST-4609",
    _E,
    "forbidden",
    "expungeEverything removes what is live too; it needs the setting expunge=everything.",
    "expungeEverything xoá cả tài nguyên đang dùng; cần thiết lập expunge=everything.",
)
EXPUNGE_CURRENT = Message(
    "RST-4610",
    _E,
    "business-rule",
    "Version {version} of {key} is current: only deleted resources and previous versions can be expunged.",
    "Phiên bản {version} của {key} đang hiện hành: chỉ xoá hẳn được tài nguyên đã xoá và phiên bản cũ.",
)
EXPUNGE_REFERRED = Message(
    "RST-4611",
    Severity.INFORMATION,
    "informational",
    "{key} was left: resources that are live refer to it.",
    "{key} được giữ lại: còn tài nguyên đang dùng tham chiếu đến nó.",
)
EXPUNGE_HELD = Message(
    "RST-4612",
    Severity.INFORMATION,
    "informational",
    "{count} versions were left: they changed meanwhile, or a running job reads them. Ask again when it has ended.",
    "{count} phiên bản được giữ lại: vừa thay đổi, hoặc một công việc đang đọc. Hãy gọi lại khi công việc kết thúc.",
)
NOT_ADMIN = Message(
    "RST-4614",
    _E,
    "forbidden",
    "{operation} is for administrators: ask from the host of the server, without a proxy or a web page between.",
    "{operation} chỉ dành cho quản trị viên: hãy gọi từ chính máy chủ, không qua proxy hay trang web.",
)
NO_EXPUNGE = Message(
    "RST-4613",
    _E,
    "not-supported",
    "This store cannot expunge.",
    "Kho dữ liệu này không xoá hẳn được.",
)

GRAPHQL_SYNTAX = Message(
    "RST-4621",
    _E,
    "invalid",
    "GraphQL: {reason} (line {line}, column {column}).",
    "GraphQL: {reason} (dòng {line}, cột {column}).",
)
GRAPHQL_OPERATION = Message(
    "RST-4622",
    _E,
    "not-found",
    "GraphQL: the document has no operation {name!r}; one of several must be named.",
    "GraphQL: không có thao tác {name!r}; khi có nhiều thao tác phải nêu tên.",
)
GRAPHQL_QUERIES_ONLY = Message(
    "RST-4623",
    _E,
    "not-supported",
    "GraphQL: a {kind} is not offered, only queries are.",
    "GraphQL: không hỗ trợ {kind}, chỉ hỗ trợ truy vấn (query).",
)
GRAPHQL_VARIABLE = Message(
    "RST-4624",
    _E,
    "invalid",
    "GraphQL: variable ${name} needs a value of type {type}.",
    "GraphQL: biến ${name} cần giá trị kiểu {type}.",
)
GRAPHQL_FRAGMENT = Message(
    "RST-4625",
    _E,
    "invalid",
    "GraphQL: fragment {name!r} is not defined, or contains itself.",
    "GraphQL: mảnh {name!r} chưa được định nghĩa hoặc tự chứa chính nó.",
)
GRAPHQL_FIELD = Message(
    "RST-4626",
    _E,
    "not-supported",
    "GraphQL: {type} has no field {name!r} here.",
    "GraphQL: {type} không có trường {name!r} ở đây.",
)
GRAPHQL_SELECTION = Message(
    "RST-4627",
    _E,
    "invalid",
    "GraphQL: field {name!r} needs {expected}.",
    "GraphQL: trường {name!r} cần {expected_vi}.",
)
GRAPHQL_ARGUMENT = Message(
    "RST-4628",
    _E,
    "not-supported",
    "GraphQL: {place} has no argument {name!r}.",
    "GraphQL: {place} không có tham số {name!r}.",
)
GRAPHQL_VALUE = Message(
    "RST-4629",
    _E,
    "value",
    "GraphQL: the argument {name!r} of {place} needs {expected}.",
    "GraphQL: tham số {name!r} của {place} cần {expected_vi}.",
)
GRAPHQL_DIRECTIVE = Message(
    "RST-4630",
    _E,
    "not-supported",
    "GraphQL: the directive @{name} is not known here.",
    "GraphQL: không hỗ trợ chỉ thị @{name}.",
)
GRAPHQL_TYPE = Message(
    "RST-4631",
    _E,
    "invalid",
    "GraphQL: there is no type {name!r}.",
    "GraphQL: không có kiểu {name!r}.",
)
GRAPHQL_UNRESOLVED = Message(
    "RST-4632",
    _E,
    "not-found",
    "GraphQL: the reference {reference!r} leads to nothing that can be shown.",
    "GraphQL: tham chiếu {reference!r} không dẫn tới tài nguyên nào có thể hiển thị.",
)
GRAPHQL_CONFLICT = Message(
    "RST-4633",
    _E,
    "invalid",
    "GraphQL: several values meet under {name!r}; use an alias, or a list.",
    "GraphQL: nhiều giá trị trùng tên {name!r}; hãy dùng bí danh hoặc danh sách.",
)
GRAPHQL_TOO_COSTLY = Message(
    "RST-4634",
    _E,
    "too-costly",
    "GraphQL: the query goes beyond {limit} {what}; please narrow it.",
    "GraphQL: truy vấn vượt quá {limit} {what_vi}; xin thu hẹp.",
)

MEMBERS_ADDED = Message(
    "RST-4641",
    Severity.INFORMATION,
    "informational",
    "{count} members were added to {group}, which is at version {version}.",
    "Đã thêm {count} thành viên vào {group}, nay ở phiên bản {version}.",
)
MEMBERS_REMOVED = Message(
    "RST-4642",
    Severity.INFORMATION,
    "informational",
    "{count} members were removed from {group}, which is at version {version}.",
    "Đã bớt {count} thành viên khỏi {group}, nay ở phiên bản {version}.",
)
MEMBER_ALREADY = Message(
    "RST-4643",
    Severity.INFORMATION,
    "duplicate",
    "{member} is a member already.",
    "{member} đã là thành viên.",
)
NOT_A_MEMBER = Message(
    "RST-4644",
    Severity.WARNING,
    "not-found",
    "{member} is no member.",
    "{member} không phải thành viên.",
)
MORE_MEMBERS = Message(
    "RST-4645",
    Severity.INFORMATION,
    "informational",
    "The same holds of {count} more.",
    "Điều này cũng đúng với {count} mục khác.",
)
MEMBER_UNKNOWN = Message(
    "RST-4646",
    _E,
    "not-found",
    "{member} cannot be a member: there is no such resource here.",
    "{member} không thể là thành viên: máy chủ không có tài nguyên này.",
)
MEMBER_AMBIGUOUS = Message(
    "RST-4647",
    _E,
    "multiple-matches",
    "{member} cannot be a member: several resources have this identifier.",
    "{member} không thể là thành viên: có nhiều tài nguyên mang định danh này.",
)
MEMBER_TYPE = Message(
    "RST-4648",
    _E,
    "business-rule",
    "{member} cannot be a member of a Group: members are of {types}.",
    "{member} không thể là thành viên của Group: thành viên phải thuộc {types}.",
)
NO_MEMBERS_HERE = Message(
    "RST-4649",
    _E,
    "business-rule",
    "{group} only describes who may be meant (actual is not true), so it has no members.",
    "{group} chỉ mô tả đối tượng (actual không phải true), nên không có thành viên.",
)
MEMBER_UNREADABLE = Message(
    "RST-4650",
    _E,
    "value",
    "A member needs an entity with a reference, or with an identifier that has a value.",
    "Thành viên cần có entity với reference, hoặc với identifier có value.",
)
MEMBER_SHAPE = Message(
    "RST-4651",
    _E,
    "structure",
    "The period or an extension of the member cannot be read, so it is not known which member is meant.",
    "Không đọc được period hoặc extension của thành viên, nên không rõ thành viên nào được nói đến.",
)
