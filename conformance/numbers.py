"""Decimal numbers as bytes that sort as the numbers do, and the range that a number covers by its precision.

https://hl7.org/fhir/R4/search.html#number
"""

from __future__ import annotations

from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal, InvalidOperation, Overflow, localcontext

_ZERO = b"\x80"
#: Leading bytes of a positive number: its power of ten when that is small, else one of two marks and eight bytes.
_MIDDLE = 0xC0
_SMALL = 60
_BELOW, _ABOVE = 0x83, 0xFD
_SHIFT = 1 << 63
#: Digits of a number whose range is calculated.
_DIGITS_MAX = min(MAX_PREC, 1_000_000)
_CHARACTERS = frozenset("0123456789+-.eE")
_END = b"\x00"
_COMPLEMENT = bytes(range(255, -1, -1))


def encode_number(number: Decimal) -> bytes:
    """Bytes whose order is the order of the numbers, exact to the last digit; equal numbers give equal bytes
    (``1.0``, ``1.00``). Raises ValueError for infinities and NaN."""
    _require_finite(number)
    if not number:
        return _ZERO
    encoded = _power(number.adjusted()) + _pairs(number.as_tuple().digits) + _END
    return encoded.translate(_COMPLEMENT) if number < 0 else encoded


def number_interval(number: str | Decimal) -> tuple[bytes, bytes]:
    """``[low, high)``, encoded, of what a number covers: half a unit of its last digit to either side.

    ``100`` covers 99.5 to 100.5, ``5.40`` covers 5.395 to 5.405. A number written with a positive power of ten covers
    half a tenth of that power, as the specification has it: ``1e2`` covers 95 to 105. Raises ValueError when ``number``
    is no finite decimal number.
    """
    value = parse_number(number) if isinstance(number, str) else number
    low, high = bounds(value)
    return encode_number(low), encode_number(high)


def bounds(number: Decimal) -> tuple[Decimal, Decimal]:
    """The two ends of ``number_interval`` as exact numbers. Raises ValueError as that does."""
    _require_finite(number)
    exponent = int(number.as_tuple().exponent)
    unit = exponent - 1 if exponent > 0 else exponent
    # One unit of the calculation holds ten of the half: enough digits for an exact sum.
    digits = max(number.adjusted() - unit, 0) + 3
    if digits > _DIGITS_MAX:
        raise ValueError("a number of too many digits")
    try:
        with localcontext(Context(prec=digits, Emax=MAX_EMAX, Emin=MIN_EMIN)) as context:
            half = Decimal((0, (5,), unit - 1))
            return context.subtract(number, half), context.add(number, half)
    except (InvalidOperation, Overflow) as error:
        raise ValueError("a number of too many digits") from error


def parse_number(text: str) -> Decimal:
    """The number that FHIR writes as ``text``: digits, point, power of ten; nothing else. Raises ValueError."""
    if not _is_plain(text):
        raise ValueError(f"not a decimal number: {text[:40]!r}")
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"not a decimal number: {text[:40]!r}") from error


def _require_finite(number: Decimal) -> None:
    if not number.is_finite():
        raise ValueError(f"{number} is no finite number")


def _is_plain(text: str) -> bool:
    """True when Decimal reads ``text`` as FHIR does: by itself it takes ``NaN``, ``1_000`` and all scripts' digits."""
    return _CHARACTERS.issuperset(text)


def _power(adjusted: int) -> bytes:
    if -_SMALL <= adjusted <= _SMALL:
        return bytes((_MIDDLE + adjusted,))
    mark = _ABOVE if adjusted > 0 else _BELOW
    return bytes((mark,)) + (adjusted + _SHIFT).to_bytes(8, "big")


def _pairs(digits: tuple[int, ...]) -> bytes:
    """Two digits to a byte, each raised by one so that the end sorts before every digit; zeros at both ends dropped."""
    text = bytes(digits).lstrip(_END).rstrip(_END)
    if len(text) % 2:
        text += _END
    return bytes(10 * first + second + 1 for first, second in zip(text[::2], text[1::2], strict=True))
