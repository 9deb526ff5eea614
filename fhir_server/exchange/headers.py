"""Lists of weighted names in HTTP headers. https://www.rfc-editor.org/rfc/rfc9110#section-12.4"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_ITEM = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*"?)+')
_PARAMETER = re.compile(r';\s*([^=;\s]+)\s*=\s*("(?:[^"\\]|\\.)*"?|[^;]*)')
_weight = re.compile(r"(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)").fullmatch
#: Items of a header that are looked at: nobody has more to say.
_MOST = 50
#: How precisely a range names a media type that it names in full.
EXACT = 3


class MediaRange(NamedTuple):
    """One item, lower case: ``application/*`` or a coding. ``parameters`` leaves out the weight."""

    name: str
    weight: float
    parameters: dict[str, str]

    def precision(self, media_type: str) -> int:
        """``EXACT`` when it names this media type, 2 for its kind, 1 for any, 0 when it does not match."""
        if self.name == media_type:
            return EXACT
        kind = media_type.partition("/")[0]
        return {f"{kind}/*": 2, "*/*": 1}.get(self.name, 0)


def media_range(item: str) -> MediaRange:
    """One item of an Accept header, or a Content-Type. A weight that is none counts as 0."""
    name = item.partition(";")[0].strip().lower()
    parameters = {key.lower(): value.strip().strip('"') for key, value in _PARAMETER.findall(item)}
    weight = parameters.pop("q", "1")
    return MediaRange(name, float(weight) if _weight(weight) else 0.0, parameters)


def media_ranges(header: str) -> tuple[MediaRange, ...]:
    """The items of an Accept header in order."""
    return tuple(media_range(item) for item in _items(header))


def weights(header: str) -> dict[str, float]:
    """Name -> weight, of a header such as Accept-Encoding."""
    return {row.name: row.weight for row in media_ranges(header)}


def _items(header: str) -> Iterable[str]:
    found = (match.group().strip() for match in _ITEM.finditer(header))
    return [item for item in found if item][:_MOST]
