"""Questionnaire: conditions lead to questions that can be answered before. https://hl7.org/fhir/R4/questionnaire.html#enableWhen"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from profiles import messages
from profiles.validation.findings import Findings, joined, one, quoted
from profiles.validation.scope import Scope, objects

_Placed = tuple[tuple[str | int, ...], dict[str, Any]]


def check_questionnaire(resource: dict[str, Any], scope: Scope) -> Findings:  # noqa: ARG001 - a WholeCheck
    """Conditions that lead to no item, to the item itself or into it."""
    items = list(_items(resource))
    known = {str(item.get("linkId")) for _, item in items}
    found: Findings = None
    for place, item in items:
        conditions = objects(item.get("enableWhen"))
        around = [item, *(inner for _, inner in _items(item))] if conditions else []
        inside = {str(inner.get("linkId")) for inner in around}
        for position, condition in enumerate(conditions):
            link = str(condition.get("question"))
            at = (*place, "enableWhen", position)
            if link not in known:
                found = joined(found, one(messages.CONDITION_UNKNOWN, *at, link=quoted(link)))
            elif link in inside:
                found = joined(found, one(messages.CONDITION_INSIDE, *at, link=quoted(link)))
    return found


def _items(holder: dict[str, Any]) -> Iterator[_Placed]:
    stack: list[_Placed] = [((), holder)]
    while stack:
        above, current = stack.pop()
        for position, item in enumerate(objects(current.get("item"))):
            place = (*above, "item", position)
            yield place, item
            stack.append((place, item))
