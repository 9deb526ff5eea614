"""Issues of the format and issues of validation, told as one. https://hl7.org/fhir/R4/xml.html"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from conformance.issues import Issue
from profiles import messages


def merged(read: Iterable[Issue], validated: Iterable[Issue]) -> list[Issue]:
    """Both lists, each problem once.

    An unknown element or attribute that reading has told about is not told again, and what stands inside of an unknown
    element is of no interest.
    """
    found = list(validated)
    unknown = [issue.expression for issue in found if issue.message is messages.UNKNOWN_ELEMENT]
    kept = [issue for issue in read if not any(issue.expression.startswith(f"{place}.") for place in unknown)]
    told = {issue.expression for issue in kept}
    return kept + [
        issue for issue in found if issue.message is not messages.UNKNOWN_ELEMENT or issue.expression not in told
    ]


def placed(issues: Sequence[Issue], positions: Callable[[Sequence[str]], list[tuple[int, int]]]) -> list[Issue]:
    """The issues with line and column, as ``positions`` finds them for the expressions; nothing is read without issues.

    For JSON it is ``conformance.json_source.positions`` with the content, for XML that of ``SourceLines``.
    """
    open_places = [issue.expression for issue in issues if issue.line is None and issue.expression]
    if not open_places:
        return list(issues)
    found = dict(zip(open_places, positions(open_places), strict=True))
    return [
        replace(issue, line=found[issue.expression][0], column=found[issue.expression][1])
        if issue.line is None and issue.expression in found
        else issue
        for issue in issues
    ]
