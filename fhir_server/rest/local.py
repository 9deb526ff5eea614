"""Who may administer: a client on the host of the server that speaks to it directly. There is no authorization yet.

Behind a proxy every client seems to be on its host, and a web page can make the browser of an administrator ask. Both
say so in headers: a page of another origin in ``Origin``, one whose name was made to lead here (DNS rebinding) in
``Host``, which then is neither a name of this host nor the server's own.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from fhir_server.rest.body import Scope

_BETWEEN = (b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via", b"origin")
_authority = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::[0-9]*)?").fullmatch


def is_local(scope: Scope, headers: Mapping[bytes, bytes], base_url: str = "") -> bool:
    """True for a client on this host that asks for it by its own name, and nothing between it and the server.

    Own names are ``localhost``, loopback addresses and the host of ``base_url``.
    """
    if any(name in headers for name in _BETWEEN):
        return False
    if not _is_own(headers.get(b"host", b"").decode("latin-1"), base_url):
        return False
    return _is_loopback((scope.get("client") or ("",))[0])


def _is_own(authority: str, base_url: str) -> bool:
    found = _authority(authority)
    if found is None:
        return False
    name = (found[1] or found[2]).lower()
    return name == "localhost" or _is_loopback(name) or (bool(base_url) and name == urlsplit(base_url).hostname)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
