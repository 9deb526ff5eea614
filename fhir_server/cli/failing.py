"""How a process of ours tells that it failed."""

from __future__ import annotations

import sys

from conformance.issues import Issue
from fhir_server.cli.language import user_language


def fail(code: int, *issues: Issue) -> int:
    """Say these on standard error, in the language of the user; the exit code."""
    language = user_language()
    for issue in issues:
        place = f" ({issue.expression})" if issue.expression else ""
        sys.stderr.write(f"fhir-server: {issue.text(language)}{place}\n")
    return code
