"""The national profiles, first cut: profiles, extensions, code systems, value sets and naming systems as data.

Everything of ours has its canonical under the base of ``Names``; identifier systems and extensions of the community
guide are used by URL and never defined here. https://hl7.org/fhir/R4/profiling.html
"""

from profiles.vn.catalogue import Catalogue, catalogue, definitions, resources

__all__ = ["Catalogue", "catalogue", "definitions", "resources"]
