"""From a setting to the place of files."""

from __future__ import annotations

from pathlib import Path

from conformance.errors import NotSupported
from fhir_server.bulk.exporting.messages import NO_OBJECT_STORES
from fhir_server.bulk.exporting.places import Directory, Place


def open_place(url: str) -> Place:
    """The place of a setting: a path, or the URL of an object store such as ``s3://bucket/exports``.

    Raises NotSupported when the package of object stores is not installed, Unavailable for a URL that it refuses.
    """
    scheme, mark, _ = url.partition("://")
    if not mark or scheme == "file":
        return Directory(Path(url.removeprefix("file://")))
    try:
        from fhir_server.bulk.exporting.objects import ObjectStore  # noqa: PLC0415  an optional dependency
    except ImportError as error:
        raise NotSupported.of(NO_OBJECT_STORES, place=url) from error
    return ObjectStore(url)
