"""What every interaction works with, composed once at start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timezone
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from conformance.definitions import Definitions
from conformance.errors import BadRequest, Unprocessable
from conformance.issues import Issue, has_errors
from fhir_server.exchange.messages import UNKNOWN_PARAMETER
from fhir_server.repository import Repository
from fhir_server.search import DEFAULT_COUNT, MAX_COUNT, SearchRegistry
from terminology.names import Names

if TYPE_CHECKING:
    from fhir_server.exchange.context import Context
    from fhir_server.exchange.registry import Interaction, Router
    from fhir_server.exchange.request import Request, Response


class Policy(StrEnum):
    """What findings of validation do to a write."""

    OFF = "off"
    WARN = "warn"
    ENFORCE = "enforce"


class Validates(Protocol):
    """Checks a resource; ``profiles.validation.Validator`` is one."""

    def validate(self, resource: dict[str, Any], profiles: Sequence[str] = ()) -> list[Issue]:
        """All findings, in document order."""
        ...


@dataclass(frozen=True, slots=True)
class Service:
    """Repository, definitions, checks, names and limits of one running server."""

    repository: Repository
    definitions: Definitions
    registry: SearchRegistry
    validator: Validates
    names: Names
    router: Router
    started: int
    """Microseconds since 1970 UTC."""
    zone: timezone
    policy: Policy = Policy.ENFORCE
    default_count: int = DEFAULT_COUNT
    max_count: int = MAX_COUNT

    def check(self, resource: dict[str, Any]) -> tuple[Issue, ...]:
        """What validation says of a resource that is to be stored, by the policy. Raises Unprocessable."""
        if self.policy is Policy.OFF:
            return ()
        issues = tuple(self.validator.validate(resource))
        if issues and self.policy is Policy.ENFORCE and has_errors(issues):
            raise Unprocessable(*issues)
        return issues

    async def answer(self, context: Context, request: Request) -> Response:
        """The response to a request, by the interaction that its method and target name.

        Raises the failures of that interaction, NotAllowed, and BadRequest for a parameter that means nothing here.
        """
        interaction = self.router.find(request.method, request.target)
        if request.pairs:
            check_parameters(interaction, request, context)
        return await interaction.handle(self, context, request)


def check_parameters(interaction: Interaction, request: Request, context: Context) -> None:
    """Refuse a query parameter that the interaction does not know, unless the client asked for lenience."""
    unknown = [name for name, _ in request.pairs if not interaction.accepts(name)]
    if unknown and context.strict:
        here = interaction.name or interaction.code
        raise BadRequest(
            *(
                Issue(UNKNOWN_PARAMETER, params={"parameter": name, "interaction": here})
                for name in dict.fromkeys(unknown)
            )
        )
