"""FHIR packages beside the specification: installed, pinned, compiled, loaded. https://hl7.org/fhir/R4/packages.html

To change what is installed: ``conformance.packages.installing``, which brings network and archive modules along; to
read loose resources or a package without installing it: ``conformance.packages.content``.
"""

from conformance.packages.loading import load
from conformance.packages.lock import Pinned, installed

__all__ = ["Pinned", "installed", "load"]
