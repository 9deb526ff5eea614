"""Messages of ViewDefinitions: ids ``CNF-21xx``. https://sql-on-fhir.org/ig/StructureDefinition-ViewDefinition.html"""

from __future__ import annotations

from conformance.issues import Message, Severity


def _error(number: int, code: str, en: str, vi: str) -> Message:
    return Message(f"CNF-{number}", Severity.ERROR, code, en, vi)


NOT_A_VIEW = _error(
    2101,
    "structure",
    "This is no ViewDefinition: resourceType is {found!r}.",
    "Đây không phải ViewDefinition: resourceType là {found!r}.",
)
BAD_ELEMENT = _error(
    2102,
    "structure",
    "{name} of a ViewDefinition has to be {expected}.",
    "{name} của ViewDefinition phải là {expected}.",
)
UNKNOWN_ELEMENT = _error(
    2103,
    "structure",
    "A ViewDefinition has no element {name!r} here.",
    "ViewDefinition không có phần tử {name!r} tại đây.",
)
UNKNOWN_RESOURCE = _error(
    2104, "value", "FHIR R4 has no resource type {type!r}.", "FHIR R4 không có loại resource {type!r}."
)
BAD_NAME = _error(
    2105,
    "value",
    "{name!r} is no name of a column or constant: a letter, then letters, digits and underscores.",
    "{name!r} không phải tên cột hoặc hằng hợp lệ: một chữ cái, sau đó là chữ cái, chữ số và gạch dưới.",
)
SAME_NAME = _error(
    2106,
    "invalid",
    "There is more than one column or constant {name!r}.",
    "Có nhiều hơn một cột hoặc hằng {name!r}.",
)
UNLIKE_UNION = _error(
    2107,
    "invalid",
    "The branches of a unionAll need the same columns: {one} here, {other} in the first.",
    "Các nhánh của unionAll phải có cùng các cột: ở đây là {one}, ở nhánh đầu là {other}.",
)
SEVERAL_ITERATIONS = _error(
    2108,
    "invalid",
    "One select cannot have {names} together.",
    "Một select không thể có đồng thời {names}.",
)
NO_COLUMNS = _error(2109, "required", "A ViewDefinition needs a column.", "ViewDefinition cần ít nhất một cột.")
BAD_PATH = _error(2110, "invalid", "The path cannot be used: {reason}", "Không dùng được đường dẫn: {reason_vi}")
BAD_CONSTANT = _error(
    2111,
    "required",
    "The constant {name!r} needs one value[x] of a primitive type.",
    "Hằng {name!r} cần đúng một value[x] kiểu nguyên thủy.",
)
NOT_TRUTH = _error(
    2112,
    "value",
    "A where path has to give true, false or nothing; {path!r} gives {found}.",
    "Đường dẫn where phải cho true, false hoặc rỗng; {path!r} cho {found}.",
)
SEVERAL_VALUES = _error(
    2113,
    "value",
    "Column {column!r} has {count} values in {resource}, but is no collection.",
    "Cột {column!r} có {count} giá trị trong {resource}, nhưng không được khai là collection.",
)
TOO_MANY_ROWS = _error(
    2114,
    "too-costly",
    "{resource} alone gives more than {limit} rows.",
    "Riêng {resource} đã cho hơn {limit} dòng.",
)
FAILED_ROW = _error(
    2115,
    "processing",
    "The view cannot be run on {resource}: {reason}",
    "Không chạy được view trên {resource}: {reason_vi}",
)
