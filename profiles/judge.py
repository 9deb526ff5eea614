"""The front door to validation: content in, issues with their places out. It needs no server and no store.

``validate`` checks one resource with the installed packages and the national definitions. A ``Judge`` does the same
with definitions of one's own choice. https://hl7.org/fhir/R4/validation.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, TypeAlias

from conformance.definitions import Definitions
from conformance.errors import InvalidContent
from conformance.issues import Issue
from conformance.json_codec import decode
from conformance.json_source import positions
from conformance.packages import load
from conformance.xml_codec import decode_with_issues
from profiles.validation import Options, Validator, merged, placed
from profiles.verdict import verdict
from profiles.vn.validator import national_validator
from terminology.names import DEFAULT_BASE, Names

#: A decoded resource, or the JSON or XML text of one.
Content: TypeAlias = dict[str, Any] | bytes | str

#: The place of what concerns a text that does not tell its resource type.
WHOLE = "Resource"

#: What may stand before the first character of an XML document.
_BEFORE_XML = b"\xef\xbb\xbf \t\r\n"


def validate(content: Content, *profiles: str) -> list[Issue]:
    """All issues of a resource by R4, the profiles that it claims and those given; empty when it is valid.

    Issues of a text have line and column. The packages are those installed at the first call. Raises Unavailable when
    the R4 definitions are not installed.
    """
    return _national().validate(content, profiles)


class Judge:
    """Checks resources, decoded or as text; definitions are compiled at first use. Safe to share between threads."""

    def __init__(self, validator: Validator, definitions: Definitions) -> None:
        self.validator = validator
        self.definitions = definitions

    @classmethod
    def national(
        cls,
        *,
        base: str = DEFAULT_BASE,
        packages: Iterable[str] | None = None,
        loose: Iterable[Mapping[str, Any]] = (),
        options: Options | None = None,
    ) -> Judge:
        """A judge over R4, the national definitions under ``base``, installed packages (all, or those named as
        ``name#version``) and ``loose`` conformance resources.

        Raises NotFound for a package that is not installed.
        """
        known = load(packages, loose)
        return cls(national_validator(Names(base), known, options=options), known)

    def validate(self, content: Content, profiles: Sequence[str] = ()) -> list[Issue]:
        """All issues, each with its FHIRPath, and with line and column when ``content`` is a text; empty when valid."""
        if isinstance(content, dict):
            return verdict(self.validator, content, profiles)
        data = content.encode() if isinstance(content, str) else content
        judge = self._xml if data.lstrip(_BEFORE_XML)[:1] == b"<" else self._json
        try:
            found = judge(data, profiles)
        except InvalidContent as error:
            found = list(error.issues)
        return [issue if issue.expression else replace(issue, expression=WHOLE) for issue in found]

    def _json(self, data: bytes, profiles: Sequence[str]) -> list[Issue]:
        found = verdict(self.validator, decode(data), profiles)
        return placed(found, lambda places: positions(data, places))

    def _xml(self, data: bytes, profiles: Sequence[str]) -> list[Issue]:
        resource, read, source = decode_with_issues(data, self.definitions)
        found = merged(read, verdict(self.validator, resource, profiles))
        return placed(found, lambda places: [source.position(place) for place in places])


@lru_cache(maxsize=1)
def _national() -> Judge:
    return Judge.national()
