"""Whether Parquet can be written: it needs the optional package ``pyarrow``."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

from conformance.errors import NotSupported
from fhir_server.bulk.tables.messages import NO_PARQUET


@cache
def has_parquet() -> bool:
    """True when the package is installed; it is not imported."""
    return find_spec("pyarrow") is not None


def require_parquet() -> None:
    """Raises NotSupported when the package is not installed."""
    if not has_parquet():
        raise NotSupported.of(NO_PARQUET)
