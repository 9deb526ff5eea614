"""Origins: scheme, host and port of a URL. https://www.rfc-editor.org/rfc/rfc6454"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

#: The schemes that are spoken, with their ports.
PORTS = {"https": 443, "http": 80}
_LOCALHOST = "localhost"
#: Stands for every origin.
ANY = "*"


def parse_origins(text: str) -> frozenset[str]:
    """The origins of the setting ``import_from``; ValueError for what is none, or is neither https nor on this host."""
    return frozenset(map(_checked_origin, filter(None, re.split(r"[,\s]+", text))))


def _checked_origin(text: str) -> str:
    parts = urlsplit(text)
    name = parts.hostname or ""
    if parts.scheme not in PORTS or not name or parts.path.strip("/") or parts.query or "@" in parts.netloc:
        raise ValueError(f"{text} is no origin such as https://files.example.org")
    if parts.scheme == "http" and not is_this_host(name):
        raise ValueError(f"{text}: http is for this host alone, others need https")
    return origin_of(parts)


def parse_page_origins(text: str) -> frozenset[str]:
    """The origins of the setting ``cors_origins``, written as browsers write them, or ``*``; ValueError for others."""
    return frozenset(map(_page_origin, filter(None, re.split(r"[,\s]+", text))))


def _page_origin(text: str) -> str:
    if text == ANY:
        return text
    parts = urlsplit(text.rstrip("/"))
    name = parts.hostname or ""
    if parts.scheme not in PORTS or not name or parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError(f"{text} is no origin such as https://app.example.org")
    host = f"[{name}]" if ":" in name else name
    port = "" if parts.port in (None, PORTS[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def origin_of(parts: SplitResult) -> str:
    """Scheme, host and port, the port always named. ValueError for a port that is none."""
    return f"{parts.scheme}://{parts.hostname}:{parts.port or PORTS[parts.scheme]}"


def is_this_host(name: str) -> bool:
    """True for localhost and loopback addresses."""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == _LOCALHOST
