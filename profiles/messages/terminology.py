"""Findings about codes: ``VAL-23xx``. https://hl7.org/fhir/R4/terminologies.html"""

from __future__ import annotations

from conformance.issues import Message, Severity

CODE_NOT_IN_SET = Message(
    "VAL-2301",
    Severity.ERROR,
    "code-invalid",
    "'{code}' is not in the value set {value_set} ({strength}).",
    "'{code}' không thuộc tập giá trị {value_set} ({strength}).",
)
CONCEPT_NOT_IN_SET = Message(
    "VAL-2302",
    Severity.ERROR,
    "code-invalid",
    "None of the codings ({codes}) is in the value set {value_set} ({strength}).",
    "Không mã nào ({codes}) thuộc tập giá trị {value_set} ({strength}).",
)
CODE_MISSING = Message(
    "VAL-2303",
    Severity.ERROR,
    "code-invalid",
    "A code from the required value set {value_set} must be given.",
    "Phải có một mã thuộc tập giá trị bắt buộc {value_set}.",
)
CODE_NOT_CHECKED = Message(
    "VAL-2304",
    Severity.WARNING,
    "not-supported",
    "Whether '{code}' is in the value set {value_set} cannot be told here.",
    "Ở đây không thể biết '{code}' có thuộc tập giá trị {value_set} hay không.",
)
SYSTEM_RELATIVE = Message(
    "VAL-2310",
    Severity.ERROR,
    "code-invalid",
    "The system must be absolute, found '{system}'.",
    "system phải là tuyệt đối, tìm thấy '{system}'.",
)
SYSTEM_IS_VALUE_SET = Message(
    "VAL-2311",
    Severity.ERROR,
    "code-invalid",
    "{system} is a value set, not a code system.",
    "{system} là tập giá trị, không phải hệ mã.",
)
SYSTEM_IS_SUPPLEMENT = Message(
    "VAL-2312",
    Severity.ERROR,
    "code-invalid",
    "{system} is a supplement of a code system; codes are those of the system itself.",
    "{system} là phần bổ sung của hệ mã; phải dùng mã của chính hệ mã đó.",
)
CODE_UNKNOWN = Message(
    "VAL-2313",
    Severity.ERROR,
    "code-invalid",
    "The code '{code}' is not in the code system {system}.",
    "Mã '{code}' không có trong hệ mã {system}.",
)
WRONG_DISPLAY = Message(
    "VAL-2314",
    Severity.ERROR,
    "value",
    "The display '{display}' is not that of the code; expected: {expected}.",
    "Tên hiển thị '{display}' không khớp với mã; cần là: {expected}.",
)
CONCEPT_COUNT = Message(
    "VAL-2320",
    Severity.ERROR,
    "value",
    "The code system says that it has {stated} concepts, it has {found}.",
    "Hệ mã ghi có {stated} khái niệm nhưng thực tế có {found}.",
)
CONCEPTS_NOT_EXPECTED = Message(
    "VAL-2321",
    Severity.ERROR,
    "structure",
    "The code system says that its content is not present, but it has concepts.",
    "Hệ mã ghi không kèm nội dung nhưng lại có khái niệm.",
)
PROPERTY_TWICE = Message(
    "VAL-2322",
    Severity.ERROR,
    "duplicate",
    "The property '{name}' is defined twice.",
    "Thuộc tính '{name}' được định nghĩa hai lần.",
)
PROPERTY_TYPE = Message(
    "VAL-2323",
    Severity.ERROR,
    "value",
    "The property '{code}' is of type {expected}, found {found}.",
    "Thuộc tính '{code}' có kiểu {expected}, tìm thấy {found}.",
)
PROPERTY_CODE = Message(
    "VAL-2324",
    Severity.ERROR,
    "value",
    "{uri} is the property '{expected}', not '{found}'.",
    "{uri} là thuộc tính '{expected}', không phải '{found}'.",
)
FILTER_VALUE = Message(
    "VAL-2325",
    Severity.ERROR,
    "value",
    "The property holds Codings, so the value must be system#code, found '{value}'.",
    "Thuộc tính chứa Coding nên giá trị phải có dạng system#code, tìm thấy '{value}'.",
)
