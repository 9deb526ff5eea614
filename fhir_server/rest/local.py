"""Who may administer: a client on the host of the server that speaks to it directly. There is no authorization yet.

Behind a proxy every client seems to be on its host, and a web page can make the browser of an administrator ask; both
say so in headers.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from fhir_server.rest.body import Scope

_BETWEEN = (b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via", b"origin")


def is_local(scope: Scope, headers: Mapping[bytes, bytes]) -> bool:
    """True for a client on this host, and nothing between it and the server."""
    if any(name in headers for name in _BETWEEN):
        return False
    try:
        return ipaddress.ip_address((scope.get("client") or ("",))[0]).is_loopback
    except ValueError:
        return False
