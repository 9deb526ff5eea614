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
