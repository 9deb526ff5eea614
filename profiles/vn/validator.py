"""The validator that knows the national definitions beside those of R4."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.definitions import Definitions
from profiles.validation import Options, Validator
from profiles.vn.catalogue import catalogue
from terminology.membership import ValueSets
from terminology.names import Names

#: What a write is checked for: structure, required codes, reference targets. Invariants and profiles cost several
#: times as much; they are asked for where a verdict is wanted.
AT_WRITE = Options(structure_only=True)


def national_validator(
    names: Names, definitions: Definitions, extra: Mapping[str, Any] | None = None, options: Options | None = None
) -> Validator:
    """A validator over R4, the national definitions under the base of ``names``, and ``extra`` by canonical."""
    known = catalogue(names, definitions)
    structures = {**known.structures, **extra} if extra else known.structures
    return Validator(definitions, ValueSets(known), structures, options or Options())
