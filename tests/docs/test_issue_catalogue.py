"""The catalogues are sound and ``docs/issues.md`` tells them as they are."""

from __future__ import annotations

from collections import Counter
from string import Formatter

import pytest
from issue_catalogue import AREAS, PAGE, messages, page

from conformance.issues import Message

#: https://hl7.org/fhir/R4/valueset-issue-type.html
ISSUE_TYPES = frozenset(
    """
    invalid structure required value invariant security login unknown expired forbidden suppressed processing
    not-supported duplicate multiple-matches not-found deleted too-long code-invalid extension too-costly
    business-rule conflict transient lock-error no-store exception timeout incomplete throttled informational
    """.split()  # noqa: SIM905 - words read best as text
)

ALL = messages()


def fields(template: str) -> set[str]:
    """What is filled in; a ``reason_vi`` is the Vietnamese text of ``reason``."""
    return {name.removesuffix("_vi") for _, name, _, _ in Formatter().parse(template) if name}


def test_ids_are_unique() -> None:
    assert [name for name, count in Counter(message.id for message in ALL).items() if count > 1] == []


@pytest.mark.parametrize("message", ALL, ids=lambda message: message.id)
def test_message_is_whole(message: Message) -> None:
    assert message.id.partition("-")[0] in AREAS
    assert message.code in ISSUE_TYPES
    assert message.en.strip()
    assert message.vi.strip()
    assert message.en != message.vi
    assert fields(message.en) == fields(message.vi)


def test_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python tests/issue_catalogue.py"
