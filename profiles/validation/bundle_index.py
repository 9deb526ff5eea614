"""The entries of a Bundle by what refers to them, built once in linear time.

https://hl7.org/fhir/R4/bundle.html#references
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from profiles.validation.addresses import Address, base_of


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

    def find(self, address: Address, full_url: str | None) -> Sequence[int]:
        """The positions of the entries that ``address`` leads to when it stands in the entry with ``full_url``.

        The same entries are always the same list.
        """
        url = self._absolute(address, full_url) if self._by_url else address.url
        if address.version:
            return self._versions.get((url, address.version), ())
        return self._known.get(url, ())

    @property
    def _known(self) -> dict[str, list[int]]:
        """By fullUrl; in Parameters, which have none, by name."""
        return self._by_url or self._by_name

    @cached_property
    def _versions(self) -> dict[tuple[str, str], list[int]]:
        """The same with the version of the resources."""
        found: dict[tuple[str, str], list[int]] = {}
        for url, positions in self._known.items():
            for position in positions:
                version = self._version(position)
                if isinstance(version, str):
                    found.setdefault((url, version), []).append(position)
        return found

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
