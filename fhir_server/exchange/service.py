"""What every interaction works with, composed once at start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timezone
from typing import TYPE_CHECKING

from conformance.definitions import Definitions
from conformance.errors import BadRequest
from conformance.issues import Issue
from fhir_server.exchange.messages import UNKNOWN_PARAMETER
from fhir_server.exchange.validation import Checks
from fhir_server.repository import Repository
from fhir_server.search import DEFAULT_COUNT, MAX_COUNT, SearchRegistry
from terminology.names import Names

if TYPE_CHECKING:
    from fhir_server.exchange.context import Context
    from fhir_server.exchange.registry import Interaction, Router
    from fhir_server.exchange.request import Request, Response


@dataclass(frozen=True, slots=True)
class Service:
    """Repository, definitions, checks, names and limits of one running server."""

    repository: Repository
    definitions: Definitions
    registry: SearchRegistry
    checks: Checks
    names: Names
    router: Router
    started: int
    """Microseconds since 1970 UTC."""
    zone: timezone
    default_count: int = DEFAULT_COUNT
    max_count: int = MAX_COUNT
    update_create: bool = True
    """An update of what never existed creates it, under the id that the client chose."""
    delete_multiple: bool = False
    """A conditional delete may delete several resources."""
    expunge_everything: bool = False
    """An administrator may expunge what is live too, all at once."""
    cors: bool = False
    """Web pages of other origins may use the service."""
    import_from: frozenset[str] = frozenset()
    """Origins whose files an import may fetch."""

    job_limit: int = 0
    """Jobs of one owner that may be open at a time; 0: any number."""

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
