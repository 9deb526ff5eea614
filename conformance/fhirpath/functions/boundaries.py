"""Precision and the boundaries that it sets; the time of the evaluation. https://hl7.org/fhirpath/#utility-functions"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from conformance.fhirpath import precision as precisions
from conformance.fhirpath import syntax
from conformance.fhirpath.arithmetic import EXACT, as_decimal
from conformance.fhirpath.compiler import Builder, Closure, Compiler
from conformance.fhirpath.environment import Frame
from conformance.fhirpath.functions.calls import anything, integer, of_one
from conformance.fhirpath.messages import NOT_GIVEN, FhirPathError
from conformance.fhirpath.model import Node
from conformance.fhirpath.moments import Moment
from conformance.fhirpath.operators import NotDefined
from conformance.fhirpath.quantities import decimals
from conformance.fhirpath.values import (
    DATE,
    DATE_TIME,
    DECIMAL,
    MOMENTS,
    QUANTITY,
    TIME,
    kind,
    measure_of,
    measured,
    moment_of,
    number,
    number_of,
)

#: Decimals that may be asked for, and those given when none are.
_MOST, _USUAL = 28, 8
_USUAL_DIGITS = {DATE: 8, DATE_TIME: 17, TIME: 9}


def _bounding(last: bool) -> Callable[..., list[Node]]:
    def run(node: Node, precision: int | None = None) -> list[Node]:
        if kind(node) in MOMENTS:
            return _moment_bound(node, precision, last=last)
        plain = number_of(node)
        places = _USUAL if precision is None else precision
        measure = measure_of(node)
        if measure is None:
            raise NotDefined
        if not 0 <= places <= _MOST:
            return []
        bound = bounded(measure.value if plain is None else as_decimal(plain), places, last=last)
        return measured(measure._replace(value=bound)) if plain is None else [Node(bound, DECIMAL)]

    return run


def bounded(value: Decimal, places: int, *, last: bool) -> Decimal:
    """The least or greatest number that ``value`` may stand for by its decimals, to so many ``places``.

    Away from zero halves are rounded up, toward zero digits are cut, as in HL7's own suite.
    """
    half = Decimal(5).scaleb(-decimals(value) - 1)
    size = value.copy_abs()
    away = last is not value.is_signed() or not value
    edge = EXACT.add(size, half) if away else EXACT.subtract(size, half)
    rounded = edge.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP if away else ROUND_DOWN, EXACT)
    negative = (not last) if not value else value.is_signed()
    return rounded.copy_negate() if negative else rounded


def _moment_bound(node: Node, precision: int | None, *, last: bool) -> list[Node]:
    found, known = moment_of(node), kind(node)
    if found is None:
        return []
    digits = _USUAL_DIGITS[known] if precision is None else precision
    text = precisions.boundary(found, digits, last=last)
    return [] if text is None else [Node(text, known)]


def _precision(node: Node) -> list[Node]:
    found: Moment | None = moment_of(node) if kind(node) in MOMENTS else None
    if found is not None:
        return number(precisions.digits(found))
    plain = number_of(node)
    if plain is None and kind(node) == QUANTITY:
        measure = measure_of(node)
        plain = measure.value if measure else None
    if plain is None:
        raise NotDefined
    return number(decimals(as_decimal(plain)))


def _clock(cut: Callable[[str], str], type: str) -> Builder:
    """A function of the time of the evaluation, which comes with the environment."""

    def build(compiler: Compiler, call: syntax.Function) -> Closure:
        compiler.expect(call, 0)

        def run(frame: Frame, _focus: list[Node]) -> list[Node]:
            now = frame.run.environment.now
            if now is None:
                raise FhirPathError.at(NOT_GIVEN, compiler.text, call.at, name=call.name)
            return [Node(cut(now), type)]

        return run

    return build


def _time_of_day(now: str) -> str:
    time = now.partition("T")[2]
    return time[:-1] if time.endswith("Z") else time.partition("+")[0].partition("-")[0]


FUNCTIONS: dict[str, Builder] = {
    "lowBoundary": of_one(_bounding(False), anything, integer, optional=1),
    "highBoundary": of_one(_bounding(True), anything, integer, optional=1),
    "precision": of_one(_precision, anything),
    "now": _clock(lambda now: now, DATE_TIME),
    "today": _clock(lambda now: now.partition("T")[0], DATE),
    "timeOfDay": _clock(_time_of_day, TIME),
}
