"""The command line, ``fhir-server``: one file per command, each importing what is heavy only when it runs."""

from fhir_server.cli.edge import main

__all__ = ["main"]
