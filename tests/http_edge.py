"""Sends HTTP requests to the FHIR application as ASGI messages, without a socket."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fhir_server.rest import FhirApplication

FHIR_JSON = {"content-type": "application/fhir+json"}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Edge:
    """An application and a loop to run it on."""

    app: FhirApplication
    run: Callable[[Any], Any]
    client: tuple[str, int] | None = None

    def send(
        self, method: str, url: str, body: bytes = b"", headers: dict[str, str] | None = None, chunk: int = 1 << 20
    ) -> Answer:
        path, _, query = url.partition("?")
        chunks = [body[start : start + chunk] for start in range(0, len(body), chunk)] or [b""]
        incoming = iter(
            {"type": "http.request", "body": part, "more_body": index + 1 < len(chunks)}
            for index, part in enumerate(chunks)
        )
        sent: list[dict[str, Any]] = []

        async def receive() -> Any:
            return next(incoming)

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": method,
            "scheme": "http",
            "path": "/fhir" + path,
            "client": self.client,
            "query_string": query.encode("utf-8", "surrogatepass"),
            "headers": [
                (name.lower().encode("latin-1"), value.encode("latin-1"))
                for name, value in ({"host": "localhost"} | (headers or {})).items()
            ],
        }
        self.run(self.app(scope, receive, send))
        start, end = sent
        told = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
        return Answer(start["status"], told, end["body"])
