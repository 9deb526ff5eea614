"""The official FHIR R4 definitions, found, compiled and cached. https://hl7.org/fhir/R4/

``install`` is the one place of this floor that does I/O beyond reading its own cache.
"""

from collections.abc import Callable
from pathlib import Path

from conformance.definitions.compile import compile_structure
from conformance.definitions.loading import base_file, cache_directory, load
from conformance.definitions.model import (
    Binding,
    Component,
    Constraint,
    Element,
    Property,
    SearchParameter,
    Slicing,
    StructureType,
    TypeRef,
    type_of,
)
from conformance.definitions.registry import Definitions

__all__ = [
    "Binding",
    "Component",
    "Constraint",
    "Definitions",
    "Element",
    "Property",
    "SearchParameter",
    "Slicing",
    "StructureType",
    "TypeRef",
    "base_file",
    "cache_directory",
    "compile_structure",
    "install",
    "load",
    "type_of",
]


def install(
    package: Path | None = None, registry: str | None = None, report: Callable[[str], None] = lambda _: None
) -> Path:
    """Finds and compiles the official package and gives the compiled file; does nothing when that is there and whole.

    ``package`` is a ``.tgz`` or unpacked folder, ``registry`` the address of a FHIR package registry. Raises
    Unavailable when the package is nowhere, InvalidContent when ``package`` is not it.
    """
    from conformance.definitions import installation  # noqa: PLC0415  # network and archive modules: start-up is 30 ms less

    return installation.install(package, registry, report)
