"""Invariants that were published with a slip, and what they mean. https://hl7.org/fhir/R4/history.html

Each is told by its whole text, so that nothing but the published expression is touched. The validator evaluates what is
meant; the expression that a report shows stays the published one.
"""

from __future__ import annotations

from typing import NamedTuple


class Correction(NamedTuple):
    """What an expression means, and why that differs from what it says."""

    key: str
    meant: str
    reason: str


_NAME = "[A-Z]([A-Za-z0-9_]){0,254}"
_CHARACTERS = r"""[^\\s\\.,:;\\\'"\\/|?!@#$%&*()\\[\\]{}]{1,64}"""
_STEPS = rf"{_CHARACTERS}(\\.{_CHARACTERS}(\\[x\\])?(\\:[^\\s\\.]+)?)*"
_SIMPLE_STEPS = r"[A-Za-z][A-Za-z0-9]*(\\.[a-z][A-Za-z0-9]*(\\[x])?)*"
_WHOLE = "the whole text is meant, where `matches` is content with a part of it"

_REFERENCE = "(reference.substring(1).trace('url') in %rootResource.contained.id.trace('ids'))"

#: Published text -> correction.
CORRECTIONS: dict[str, Correction] = {
    f"reference.startsWith('#').not() or {_REFERENCE}": Correction(
        "ref-1",
        f"reference.exists() implies (reference.startsWith('#').not() or {_REFERENCE}"
        " or (reference = '#' and %rootResource != %resource))",
        "without a literal reference the answer is empty, which would refuse every logical reference; "
        "`#` names the container, as the text of the rule says",
    ),
    "operator = 'exists' implies (answer is Boolean)": Correction(
        "que-7",
        "operator = 'exists' implies (answer is boolean)",
        "the answer is a FHIR boolean, which is no System.Boolean",
    ),
    "probability is decimal implies (probability as decimal) <= 100": Correction(
        "ras-2",
        "probability.ofType(decimal).empty() or (probability.ofType(decimal) <= 100)",
        "without a probability the answer is empty",
    ),
    "enableWhen.count() > 2 implies enableBehavior.exists()": Correction(
        "que-12",
        "enableWhen.count() >= 2 implies enableBehavior.exists()",
        "the text of the rule says: more than one",
    ),
    f"path.matches('{_STEPS}')": Correction("eld-19", f"path.matches('^{_STEPS}$')", _WHOLE),
    f"path.matches('{_SIMPLE_STEPS}')": Correction("eld-20", f"path.matches('^{_SIMPLE_STEPS}$')", _WHOLE),
    f"name.matches('{_NAME}')": Correction(
        "inv-0",
        f"name.exists() implies name.matches('^{_NAME}$')",
        f"{_WHOLE}; without a name there is nothing to say (`sdf-0`, `vsd-0` and the like have the same text)",
    ),
    "max='*' or (max.toInteger() > 0)": Correction(
        "md-1",
        "max.empty() or max = '*' or (max.toInteger() > 0)",
        "the element is optional; without it the answer is empty",
    ),
    "($this as dateTime).toString().length() >= 8": Correction(
        "vs-1",
        "($this is dateTime and hasValue()) implies toString().length() >= 8",
        "the text of the rule says: if it is a dateTime and has a value; of a Period the answer is empty",
    ),
}


def corrected(expression: str) -> str:
    """What a published invariant means; any other expression as it is."""
    found = CORRECTIONS.get(expression)
    return found.meant if found else expression
