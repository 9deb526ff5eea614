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
UNKNOWN_OPERATOR = Message(
    "CNF-1604",
    Severity.ERROR,
    "not-supported",
    "FHIRPath: operator '{name}' is not known here (line {line}, column {column} of '{text}').",
    "FHIRPath: không hỗ trợ toán tử '{name}' (dòng {line}, cột {column} của '{text}').",
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
