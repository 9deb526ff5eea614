"""The rules of validation at a write, from the settings. https://hl7.org/fhir/R4/validation.html"""

from __future__ import annotations

from collections.abc import Iterable

from conformance.definitions import Definitions
from conformance.errors import BadRequest
from conformance.issues import Issue, Message, Severity
from fhir_server.exchange.validation import Policy, Rules
from fhir_server.settings import Settings, parse_policies, parse_profiles
from profiles.vn.catalogue import catalogue
from profiles.vn.policy import national_policy
from terminology.names import Names

UNKNOWN_TYPE = Message(
    "BLK-6202",
    Severity.ERROR,
    "not-found",
    "A setting of validation names {type}, which is no resource type.",
    "Thiết lập kiểm tra nêu {type}, không phải loại tài nguyên.",
)
UNKNOWN_PROFILE = Message(
    "BLK-6203",
    Severity.ERROR,
    "not-found",
    "Resources are to be held to {profile}, which is not known: add its package.",
    "Tài nguyên phải theo hồ sơ {profile}, nhưng chưa có hồ sơ này: hãy thêm gói chứa nó.",
)


def write_rules(settings: Settings, names: Names, definitions: Definitions) -> Rules:
    """The rules that the settings ask for. Raises BadRequest for a type or profile that is not known."""
    by_type = {name: Policy(policy) for name, policy in parse_policies(settings.validation_by_type).items()}
    is_national, others = parse_profiles(settings.policy_profiles)
    profiles = national_policy(names) if is_national else {}
    for name, canonical in others:
        profiles[name] = (*profiles.get(name, ()), canonical)
    _require_known(names, definitions, (*by_type, *(name for name, _ in others)), [url for _, url in others])
    return Rules(Policy(settings.validation), by_type, profiles)


def _require_known(names: Names, definitions: Definitions, types: Iterable[str], canonicals: Iterable[str]) -> None:
    ours = catalogue(names, definitions).structures
    issues = [Issue(UNKNOWN_TYPE, params={"type": name}) for name in types if not definitions.is_resource(name)]
    issues += [
        Issue(UNKNOWN_PROFILE, params={"profile": url})
        for url in canonicals
        if url not in ours and definitions.resource("StructureDefinition", url) is None
    ]
    if issues:
        raise BadRequest(*issues)
