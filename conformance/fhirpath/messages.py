"""Messages of FHIRPath. https://hl7.org/fhirpath/N1/"""

from __future__ import annotations

from conformance.errors import FhirError
from conformance.issues import Issue, Message, Severity

SYNTAX = Message(
    "CNF-1601",
    Severity.ERROR,
    "invalid",
    "FHIRPath: {problem} at line {line}, column {column} of '{text}'.",
    "FHIRPath: {problem} tại dòng {line}, cột {column} của '{text}'.",
)
UNKNOWN_FUNCTION = Message(
    "CNF-1602",
    Severity.ERROR,
    "not-supported",
    "FHIRPath: function '{name}' is not known here (line {line}, column {column} of '{text}').",
    "FHIRPath: không hỗ trợ hàm '{name}' (dòng {line}, cột {column} của '{text}').",
)
BAD_ARGUMENTS = Message(
    "CNF-1603",
    Severity.ERROR,
    "invalid",
    "FHIRPath: '{name}' takes {expected} (line {line}, column {column} of '{text}').",
    "FHIRPath: '{name}' cần {expected} (dòng {line}, cột {column} của '{text}').",
)
UNKNOWN_VARIABLE = Message(
    "CNF-1605",
    Severity.ERROR,
    "invalid",
    "FHIRPath: variable '%{name}' is not known here (line {line}, column {column} of '{text}').",
    "FHIRPath: không có biến '%{name}' (dòng {line}, cột {column} của '{text}').",
)
NOT_SINGLE = Message(
    "CNF-1606",
    Severity.ERROR,
    "processing",
    "FHIRPath: '{name}' needs a single value but found {count} (line {line}, column {column} of '{text}').",
    "FHIRPath: '{name}' cần một giá trị nhưng có {count} (dòng {line}, cột {column} của '{text}').",
)
UNKNOWN_TYPE = Message(
    "CNF-1607",
    Severity.ERROR,
    "invalid",
    "FHIRPath: there is no type '{name}' (line {line}, column {column} of '{text}').",
    "FHIRPath: không có kiểu '{name}' (dòng {line}, cột {column} của '{text}').",
)
TOO_COSTLY = Message(
    "CNF-1608",
    Severity.ERROR,
    "too-costly",
    "FHIRPath: the evaluation was stopped: it visits more than {limit} nodes or makes a text that is too long.",
    "FHIRPath: đã dừng tính toán: biểu thức duyệt quá {limit} nút hoặc tạo văn bản quá dài.",
)
NOT_DEFINED = Message(
    "CNF-1609",
    Severity.ERROR,
    "processing",
    "FHIRPath: '{name}' is not defined for these values: {found} (line {line}, column {column} of '{text}').",
    "FHIRPath: '{name}' không áp dụng được cho các giá trị này: {found} (dòng {line}, cột {column} của '{text}').",
)
UNKNOWN_ELEMENT = Message(
    "CNF-1610",
    Severity.ERROR,
    "invalid",
    "FHIRPath: {type} has no element '{name}' (line {line}, column {column} of '{text}').",
    "FHIRPath: {type} không có phần tử '{name}' (dòng {line}, cột {column} của '{text}').",
)
UNORDERED = Message(
    "CNF-1611",
    Severity.ERROR,
    "invalid",
    "FHIRPath: '{name}' needs an order, but what it is asked of has none (line {line}, column {column} of '{text}').",
    "FHIRPath: '{name}' cần thứ tự, nhưng tập giá trị này không có thứ tự (dòng {line}, cột {column} của '{text}').",
)
NOT_GIVEN = Message(
    "CNF-1612",
    Severity.ERROR,
    "not-supported",
    "FHIRPath: '{name}' needs something that this evaluation was not given (line {line}, column {column} of '{text}').",
    "FHIRPath: '{name}' cần dữ liệu mà lần tính này không có (dòng {line}, cột {column} của '{text}').",
)
BAD_PATTERN = Message(
    "CNF-1613",
    Severity.ERROR,
    "not-supported",
    "FHIRPath: the regular expression '{pattern}' cannot be run in linear time: {detail}.",
    "FHIRPath: không thể chạy biểu thức chính quy '{pattern}' trong thời gian tuyến tính: {detail}.",
)


class FhirPathError(FhirError):
    """An expression that cannot be parsed, compiled or evaluated; the issue tells the line and column."""

    @classmethod
    def at(cls, message: Message, text: str, offset: int, **params: object) -> FhirPathError:
        """This error at ``offset`` (characters) of the expression ``text``."""
        line, column = place(text, offset)
        return cls(Issue(message, params={"text": text, "line": line, "column": column, **params}))


def place(text: str, offset: int) -> tuple[int, int]:
    """Line and column, both from 1, of ``offset`` in ``text``."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
