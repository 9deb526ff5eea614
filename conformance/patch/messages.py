"""Messages of JSON Patch and FHIRPath Patch: ids ``CNF-18xx``, 1801-1819 for JSON Patch, 1820-1849 for FHIRPath Patch.

``{index}`` counts operations from 0. https://hl7.org/fhir/R4/http.html#patch
"""

from __future__ import annotations

from conformance.issues import Message, Severity

_EN, _VI = "Operation {index} ({operation} {path}): ", "Thao tác {index} ({operation} {path}): "


def _failure(number: int, code: str, en: str, vi: str) -> Message:
    """A message that names the operation."""
    return Message(f"CNF-{number}", Severity.ERROR, code, _EN + en, _VI + vi)


NOT_A_LIST_OF_OPERATIONS = Message(
    "CNF-1801",
    Severity.ERROR,
    "structure",
    "A JSON Patch is a list of operations, each a JSON object with op and path.",
    "JSON Patch phải là danh sách thao tác, mỗi thao tác là một đối tượng JSON có op và path.",
)
UNKNOWN_OPERATION = _failure(1802, "value", "the operations are {known}.", "các thao tác là {known}.")
MEMBER_MISSING = _failure(1803, "required", "{member} is missing or is no text.", "thiếu {member} hoặc không phải chữ.")
BAD_POINTER = _failure(
    1804,
    "value",
    "{pointer!r} is no JSON Pointer: it is empty or begins with '/', and '~' stands only in '~0' and '~1'.",
    "{pointer!r} không phải JSON Pointer: phải rỗng hoặc bắt đầu bằng '/', và '~' chỉ có trong '~0' và '~1'.",
)
NOTHING_THERE = _failure(1805, "not-found", "nothing stands at {pointer!r}.", "không có gì ở {pointer!r}.")
BAD_PLACE = _failure(
    1806,
    "value",
    "{token!r} is no place in a list of {size}.",
    "{token!r} không phải vị trí trong danh sách {size} phần tử.",
)
TEST_FAILED = _failure(1807, "processing", "another value stands there.", "giá trị ở đó khác.")
INTO_ITSELF = _failure(
    1808, "invalid", "{pointer!r} cannot move into itself.", "không thể chuyển {pointer!r} vào chính nó."
)
NOTHING_LEFT = _failure(1809, "invalid", "the whole document cannot be removed.", "không thể xóa toàn bộ tài liệu.")
TOO_DEEP = _failure(
    1810,
    "too-long",
    "the result would be nested deeper than {limit} levels.",
    "kết quả sẽ lồng nhau sâu hơn {limit} mức.",
)
PATCH_TOO_COSTLY = _failure(
    1811, "too-costly", "the patch was stopped: it makes too much work.", "đã dừng: bản vá đòi hỏi quá nhiều xử lý."
)

NOT_PARAMETERS = Message(
    "CNF-1820",
    Severity.ERROR,
    "structure",
    "A FHIRPath Patch is a Parameters resource of which every parameter is an operation with parts.",
    "FHIRPath Patch phải là Parameters, trong đó mỗi parameter là một operation có các part.",
)
PARTS = _failure(
    1821,
    "structure",
    "it needs the parts {wanted}, each once; given: {given}.",
    "cần các part {wanted}, mỗi part một lần; đã có: {given}.",
)
PART_VALUE = _failure(1822, "value", "part {part} needs {wanted}.", "part {part} cần {wanted}.")
BAD_PATH = _failure(1823, "invalid", "the path cannot be evaluated.", "không tính được đường dẫn.")
NOTHING_FOUND = _failure(1824, "not-found", "no element matches the path.", "không có phần tử nào khớp đường dẫn.")
SEVERAL_FOUND = _failure(
    1825,
    "multiple-matches",
    "{count} elements match the path; it must give one.",
    "{count} phần tử khớp đường dẫn; chỉ được có một.",
)
NO_ELEMENT = _failure(
    1826,
    "invalid",
    "the path gives something else than elements inside the resource.",
    "đường dẫn cho kết quả không phải phần tử bên trong tài nguyên.",
)
NO_LIST = _failure(
    1827,
    "invalid",
    "the path must give all elements of one list.",
    "đường dẫn phải cho tất cả phần tử của một danh sách.",
)
BAD_INDEX = _failure(
    1828,
    "value",
    "{part} is {value}; a list of {size} allows 0 to {most}.",
    "{part} là {value}; danh sách {size} phần tử cho phép từ 0 đến {most}.",
)
UNKNOWN_ELEMENT = _failure(1829, "invalid", "{type} has no element {name}.", "{type} không có phần tử {name}.")
EXISTS_ALREADY = _failure(
    1830,
    "duplicate",
    "{name} exists already and does not repeat; use replace.",
    "{name} đã có và không lặp lại; hãy dùng replace.",
)
WRONG_TYPE = _failure(
    1831,
    "value",
    "{name} is of type {wanted}; the value is {given}.",
    "{name} thuộc kiểu {wanted}; giá trị là {given}.",
)
BAD_VALUE = _failure(
    1832,
    "structure",
    "part {part} needs exactly one of value[x], resource or parts.",
    "part {part} cần đúng một trong value[x], resource hoặc các part.",
)
