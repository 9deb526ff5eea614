"""The outermost edge: runs the command and turns every failure into a sentence and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from conformance.errors import FhirError
from conformance.issues import Issue
from fhir_server.cli import messages
from fhir_server.cli.exits import DONE, INTERRUPTED, USAGE
from fhir_server.cli.failing import fail


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run ``fhir-server`` with these arguments (those of the process by default) and exit."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """The exit code of one command; what went wrong has been said on standard error."""
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        return fail(INTERRUPTED, Issue(messages.INTERRUPTED))
    except FhirError as error:
        return fail(USAGE, *error.issues)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except OSError as error:
        return fail(USAGE, Issue(messages.SYSTEM, "", {"error": error}))


def _run(arguments: Sequence[str]) -> int:
    from fhir_server.cli.commands import app

    try:
        app(args=list(arguments), prog_name="fhir-server")
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(bool(stop.code))
        if code == INTERRUPTED:
            raise KeyboardInterrupt from None
        return code
    return DONE
