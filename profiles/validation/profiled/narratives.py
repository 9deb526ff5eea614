"""The languages that a profile asks of a narrative.

https://hl7.org/fhir/extensions/StructureDefinition-narrative-language-control.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from profiles import messages
from profiles.validation.findings import Findings, one
from profiles.validation.profiled.checks import ItemCheck
from profiles.validation.profiled.items import Item
from profiles.validation.profiled.specs import Spec
from profiles.validation.scope import Scope

_CONTROL = "http://hl7.org/fhir/StructureDefinition/narrative-language-control"
_SECTION = re.compile(r"""<div\b[^>]*\blang="([A-Za-z0-9\-]+)"[^>]*>""")


def narrative_checks(spec: Spec) -> Iterator[ItemCheck]:
    """The check that an extension of the element asks for."""
    for entry in spec.extensions(_CONTROL):
        code = entry.get("valueCode")
        if isinstance(code, str):
            yield _controlled(code, spec.profile.title)


def _controlled(code: str, profile: str) -> ItemCheck:
    def check(item: Item, scope: Scope) -> Findings:
        text = item.holder.get("div")
        if not isinstance(text, str):
            return None
        found = _languages(text)
        if code == "_no":
            return one(messages.LANGUAGES_FORBIDDEN, found=", ".join(found), profile=profile) if found else None
        if not found:
            return one(messages.LANGUAGES_MISSING, profile=profile)
        wanted = scope.resource.get("language") if code == "_resource" else None
        if isinstance(wanted, str) and wanted not in found:
            return one(messages.LANGUAGE_MISSING, wanted=wanted, found=", ".join(found), profile=profile)
        return None

    return check


def _languages(text: str) -> list[str]:
    """Languages of the sections inside the outermost ``div``."""
    _, _, inside = text.partition(">")
    return sorted(set(_SECTION.findall(inside)))
