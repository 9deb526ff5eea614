"""What a request brings along besides its content: the values that would otherwise be read from the world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from conformance.issues import DEFAULT_LANGUAGE
from fhir_server.store.query import ALL, Predicate


@dataclass(frozen=True, slots=True)
class Context:
    """Time, new ids, language, base URL and access of one request."""

    now: int
    """Microseconds since 1970 UTC."""
    new_id: Callable[[], str]
    base_url: str
    """Without a closing slash, such as ``http://127.0.0.1:8080/fhir``."""
    asked_language: str = ""
    """``en`` or ``vi``, "" when the client names neither."""
    strict: bool = True
    """False when the client asked for ``Prefer: handling=lenient``."""
    is_admin: bool = False
    """Asked by who may administer this server; known for operations that need it only."""
    visible: Predicate = ALL
    """What this client may see; applied by the repository to every read."""

    @property
    def language(self) -> str:
        """The language of messages."""
        return self.asked_language or DEFAULT_LANGUAGE
