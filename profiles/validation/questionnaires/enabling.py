"""Which items of a Questionnaire are enabled by the answers given. https://hl7.org/fhir/R4/questionnaire.html#enableWhen"""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from profiles.validation.profiled.values import compared
from profiles.validation.questionnaires.form import Question, objects, typed_value


class Given:
    """The answers of a response by linkId."""

    def __init__(self, response: dict[str, Any]) -> None:
        self.answers: dict[str, list[dict[str, Any]]] = {}
        self._collect(response)

    def _collect(self, holder: dict[str, Any]) -> None:
        for item in objects(holder.get("item")):
            answers = objects(item.get("answer"))
            self.answers.setdefault(str(item.get("linkId", "")), []).extend(answers)
            self._collect(item)
            for answer in answers:
                self._collect(answer)

    def enables(self, question: Question) -> bool:
        """Whether an item is enabled; its parents are asked by those who walk down to it."""
        conditions = objects(question.raw.get("enableWhen"))
        if not conditions:
            return True
        met = [self._holds(condition) for condition in conditions]
        return all(met) if question.raw.get("enableBehavior") == "all" else any(met)

    def _holds(self, condition: dict[str, Any]) -> bool:
        answers = self.answers.get(str(condition.get("question")), [])
        expected = next((value for key, value in condition.items() if key.startswith("answer")), None)
        name = str(condition.get("operator", "="))
        if name == "exists":
            return bool(answers) is bool(expected)
        return any(_compares(name, typed_value(answer)[1], expected) for answer in answers)


_ORDER: dict[str, Callable[[int, int], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}


def _compares(name: str, answer: Any, expected: Any) -> bool:
    if name in ("=", "!="):
        return _is_equal(answer, expected) is (name == "=")
    order = compared(answer, expected)
    return order is not None and name in _ORDER and _ORDER[name](order, 0)


def _is_equal(answer: Any, expected: Any) -> bool:
    if isinstance(answer, dict) and isinstance(expected, dict):
        if "code" in expected:
            systems = answer.get("system"), expected.get("system")
            return answer.get("code") == expected["code"] and (systems[0] == systems[1] or None in systems)
        return all(answer.get(name) == part for name, part in expected.items())
    if isinstance(answer, Decimal | int) and isinstance(expected, Decimal | int):
        return answer == expected and isinstance(answer, bool) is isinstance(expected, bool)
    return bool(answer == expected)
