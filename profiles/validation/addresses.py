"""The parts of a literal reference: base, type, id, version and fragment.

https://hl7.org/fhir/R4/references.html#literal
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}\Z")
_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}\Z")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")


class Address(NamedTuple):
    """A reference taken apart; ``type`` and ``id`` are empty when it is no RESTful one."""

    text: str
    url: str
    """The reference without version and fragment."""
    type: str
    id: str
    version: str
    is_absolute: bool

    @classmethod
    def of(cls, reference: str) -> Address:
        """The parts of ``reference``."""
        return _address(reference)

    @property
    def is_restful(self) -> bool:
        """True for ``[base/]Type/id``."""
        return bool(self.type)


@lru_cache(maxsize=4096)
def _address(reference: str) -> Address:
    bare = reference.partition("#")[0].partition("|")[0]
    url, _, version = bare.partition("/_history/")
    head, slash, name = url.rpartition("/")
    type_name = head.rpartition("/")[2] if slash else ""
    is_absolute = bool(_SCHEME.match(reference))
    is_restful = bool(_TYPE.match(type_name) and _ID.match(name)) and (is_absolute or head == type_name)
    if url.startswith("urn:"):
        is_restful = False
    return Address(reference, url, type_name if is_restful else "", name if is_restful else "", version, is_absolute)


def base_of(full_url: str) -> str:
    """What a relative reference is added to: ``http://x/fhir/`` for ``http://x/fhir/Patient/1``; empty for a urn."""
    if full_url.startswith("urn:"):
        return ""
    return full_url.rsplit("/", 2)[0] + "/" if full_url.count("/") > 1 else ""
