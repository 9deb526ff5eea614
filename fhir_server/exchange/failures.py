"""The one table from a category of failure to an HTTP status, for responses and for entries of a batch.

https://hl7.org/fhir/R4/http.html#Status-Codes
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from conformance import errors
from conformance.issues import Issue, operation_outcome
from conformance.json_codec import encode
from fhir_server.exchange.request import Response

STATUS: dict[type[errors.FhirError], int] = {
    errors.InvalidContent: 400,
    errors.BadRequest: 400,
    errors.Unprocessable: 422,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Gone: 410,
    errors.Conflict: 409,
    errors.PreconditionFailed: 412,
    errors.NotAllowed: 405,
    errors.NotSupported: 400,
    errors.NotAcceptable: 406,
    errors.UnsupportedMediaType: 415,
    errors.TooLarge: 413,
    errors.RangeOutside: 416,
    errors.TooCostly: 403,
    errors.TooMany: 429,
    errors.Unavailable: 503,
}

#: What HTTP calls the statuses that this server answers with.
REASONS = {
    200: "OK",
    201: "Created",
    204: "No Content",
    304: "Not Modified",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    409: "Conflict",
    410: "Gone",
    412: "Precondition Failed",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


def status_of(error: errors.FhirError) -> int:
    """The HTTP status of this failure, by its category."""
    return next(STATUS[category] for category in type(error).__mro__ if category in STATUS)


def refusal(error: errors.FhirError, language: str) -> Response:
    """The response that tells of a failure: its status and an OperationOutcome; of a deletion also its version."""
    response = Response(status_of(error), outcome_bytes(error.issues, language))
    if isinstance(error, errors.NotAllowed):
        response.allowed = str(error.issues[0].params.get("allowed", ""))
    if isinstance(error, errors.Gone):
        response.version_id, response.last_updated = error.version_id, error.last_updated
    if isinstance(error, errors.RangeOutside):
        response.headers = (("content-range", f"bytes */{error.issues[0].params['size']}"),)
    if isinstance(error, errors.TooMany):
        response.headers = (("retry-after", str(error.issues[0].params["seconds"])),)
    return response


#: Characters, as they stand in JSON, that a FHIR string may not hold: a request can bring them into a message.
_UNSHOWN = re.compile(rb"(?<!\\)((?:\\\\)*)(?:\\u00[01][0-9a-f]|\xef\xbf[\xbe\xbf])")
_REPLACEMENT = b"\\1" + "\ufffd".encode()


def outcome_bytes(issues: Iterable[Issue], language: str) -> bytes:
    """An OperationOutcome of these issues as JSON; characters that no format can show are replaced."""
    body = encode(operation_outcome(issues, language))
    return _UNSHOWN.sub(_REPLACEMENT, body)
