"""Composite parameters. https://hl7.org/fhir/R4/search.html#composite

The entries of a composite are those of its last component; their keys begin with a form of each component before it.
Those are compared for equality, so a prefix is understood on the last component only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import product

from conformance.issues import Words
from fhir_server.search.escaping import split, unescape
from fhir_server.search.kinds import Asked, Draft, ParameterKind
from fhir_server.search.number import asked_interval, point
from fhir_server.search.places import local
from fhir_server.search.token import token_term
from fhir_server.store.entries import Interval, Kind, Token, fold
from fhir_server.store.query import Comparison, Predicate

#: Ends each component inside a key.
SEPARATOR = "$"


def forms(draft: Draft) -> tuple[str, ...]:
    """How a query may name this value as a component that is not the last."""
    match draft:
        case Kind.TOKEN, Token(system, code), _, "":
            return (code, f"{system}|{code}")
        case Kind.REFERENCE | Kind.URI, str() as text, _, "":
            return (text,)
        case Kind.STRING, str() as text, _, "":
            return (fold(text),)
        case Kind.RANGE, Interval(bytes() as low, _), ("",), "":
            return (low.hex(),)
    return ()


def prefixes(heads: Sequence[Iterable[str]]) -> list[str]:
    """How the keys of a composite begin, by the forms of each component but the last."""
    if len(heads) == 1:
        return [form + SEPARATOR for form in heads[0]]
    return ["".join(form + SEPARATOR for form in combination) for combination in product(*heads)]


def composite_term(asked: Asked, kinds: Sequence[ParameterKind]) -> Predicate:
    """The predicate of ``first$second``, by the kinds of the components."""
    parts = split(asked.text, SEPARATOR)
    if len(parts) != len(kinds):
        raise asked.bad(Words(f"{len(kinds)} values joined by $", f"{len(kinds)} giá trị nối bằng $"))
    *heads, last = parts
    key = "".join(_form(replace(asked, text=text), kind) for text, kind in zip(heads, kinds, strict=False))
    return kinds[-1].term(replace(asked, text=last, key=key))


def _form(asked: Asked, kind: ParameterKind) -> str:
    form = _FORMS.get(kind.name)
    if form is None:
        raise asked.bad(
            Words(f"no {kind.name} value before the last component", f"giá trị {kind.name} chỉ ở thành phần cuối")
        )
    return form(asked) + SEPARATOR


def _token_form(asked: Asked) -> str:
    term = token_term(asked)
    if term.code is None:
        raise asked.bad(Words("a code", "mã"))
    return term.code if term.system is None else f"{term.system}|{term.code}"


def _number_form(asked: Asked) -> str:
    comparison, _interval = asked_interval(asked, asked.text)
    if comparison is not Comparison.EQ:
        raise asked.bad(
            Words("a number without a prefix before the last component", "số không có tiền tố ở thành phần trước cuối")
        )
    low = point(Decimal(asked.text.removeprefix("eq"))).low
    return low.hex() if isinstance(low, bytes) else ""


_FORMS: dict[str, Callable[[Asked], str]] = {
    "token": _token_form,
    "number": _number_form,
    "reference": lambda asked: local(unescape(asked.text), asked.base_url),
    "string": lambda asked: fold(unescape(asked.text)),
    "uri": lambda asked: unescape(asked.text),
}
