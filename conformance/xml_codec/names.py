"""Names of elements and attributes: as the parser gives them, as JSON properties, and as steps of FHIRPath.

https://hl7.org/fhir/R4/xml.html
"""

from __future__ import annotations

import re

FHIR = "http://hl7.org/fhir"
XHTML = "http://www.w3.org/1999/xhtml"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

_PREFIXES = {XSI: "xsi", "http://www.w3.org/XML/1998/namespace": "xml"}
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.ofType\([A-Za-z0-9]+\))?\Z")


def split(name: str) -> tuple[str, str]:
    """Namespace and local name of a name of the parser; the namespace is empty when there is none."""
    namespace, _, local = name.rpartition(" ")
    return namespace, local


def element_key(name: str) -> str:
    """The JSON property of an element of FHIR; ``{namespace}name`` for another one."""
    namespace, local = split(name)
    return local if namespace == FHIR else f"{{{namespace}}}{local}"


def attribute_key(name: str) -> str:
    """``@name`` for an attribute that FHIR does not know, with its prefix or its namespace when it has one."""
    namespace, local = split(name)
    if not namespace:
        return f"@{local}"
    return f"@{_PREFIXES[namespace]}:{local}" if namespace in _PREFIXES else f"@{{{namespace}}}{local}"


def step(name: str) -> str:
    """A step of FHIRPath, with its point."""
    return f".{name}" if _IDENTIFIER.match(name) else f".`{name}`"
