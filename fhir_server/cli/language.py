"""The user's language: ``--language``, then FHIR_SERVER_LANGUAGE, then the locale of the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping

from conformance.issues import DEFAULT_LANGUAGE, Issue, Message

_LOCALE = ("FHIR_SERVER_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


def user_language(asked: str = "", environment: Mapping[str, str] = os.environ) -> str:
    """``vi`` when it is asked for or the locale is Vietnamese, else ``en``."""
    first = next(filter(None, (asked, *(environment.get(name, "") for name in _LOCALE))), "")
    return "vi" if first.partition("_")[0].partition(".")[0] == "vi" else DEFAULT_LANGUAGE


def say(message: Message, language: str = "", /, **params: object) -> str:
    """The text of a message in the user's language."""
    return Issue(message, "", params).text(language or user_language())
