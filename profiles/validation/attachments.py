"""Attachment: the stated size is that of the data. https://hl7.org/fhir/R4/datatypes.html#Attachment"""

from __future__ import annotations

from typing import Any

from profiles import messages
from profiles.validation.findings import Findings, one
from profiles.validation.scope import Scope


def check_attachment(attachment: dict[str, Any], scope: Scope) -> Findings:  # noqa: ARG001 - a WholeCheck
    """A size that differs from the length of the data."""
    data, size = attachment.get("data"), attachment.get("size")
    if not isinstance(data, str) or not isinstance(size, int):
        return None
    bare = "".join(data.split())
    length = len(bare) // 4 * 3 - bare.count("=", -2)
    return None if length == size else one(messages.ATTACHMENT_SIZE, stated=size, found=length)
