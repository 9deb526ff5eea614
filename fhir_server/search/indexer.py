"""Index entries of a resource, by the search parameters of its type. https://hl7.org/fhir/R4/search.html

A plan of each type is compiled at first use: for every top-level element the walks that begin there, each with the
kinds of entries that it feeds. Elements that are absent cost nothing.
"""

from __future__ import annotations

from datetime import timezone
from typing import Any

from conformance.definitions import Definitions
from conformance.temporal import VIETNAM
from fhir_server.search.plan import Plan, compile_plan
from fhir_server.search.registry import SearchRegistry
from fhir_server.store.entries import Entry, Kind


class Indexer:
    """Extractors of every resource type. Pure: the same resource gives the same entries, in the same order."""

    def __init__(
        self,
        definitions: Definitions,
        zone: timezone = VIETNAM,
        base_url: str = "",
        registry: SearchRegistry | None = None,
    ) -> None:
        self.registry = registry or SearchRegistry(definitions)
        self.zone = zone
        self.base_url = base_url
        self._plans: dict[str, Plan] = {}

    def entries(self, resource: dict[str, Any]) -> tuple[Entry, ...]:
        """The entries of ``resource``, each once; absolute references under ``base_url`` count as local.

        What does not have the shape of its element gives no entry: checking that is the work of validation.
        """
        return tuple(dict.fromkeys(self._all(resource, self._plan(resource["resourceType"]))))

    def references(self, resource: dict[str, Any]) -> list[tuple[str, str]]:
        """Each reference parameter of ``resource`` with each target, which is "Type/id" for a local one."""
        return [
            (entry.param, entry.value)
            for entry in self.entries(resource)
            if entry.kind is Kind.REFERENCE and isinstance(entry.value, str)
        ]

    def _plan(self, resource_type: str) -> Plan:
        plan = self._plans.get(resource_type)
        if plan is None:
            plan = compile_plan(self.registry, resource_type, self.zone, self.base_url)
            self._plans[resource_type] = plan
        return plan

    @staticmethod
    def _all(resource: dict[str, Any], plan: Plan) -> list[Entry]:
        found: list[Entry] = []
        by_key = plan.by_key
        for key, value in resource.items():
            if key in by_key:
                for extract in by_key[key]:
                    extract(value, resource, found)
        for extract in plan.always:
            extract(resource, resource, found)
        return found
