"""Rules between the entries of a Bundle. https://hl7.org/fhir/R4/bundle.html"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from profiles.validation.bundles.documents import check_document
from profiles.validation.bundles.full_urls import check_full_urls
from profiles.validation.bundles.relations import check_relations
from profiles.validation.bundles.searchsets import check_searchset
from profiles.validation.findings import Findings, joined
from profiles.validation.node import WholeCheck
from profiles.validation.scope import Scope

_RULES: dict[str, tuple[WholeCheck, ...]] = {
    "document": (check_document,),
    "message": (check_document,),
    "searchset": (check_searchset,),
}


def bundle_check(is_resource: Callable[[str], bool]) -> WholeCheck:
    """The check of what is wrong between the entries."""

    def check(bundle: dict[str, Any], scope: Scope) -> Findings:
        found = joined(check_full_urls(bundle, scope, is_resource), check_relations(bundle, scope))
        for rule in _RULES.get(str(bundle.get("type")), ()):
            found = joined(found, rule(bundle, scope))
        return found

    return check
