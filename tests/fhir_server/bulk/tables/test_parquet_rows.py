"""Values of a view in Parquet: exactly what they were, or refused."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conformance.errors import Unprocessable
from conformance.views import Column
from fhir_server.bulk.tables.parquet_rows import DIGITS, PLACES, ParquetRows


def stored(value: Any, type: str) -> Any:
    """What a reader of the file finds."""
    sink = io.BytesIO()
    rows = ParquetRows(sink, [Column("x", "x", type)], header=True)
    rows.write([(value,)])
    rows.finish()
    [row] = pq.read_table(io.BytesIO(sink.getvalue())).to_pylist()
    return row["x"]


def fits(number: Decimal) -> bool:
    scaled = number.as_tuple()
    digits = "".join(map(str, scaled.digits)).lstrip("0") or "0"
    exponent = int(scaled.exponent)
    return exponent + len(digits) - len(digits.rstrip("0")) >= -PLACES and len(digits) + exponent <= DIGITS - PLACES


@given(st.decimals(allow_nan=False, allow_infinity=False).filter(bool))
@example(Decimal("12345678901234567890.123456789012345678"))
@example(Decimal("12345678901234567890.123456789012"))
@example(Decimal("99999999999999999999999999.999999999999"))
@example(Decimal("1E+26"))
@example(Decimal("1E-13"))
@example(Decimal("1.0000000000000"))
def test_law_a_decimal_is_exact_or_refused(number: Decimal) -> None:
    if fits(number):
        assert stored(number, "decimal") == number
    else:
        with pytest.raises(Unprocessable):
            stored(number, "decimal")


@pytest.mark.parametrize(
    ("value", "type"), [(True, "decimal"), ("1", "decimal"), (Decimal("1.5"), "integer"), (1, "boolean")]
)
def test_a_value_of_another_type_is_refused(value: Any, type: str) -> None:
    with pytest.raises(Unprocessable):
        stored(value, type)
