"""The entries of a Bundle by what refers to them, built once in linear time.

https://hl7.org/fhir/R4/bundle.html#references
"""

from __future__ import annotations

from typing import Any, NamedTuple

from profiles.validation.addresses import Address, base_of


class Match(NamedTuple):
    """The positions of the entries that a reference leads to, and of those that only have the same type and id."""

    entries: tuple[int, ...]
    alike: tuple[int, ...] = ()


class BundleIndex:
    """fullUrl and ``Type/id`` of each entry -> its positions."""

    def __init__(self, entries: list[dict[str, Any]]) -> None:
        self.entries = entries
        self._by_url: dict[str, list[int]] = {}
        self._by_name: dict[str, list[int]] = {}
        for position, entry in enumerate(entries):
            url, resource = entry.get("fullUrl"), entry.get("resource")
            if isinstance(url, str):
                self._by_url.setdefault(url, []).append(position)
            if isinstance(resource, dict) and isinstance(resource.get("id"), str):
                self._by_name.setdefault(f"{resource.get('resourceType')}/{resource['id']}", []).append(position)

    def find(self, address: Address, full_url: str | None) -> Match:
        """The entries that ``address`` leads to when it stands in the entry with ``full_url``."""
        found = self._by_url.get(self._absolute(address, full_url), ())
        if not self._by_url and not address.is_absolute:
            found = self._by_name.get(address.url, ())  # Parameters have no fullUrl
        if address.version:
            found = [position for position in found if self._version(position) == address.version]
        alike = self._by_name.get(f"{address.type}/{address.id}", ()) if address.is_restful else ()
        return Match(tuple(found), tuple(alike))

    @staticmethod
    def _absolute(address: Address, full_url: str | None) -> str:
        if address.is_absolute or full_url is None:
            return address.url
        if full_url.startswith("urn:"):
            return full_url.rpartition(":")[0] + ":" + address.id
        return base_of(full_url) + address.url

    def _version(self, position: int) -> object:
        resource = self.entries[position].get("resource")
        meta = resource.get("meta") if isinstance(resource, dict) else None
        return meta.get("versionId") if isinstance(meta, dict) else None
