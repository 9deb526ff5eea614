"""Asks a service in process, without HTTP: Request in, Response out."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.errors import FhirError
from fhir_server.exchange.context import Context
from fhir_server.exchange.failures import refusal
from fhir_server.exchange.request import Request, Response, Return
from fhir_server.exchange.service import Service
from fhir_server.exchange.url import parse_path, query_pairs, split_url
from fhir_server.exchange.validation import Checks, Rules

BASE = "http://localhost/fhir"
#: 2026-01-02T03:04:05.678Z
NOW = 1_767_323_045_678_000
SECOND = 1_000_000


@dataclass
class Asking:
    """Asks a service in process; the clock of its store advances by one second a write."""

    service: Service
    runner: asyncio.Runner
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def ask(
        self,
        method: str,
        url: str,
        resource: dict[str, Any] | None = None,
        *,
        language: str = "",
        strict: bool = True,
        returns: Return | None = None,
        **conditions: str,
    ) -> Response:
        """The response; a failure becomes one, as at the HTTP edge."""
        body = b"" if resource is None else json.dumps(resource, ensure_ascii=False).encode()
        return self.ask_raw(method, url, body, language=language, strict=strict, returns=returns, **conditions)

    def ask_raw(
        self,
        method: str,
        url: str,
        body: bytes,
        *,
        language: str = "",
        strict: bool = True,
        returns: Return | None = None,
        **conditions: str,
    ) -> Response:
        """The response to a body as it is."""
        context = Context(NOW, lambda: f"id-{next(self.ids)}", BASE, language, strict)
        try:
            path, query = split_url(url, BASE) or (url, "")
            target = parse_path(path, self.service.definitions.is_resource)
            request = Request(method, target, query_pairs(query), body, returns=returns, **conditions)
            return self.runner.run(self.service.answer(context, request))
        except FhirError as error:
            return refusal(error, language or "en")

    def json(self, method: str, url: str, resource: dict[str, Any] | None = None, **options: Any) -> Any:
        """The decoded body of the response."""
        return json.loads(self.ask(method, url, resource, **options).body)

    def created(self, resource: dict[str, Any]) -> dict[str, Any]:
        """The stored form of a new resource."""
        response = self.ask("POST", f"/{resource['resourceType']}", resource)
        assert response.status == 201, response.body
        return json.loads(response.body)

    def transact(self, *entries: dict[str, Any], kind: str = "transaction", **options: Any) -> Response:
        """The response to a Bundle of these entries."""
        return self.ask("POST", "/", {"resourceType": "Bundle", "type": kind, "entry": list(entries)}, **options)

    def with_rules(self, rules: Rules) -> Asking:
        """The same store under other rules of validation."""
        checks = Checks(self.service.checks.validator, rules)
        return Asking(replace(self.service, checks=checks), self.runner, self.ids)


def entry(
    method: str, url: str, resource: dict[str, Any] | None = None, full_url: str = "", **more: str
) -> dict[str, Any]:
    """A Bundle entry."""
    made: dict[str, Any] = {"request": {"method": method, "url": url, **more}}
    if full_url:
        made["fullUrl"] = full_url
    if resource is not None:
        made["resource"] = resource
    return made


def codes(outcome: dict[str, Any]) -> list[str]:
    """The message ids of an OperationOutcome."""
    assert outcome["resourceType"] == "OperationOutcome"
    return [issue["details"]["coding"][0]["code"] for issue in outcome["issue"]]
