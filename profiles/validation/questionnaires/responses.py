"""The items of a QuestionnaireResponse: known, enabled, required, repeated, in order.

https://hl7.org/fhir/R4/questionnaireresponse.html#link
"""

from __future__ import annotations

from typing import Any

from conformance.issues import Message, Severity
from profiles import messages
from profiles.validation.findings import Finding, Findings, joined, one, quoted, under
from profiles.validation.questionnaires.answers import Answers
from profiles.validation.questionnaires.enabling import Given
from profiles.validation.questionnaires.form import Form, Question, objects
from profiles.validation.scope import Scope
from profiles.validation.structures import Structures
from terminology.membership import ValueSets

#: An item of the response with the way to it from its parent.
Placed = tuple[dict[str, Any], tuple[str | int, ...]]


class Responses:
    """A WholeCheck of QuestionnaireResponses."""

    def __init__(self, structures: Structures, value_sets: ValueSets) -> None:
        self._structures = structures
        self._answers = Answers(structures, value_sets)

    def __call__(self, response: dict[str, Any], scope: Scope) -> Findings:
        """What is wrong with a response by its form; nothing when the form is not at hand."""
        canonical = response.get("questionnaire")
        if not isinstance(canonical, str):
            return None
        found = self._form(canonical, scope)
        if found is None:
            return None
        if found.get("resourceType") != "Questionnaire":
            return None  # told about as a canonical of another type
        walk = _Walk(Form(found), Given(response), scope, self._answers, response.get("status") == "in-progress")
        return walk.items(walk.form.questions, response, ())

    def _form(self, canonical: str, scope: Scope) -> dict[str, Any] | None:
        if canonical.startswith("#"):
            return scope.root.contained_resources.get(canonical[1:])
        return self._structures.canonical_resource(canonical)


class _Walk:
    """One response against one form."""

    def __init__(self, form: Form, given: Given, scope: Scope, answers: Answers, is_in_progress: bool) -> None:
        self.form = form
        self._given = given
        self._scope = scope
        self._answers = answers
        self._grade = Severity.WARNING if is_in_progress else None

    def items(self, questions: list[Question], holder: dict[str, Any], place: tuple[str | int, ...]) -> Findings:
        """The items of an object against the questions that may stand there."""
        grouped: dict[str, list[Placed]] = {}
        order = {question.link_id: position for position, question in enumerate(questions)}
        found: Findings = None
        last = -1
        for position, item in enumerate(objects(holder.get("item"))):
            at = ("item", position)
            link_id = str(item.get("linkId", ""))
            if link_id not in order:
                found = joined(found, _placed(at, self._stray(link_id)))
                continue
            if order[link_id] < last:
                found = joined(found, _placed(at, one(messages.ITEM_OUT_OF_ORDER, link=quoted(link_id))))
            last = max(last, order[link_id])
            grouped.setdefault(link_id, []).append((item, at))
        for question in questions:
            found = joined(found, self._question(question, grouped.get(question.link_id, [])))
        return _placed(place, found)

    def _stray(self, link_id: str) -> Findings:
        message = messages.ITEM_MISPLACED if link_id in self.form.by_link_id else messages.ITEM_UNKNOWN
        return one(message, link=quoted(link_id))

    def _question(self, question: Question, items: list[Placed]) -> Findings:
        is_enabled = self._given.enables(question)
        if not items:
            return self._missing(question) if is_enabled and question.is_required else None
        found: Findings = None
        if len(items) > 1 and not question.repeats:
            found = _placed(items[1][1], one(messages.ANSWERED_TWICE, link=quoted(question.link_id)))
        for item, at in items:
            problem = self._item(question, item) if is_enabled else self._disabled(question, item)
            found = joined(found, _placed(at, problem))
        return found

    def _missing(self, question: Question) -> Findings:
        return self._graded(messages.ANSWER_MISSING, link=quoted(question.link_id))

    def _graded(self, message: Message, **params: object) -> Findings:
        """A finding that is only a warning while the response is in progress."""
        return [Finding(message, params, [], self._grade)]

    @staticmethod
    def _disabled(question: Question, item: dict[str, Any]) -> Findings:  # noqa: ARG004
        return one(messages.ANSWER_NOT_ENABLED, link=quoted(question.link_id))

    def _item(self, question: Question, item: dict[str, Any]) -> Findings:
        answers = objects(item.get("answer"))
        found = self._counted(question, len(answers), item)
        if question.type in ("group", "display"):
            found = joined(found, self._unanswerable(question, answers))
        else:
            found = joined(found, self._answers.check(question, answers, self._scope))
        return joined(found, self._below(question, item, answers))

    def _counted(self, question: Question, count: int, item: dict[str, Any]) -> Findings:
        link = quoted(question.link_id)
        if question.type == "group":
            is_missing = question.is_required and not item.get("item")
            return self._graded(messages.GROUP_MISSING, link=link) if is_missing else None
        if not count and question.is_required:
            return self._missing(question)
        least, most = question.extension("minOccurs"), question.extension("maxOccurs")
        found: Findings = None
        if isinstance(least, int) and count < least:
            found = self._graded(messages.TOO_FEW_ANSWERS, min=least, found=count)
        if isinstance(most, int) and count > most:
            found = joined(found, one(messages.TOO_MANY_ANSWERS, max=most, found=count))
        elif count > 1 and not question.repeats:
            found = joined(found, one(messages.ANSWERED_TWICE, link=link))
        return found

    @staticmethod
    def _unanswerable(question: Question, answers: list[dict[str, Any]]) -> Findings:
        return one(messages.NO_ANSWERS_HERE, type=question.type) if answers else None

    def _below(self, question: Question, item: dict[str, Any], answers: list[dict[str, Any]]) -> Findings:
        """Items below an item: of a group directly, of a question below its answers."""
        if question.type == "group":
            return self.items(question.children, item, ())
        found: Findings = None
        if item.get("item"):
            found = one(messages.ITEMS_BELOW_QUESTION, link=quoted(question.link_id))
        for position, answer in enumerate(answers):
            found = joined(found, self.items(question.children, answer, ("answer", position)))
        return found


def _placed(place: tuple[str | int, ...], found: Findings) -> Findings:
    if found:
        for step in reversed(place):
            under(step, found)
    return found
