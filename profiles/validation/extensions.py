"""Extension: a url, and a value or further extensions but not both (ext-1).

https://hl7.org/fhir/R4/extensibility.html
"""

from __future__ import annotations

from typing import Any

from profiles import messages
from profiles.validation.findings import Findings, one, quoted
from profiles.validation.scope import Scope


def check_extension(value: dict[str, Any], scope: Scope) -> Findings:  # noqa: ARG001 - a WholeCheck
    """A breach of ext-1."""
    if "extension" not in value:
        has_value = len(value) > ("url" in value) + ("id" in value)
        return None if has_value or "url" not in value else one(messages.EXTENSION_NEITHER)
    if any(name.startswith(("value", "_value")) for name in value):
        return one(messages.EXTENSION_BOTH)
    return None


def check_url(item: Any, scope: Scope) -> Findings:  # noqa: ARG001 - an ItemCheck
    """The url of an extension that is not part of another one must be absolute."""
    url = item.get("url") if isinstance(item, dict) else None
    if not isinstance(url, str) or not url or ":" in url:
        return None
    return one(messages.EXTENSION_URL_RELATIVE, "url", url=quoted(url))
