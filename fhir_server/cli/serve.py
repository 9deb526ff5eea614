"""``fhir-server serve``: the FHIR service over a store."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_server.cli import messages
from fhir_server.cli.language import say, user_language
from fhir_server.cli.options import StoreOption, settings
from fhir_server.cli.workers import GRACE, job_workers

if TYPE_CHECKING:
    from fhir_server.app import Application
    from fhir_server.settings import Settings


class Server(StrEnum):
    """HTTP servers that host the application."""

    GRANIAN = "granian"
    UVICORN = "uvicorn"


def serve(
    *,
    store: StoreOption = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; loopback only without --insecure.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Server processes; 0: one for each processor.")
    ] = None,
    server: Annotated[Server | None, typer.Option(help="HTTP server.")] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Allow an address that others can reach: there is no authorization yet.")
    ] = False,
) -> None:
    """Serve the store at http://HOST:PORT/fhir."""
    from conformance.errors import BadRequest
    from conformance.packages import load
    from fhir_server.cli.installed import check_place, shown

    values = settings(store=store, host=host, port=port, workers=workers, server=server and server.value)
    if not insecure and not is_loopback(values.host):
        raise BadRequest.of(messages.NOT_LOOPBACK, host=values.host)
    load()
    check_place(values.store, create=True)
    _check_port(values.host, values.port)
    _publish(values)
    typer.echo(say(messages.READY, store=shown(values.store), host=_bracketed(values.host), port=values.port), err=True)
    with job_workers(values):
        _SERVERS[values.server](values)


def is_loopback(host: str) -> bool:
    """True when only this machine can reach ``host``; a name other than localhost is not trusted."""
    import ipaddress

    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _check_port(host: str, port: int) -> None:
    """BadRequest when another server listens there: granian would share the port, and two stores would answer."""
    import errno
    import socket

    from conformance.errors import BadRequest

    family, kind, protocol, _, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise BadRequest.of(messages.PORT_TAKEN, host=_bracketed(host), port=port) from None


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _publish(values: Settings) -> None:
    """Put the settings into the environment: server processes are started anew and read them from there."""
    import os

    from fhir_server.settings import SETTINGS

    os.environ.update({row.variable: str(getattr(values, row.name)) for row in SETTINGS})
    os.environ["FHIR_SERVER_LANGUAGE"] = user_language(values.language)


def _processes(values: Settings) -> int:
    """How many processes serve: they must all see one store."""
    from fhir_server.bulk.pool import processors
    from fhir_server.store import is_shared

    return processors(values.workers) if is_shared(values.store) else 1


def _granian(values: Settings) -> None:
    from granian import Granian
    from granian.constants import Interfaces

    import fhir_server.app  # noqa: F401  processes that are forked from this one share it, and start faster

    Granian(
        "fhir_server.cli.serve:forked",
        address=values.host,
        port=values.port,
        interface=Interfaces.ASGI,
        workers=_processes(values),
        workers_kill_timeout=int(GRACE),
        factory=True,
        log_enabled=values.log_level == "debug",
        websockets=False,
    ).serve()


def _uvicorn(values: Settings) -> None:
    import uvicorn

    uvicorn.run(
        "fhir_server.app:create_app",
        host=values.host,
        port=values.port,
        workers=_processes(values),
        factory=True,
        log_level=values.log_level,
        access_log=False,
    )


def forked() -> Application:
    """The application in a process that granian has made."""
    from fhir_server.app import create_app
    from fhir_server.parent import end_when_told

    end_when_told()
    return create_app()


_SERVERS = {"granian": _granian, "uvicorn": _uvicorn}
