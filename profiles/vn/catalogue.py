"""The definitions of one installation by canonical, each built at its first use.

https://hl7.org/fhir/R4/references.html#canonical
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from typing import Any

from profiles.vn.declarations import Json
from profiles.vn.structures import extension_definition, profile_definition
from profiles.vn.vocabulary import code_system, naming_system, value_set
from terminology.membership import Resources
from terminology.names import CODE_SYSTEMS, EXTENSIONS, IDENTIFIER_SYSTEMS, PROFILES, VALUE_SETS, Names

Make = Callable[[], Json]


class Structures(Mapping[str, Json]):
    """StructureDefinitions by canonical. Building one takes about a millisecond and happens once."""

    def __init__(self, makers: Mapping[str, Make]) -> None:
        self._makers = makers
        self._made: dict[str, Json] = {}

    def __getitem__(self, canonical: str) -> Json:
        if canonical not in self._made:
            self._made[canonical] = self._makers[canonical]()
        return self._made[canonical]

    def __contains__(self, canonical: object) -> bool:
        return canonical in self._makers

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


class Catalogue:
    """All definitions under one canonical base; what is asked for by ``value_set`` and ``code_system`` of others is
    looked up in ``beneath``, so that it can stand before the definitions of R4 wherever those are asked."""

    def __init__(self, names: Names, beneath: Resources | None = None) -> None:
        self._beneath = beneath
        self.structures = Structures(
            {names.profile(name): partial(profile_definition, names, name) for name in PROFILES}
            | {names.extension(name): partial(extension_definition, names, name) for name in EXTENSIONS}
        )
        self.code_systems = Structures(
            {names.code_system(name): partial(code_system, names, name) for name in CODE_SYSTEMS}
        )
        self.value_sets = Structures(
            {names.value_set(name): partial(value_set, names, name) for name in (*CODE_SYSTEMS, *VALUE_SETS)}
        )
        self.naming_systems = Structures(
            {names.sid(name): partial(naming_system, names, name) for name in IDENTIFIER_SYSTEMS}
        )

    def value_set(self, canonical: str) -> Mapping[str, Any] | None:
        """The ValueSet of a canonical, ours first; None when neither has it."""
        found = self.value_sets.get(canonical)
        return found or (self._beneath.value_set(canonical) if self._beneath else None)

    def code_system(self, canonical: str) -> Mapping[str, Any] | None:
        """The CodeSystem of a canonical, ours first; None when neither has it."""
        found = self.code_systems.get(canonical)
        return found or (self._beneath.code_system(canonical) if self._beneath else None)

    def resources(self) -> tuple[Json, ...]:
        """Every definition: structures, code systems, value sets, naming systems, in the order of their registry."""
        kinds = (self.structures, self.code_systems, self.value_sets, self.naming_systems)
        return tuple(made for kind in kinds for made in kind.values())


@lru_cache(maxsize=4)
def _of(names: Names) -> Catalogue:
    return Catalogue(names)


def catalogue(names: Names, beneath: Resources) -> Catalogue:
    """The national definitions over those of R4: give it to ``ValueSets``, and its ``structures`` to ``Validator``."""
    return Catalogue(names, beneath)


def definitions(names: Names) -> Mapping[str, Json]:
    """StructureDefinitions (differentials) of all profiles and extensions by canonical, each built at its first use."""
    return _of(names).structures


def resources(names: Names) -> tuple[Json, ...]:
    """All definitions under one base, without snapshots."""
    return _of(names).resources()
