"""Where a check stands: the resource, what it contains, the Bundle around it, and the run of the validator.

https://hl7.org/fhir/R4/references.html, https://hl7.org/fhir/R4/bundle.html#references
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from profiles.validation.addresses import Address
from profiles.validation.bundle_index import BundleIndex
from profiles.validation.options import DEFAULT, Options

if TYPE_CHECKING:
    from profiles.validation.findings import Findings


#: The name of a place in a narrative.
_ANCHOR = re.compile(r"""\s(?:id|name)\s*=\s*["']([^"']+)""")


@dataclass(slots=True)
class Session:
    """What one call of the validator remembers."""

    options: Options = DEFAULT
    conformity: dict[tuple[int, int], Findings] = field(default_factory=dict)
    """Findings of an object against a profile, by the object's identity."""
    kept: list[Any] = field(default_factory=list)
    """Objects whose identity is used as a key, so that it is not given to another one."""
    resolved: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    doubts: int = 0
    """How often a condition asked for a value set or profile that is not known."""
    unresolved: int = 0
    """How often a condition asked for the target of a reference that is not at hand."""


class Target:
    """The resource that a reference leads to, with the scope in which its own references are meant."""

    __slots__ = ("resource", "scope")

    def __init__(self, resource: dict[str, Any], scope: Scope) -> None:
        self.resource = resource
        self.scope = scope


class Scope:
    """One resource. ``outer`` is the Bundle or Parameters that carries it, ``container`` the one that contains it."""

    def __init__(
        self,
        resource: dict[str, Any],
        outer: Scope | None = None,
        session: Session | None = None,
        container: Scope | None = None,
        full_url: str | None = None,
    ) -> None:
        self.resource = resource
        self.outer = outer
        self.container = container
        self.session: Session = session or (outer.session if outer else Session())
        self.full_url = full_url
        self.element_ids: set[str] = set()

    @property
    def root(self) -> Scope:
        """The scope of the resource around this one when it is contained, else itself."""
        return self.container or self

    @property
    def bundle(self) -> Scope | None:
        """The nearest Bundle around this resource."""
        around = self.root.outer
        while around is not None and around.resource.get("resourceType") != "Bundle":
            around = around.root.outer
        return around

    @property
    def carrier(self) -> Scope | None:
        """The nearest Bundle or Parameters around this resource."""
        around = self.root.outer
        return around.root if around is not None else None

    def inside(self, resource: dict[str, Any], full_url: str | None = None) -> Scope:
        """The scope of a resource that this Bundle or Parameters carries."""
        return Scope(resource, self, self.session, full_url=full_url)

    def full_url_of(self, resource: dict[str, Any]) -> str | None:
        """The fullUrl of the entry of this Bundle that carries a resource."""
        return self._full_urls.get(id(resource))

    @cached_property
    def _full_urls(self) -> dict[int, str]:
        """By the identity of resources, which live as long as this Bundle does."""
        return {
            id(entry.get("resource")): entry["fullUrl"]
            for entry in objects(self.resource.get("entry"))
            if isinstance(entry.get("fullUrl"), str)
        }

    def contained(self, resource: dict[str, Any]) -> Scope:
        """The scope of a resource that this one contains."""
        return Scope(resource, self.outer, self.session, container=self.root, full_url=self.full_url)

    def contained_type(self, reference: str) -> str | None:
        """Type of the resource that ``#id`` leads to; ``#`` is the resource itself. None when there is none."""
        found = self.root.contained_resources.get(reference[1:])
        return None if found is None else str(found.get("resourceType"))

    @cached_property
    def contained_resources(self) -> dict[str, dict[str, Any]]:
        """id -> contained resource; the empty id is the resource itself."""
        found = {"": self.resource}
        for inner in objects(self.resource.get("contained")):
            name = inner.get("id")
            if isinstance(name, str):
                found[name] = inner
        own = self.resource.get("id")
        if isinstance(own, str):
            found.setdefault(own, self.resource)
        return found

    @cached_property
    def anchors(self) -> frozenset[str]:
        """Ids of everything inside this resource, and what its narratives have as anchors."""
        return frozenset(_anchors(self.resource))

    @cached_property
    def index(self) -> BundleIndex:
        """The entries of this Bundle by what refers to them."""
        if self.resource.get("resourceType") == "Parameters":
            return BundleIndex(list(_parameters(self.resource.get("parameter"))))
        return BundleIndex(objects(self.resource.get("entry")))

    def index_of(self, bundle: dict[str, Any]) -> BundleIndex:
        """The index of the Bundle that this scope is about."""
        return self.index if bundle is self.resource else BundleIndex(objects(bundle.get("entry")))

    def match(self, reference: str) -> Sequence[int] | None:
        """Positions of the entries that a reference leads to in the Bundle around this; None outside of a Bundle."""
        bundle = self.bundle
        return None if bundle is None else bundle.index.find(Address.of(reference), self.root.entry_url)

    @property
    def entry_url(self) -> str | None:
        """The fullUrl of the entry that carries this resource."""
        scope: Scope | None = self.root
        while scope is not None:
            if scope.full_url is not None:
                return scope.full_url
            scope = scope.outer
        return None

    def resolve(self, reference: str) -> Target | None:
        """The resource that a reference leads to, as far as it is at hand."""
        if reference.startswith("#"):
            found = self.root.contained_resources.get(reference[1:])
            return None if found is None else Target(found, self.root.contained(found))
        bundle = self.carrier
        while bundle is not None:
            places = bundle.index.find(Address.of(reference), self.root.entry_url)
            if places:
                entry = bundle.index.entries[places[0]]
                resource = entry.get("resource")
                if isinstance(resource, dict):
                    return Target(resource, bundle.inside(resource, entry.get("fullUrl")))
            bundle = bundle.carrier
        resource = self._outside(reference)
        return None if resource is None else Target(resource, Scope(resource, session=self.session))

    def _outside(self, reference: str) -> dict[str, Any] | None:
        session = self.session
        if session.options.resolve is None:
            return None
        if reference not in session.resolved:
            session.resolved[reference] = session.options.resolve(reference)
        return session.resolved[reference]


def _anchors(value: object) -> Iterator[str]:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, dict):
            waiting.extend(item.values())
            if isinstance(item.get("id"), str):
                yield item["id"]
            if isinstance(item.get("div"), str):
                yield from _ANCHOR.findall(item["div"])


def _parameters(value: object) -> Iterator[dict[str, Any]]:
    """All parameters and their parts, which carry resources as entries do."""
    for parameter in objects(value):
        yield parameter
        yield from _parameters(parameter.get("part"))


def objects(value: object) -> list[dict[str, Any]]:
    """The objects of a decoded JSON array, as far as it is one."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
