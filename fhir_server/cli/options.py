"""Options that several commands share, and the settings that stand behind them."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from conformance.errors import BadRequest
from fhir_server.cli import messages

if TYPE_CHECKING:
    from fhir_server.settings import Settings

StoreOption = Annotated[
    str | None, typer.Option("--store", metavar="URL", help="Store, such as sqlite:data/fhir.sqlite.")
]
WorkersOption = Annotated[
    int | None,
    typer.Option("--workers", metavar="N", min=0, help="Processes that do the work; 0: one for each processor."),
]
IssuesOption = Annotated[
    Path | None, typer.Option("--issues", metavar="FILE", help="Write each issue as a line of JSON.", dir_okay=False)
]


SourceOption = Annotated[str, typer.Option("--source", metavar="auto|NAME", help="Mapper; auto asks each file.")]


class Policy(StrEnum):
    """What findings of validation do."""

    OFF = "off"
    WARN = "warn"
    ENFORCE = "enforce"


class Format(StrEnum):
    """How a command prints its answer."""

    TEXT = "text"
    JSON = "json"


class Language(StrEnum):
    """Languages of messages and documents."""

    VI = "vi"
    EN = "en"


LanguageOption = Annotated[Language | None, typer.Option("--language", help="Language of the output.")]


def settings(**given: Any) -> Settings:
    """The settings of the environment with the options that were given; BadRequest names a bad variable."""
    from fhir_server.settings import Settings

    try:
        found = Settings.from_environment()
    except ValueError as error:
        raise BadRequest.of(messages.BAD_SETTING, error=error) from error
    return replace(found, **{name: value for name, value in given.items() if value is not None})
