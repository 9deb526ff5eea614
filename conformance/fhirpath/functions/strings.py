"""Functions of text. https://hl7.org/fhirpath/N1/#string-manipulation"""

from __future__ import annotations

from conformance.fhirpath import syntax
from conformance.fhirpath.compiler import Builder, Closure, Compiler
from conformance.fhirpath.environment import Frame
from conformance.fhirpath.functions.calls import TEXT, integer, of_one, outer
from conformance.fhirpath.messages import BAD_PATTERN, TOO_COSTLY, FhirPathError
from conformance.fhirpath.model import Node
from conformance.fhirpath.patterns import BadPattern, pattern, replacement
from conformance.fhirpath.values import STRING, boolean, number, string, text_of

#: No function makes a text of more characters.
LONGEST = 1 << 20


def _bounded(text: str) -> list[Node]:
    return _within(len(text), text)


def _within(length: int, text: str = "") -> list[Node]:
    if length > LONGEST:
        raise FhirPathError.at(TOO_COSTLY, "", 0, limit=LONGEST)
    return string(text)


def _substring(text: str, start: int, length: int | None = None) -> list[Node]:
    if not 0 <= start < len(text):
        return []
    return string(text[start:] if length is None else text[start : start + max(0, length)])


def _replace(text: str, old: str, new: str) -> list[Node]:
    _within(len(text) + (text.count(old) * len(new)))
    return string(text.replace(old, new))


def _index_of(text: str, part: str) -> list[Node]:
    return number(text.find(part))


def _split(text: str, separator: str) -> list[Node]:
    return [Node(part, STRING) for part in (text.split(separator) if separator else text)]


def _join(compiler: Compiler, call: syntax.Function) -> Closure:
    """All texts of the focus in one."""
    compiler.expect(call, 0, 1)
    between = outer(compiler, call, 0) if call.arguments else None

    def run(frame: Frame, focus: list[Node]) -> list[Node]:
        marks = between(frame, focus) if between else []
        mark = text_of(marks[0]) if marks else ""
        texts = [text for node in focus if (text := text_of(node)) is not None]
        if mark is None or len(marks) > 1 or len(texts) < sum(node.value is not None for node in focus):
            compiler.refuse(call.name, call.at, marks, focus[:1])
        _within(sum(map(len, texts)) + len(mark) * len(texts))
        return string(mark.join(texts)) if focus else []

    return run


def _matches(text: str, regex: str) -> list[Node]:
    return boolean(pattern(regex).search(text) is not None)


def _matches_full(text: str, regex: str) -> list[Node]:
    return boolean(pattern(regex).fullmatch(text) is not None)


def _replace_matches(text: str, regex: str, new: str) -> list[Node]:
    if not regex:
        return string(text)
    _within(len(new) * (len(text) + 1))
    return _bounded(pattern(regex).sub(replacement(new), text))


def _by_pattern(builder: Builder) -> Builder:
    """A function with a regular expression, whose error tells the place of the call."""

    def build(compiler: Compiler, call: syntax.Function) -> Closure:
        inner = builder(compiler, call)

        def run(frame: Frame, focus: list[Node]) -> list[Node]:
            try:
                return inner(frame, focus)
            except BadPattern as error:
                raise FhirPathError.at(
                    BAD_PATTERN, compiler.text, call.at, pattern=error.pattern, detail=error.detail
                ) from error

        return run

    return build


FUNCTIONS: dict[str, Builder] = {
    "indexOf": of_one(_index_of, TEXT, TEXT),
    "lastIndexOf": of_one(lambda text, part: number(text.rfind(part)), TEXT, TEXT),
    "substring": of_one(_substring, TEXT, integer, integer, optional=1, is_omitted=True),
    "startsWith": of_one(lambda text, part: boolean(text.startswith(part)), TEXT, TEXT),
    "endsWith": of_one(lambda text, part: boolean(text.endswith(part)), TEXT, TEXT),
    "contains": of_one(lambda text, part: boolean(part in text), TEXT, TEXT),
    "upper": of_one(lambda text: _bounded(text.upper()), TEXT),
    "lower": of_one(lambda text: _bounded(text.lower()), TEXT),
    "replace": of_one(_replace, TEXT, TEXT, TEXT),
    "matches": _by_pattern(of_one(_matches, TEXT, TEXT)),
    "matchesFull": _by_pattern(of_one(_matches_full, TEXT, TEXT)),
    "replaceMatches": _by_pattern(of_one(_replace_matches, TEXT, TEXT, TEXT)),
    "length": of_one(lambda text: number(len(text)), TEXT),
    "toChars": of_one(lambda text: [Node(one, STRING) for one in text], TEXT),
    "trim": of_one(lambda text: string(text.strip()), TEXT),
    "split": of_one(_split, TEXT, TEXT),
    "join": _join,
}
