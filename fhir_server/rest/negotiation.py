"""Which formats are read and written. https://hl7.org/fhir/R4/http.html#mime-type

JSON only, for now; XML is refused by name.
"""

from __future__ import annotations

from functools import lru_cache

from conformance.errors import NotAcceptable, UnsupportedMediaType
from fhir_server.exchange.messages import NOT_ACCEPTABLE, UNSUPPORTED_MEDIA_TYPE
from fhir_server.exchange.registry import Content

JSON = "application/fhir+json"
FORM = "application/x-www-form-urlencoded"
_JSON_NAMES = frozenset((JSON, "application/json", "text/json", "json"))
_WILDCARDS = frozenset(("*/*", "application/*"))
_READ = {Content.RESOURCE: _JSON_NAMES - {"json"}, Content.FORM: frozenset((FORM,))}
_FHIR_VERSIONS = ("", "4.0", "4.0.1")


@lru_cache(maxsize=512)
def require_acceptable(accept: str, format: str | None) -> None:
    """Raises NotAcceptable when neither ``_format`` nor, without it, the Accept header allows JSON."""
    if format is not None:
        # An unescaped "+" of a media type arrives as a blank.
        if format.replace(" ", "+").partition(";")[0].strip() not in _JSON_NAMES:
            raise NotAcceptable.of(NOT_ACCEPTABLE, wanted=format)
    elif accept and not any(map(_is_json, accept.split(","))):
        raise NotAcceptable.of(NOT_ACCEPTABLE, wanted=accept)


def _is_json(media_range: str) -> bool:
    name, parameters = _split(media_range)
    return (
        (name in _JSON_NAMES or name in _WILDCARDS)
        and parameters.get("q", "1") not in ("0", "0.0", "0.00", "0.000")
        and parameters.get("fhirversion", "") in _FHIR_VERSIONS
    )


@lru_cache(maxsize=512)
def require_readable(content_type: str, content: Content) -> None:
    """Raises UnsupportedMediaType for a body in a format that this request does not read."""
    wanted = _READ.get(content)
    if wanted is None:
        return
    name, parameters = _split(content_type)
    is_read = (
        name in wanted
        and parameters.get("charset", "utf-8") == "utf-8"
        and parameters.get("fhirversion", "") in _FHIR_VERSIONS
    )
    if not is_read:
        expected = FORM if content is Content.FORM else JSON
        raise UnsupportedMediaType.of(UNSUPPORTED_MEDIA_TYPE, given=content_type or "no named format", wanted=expected)


def require_plain(content_encoding: str) -> None:
    """Raises UnsupportedMediaType for a compressed body."""
    if content_encoding.strip().lower() not in ("", "identity"):
        raise UnsupportedMediaType.of(UNSUPPORTED_MEDIA_TYPE, given=content_encoding, wanted="it uncompressed")


def _split(text: str) -> tuple[str, dict[str, str]]:
    name, *rest = (part.strip().lower() for part in text.split(";"))
    parameters = (part.partition("=") for part in rest)
    return name, {key.strip(): value.strip().strip('"') for key, _, value in parameters}
