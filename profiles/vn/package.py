"""The national profiles as a FHIR package, the same bytes every time. https://hl7.org/fhir/R4/packages.html

``python -m profiles.vn.package [FOLDER [BASE]]`` writes it (default folder ``dist``, default canonical base).
"""

from __future__ import annotations

import gzip
import io
import json
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from conformance.errors import InvalidContent
from conformance.json_codec import encode
from conformance.snapshots import Snapshots
from profiles.vn.catalogue import Catalogue
from profiles.vn.declarations import Json, declared
from profiles.vn.examples import examples
from terminology.names import DEFAULT_BASE, Names

#: 1980-01-01, the earliest day that every archive format can tell.
_EPOCH = 315532800
_INDEXED = ("resourceType", "id", "url", "version", "kind", "type")


class Definitions(Protocol):
    """Where the base definitions are found; ``conformance.definitions`` is one."""

    def resource(self, type_name: str, canonical: str) -> dict[str, Any] | None:
        """A published resource, or None."""


def file_name() -> str:
    """Name of the archive: package and version."""
    stated = declared("package")
    return f"{stated['name']}-{stated['version']}.tgz"


def structures(names: Names, definitions: Definitions) -> tuple[Json, ...]:
    """All profiles and extensions with their snapshots. Raises InvalidContent when a differential does not fit."""
    ours = Catalogue(names).structures

    def resolve(canonical: str) -> Json | None:
        return ours.get(canonical) or definitions.resource("StructureDefinition", canonical)

    snapshots = Snapshots(resolve)
    made = [snapshots.generate(ours[canonical]) for canonical in ours]
    if issues := [issue for one in made for issue in one.issues]:
        raise InvalidContent(*issues)
    return tuple(one.structure for one in made)


def files(names: Names, definitions: Definitions) -> dict[str, bytes]:
    """Path in the archive -> content, sorted by path."""
    catalogue = Catalogue(names)
    others = (row for row in catalogue.resources() if row["resourceType"] != "StructureDefinition")
    published = {_name(row): row for row in (*structures(names, definitions), *others)}
    shown = {f"{example.name}.json": example.resource(names) for example in examples() if not example.breaks}
    found = {
        "package/package.json": _pretty(_manifest(names)),
        "package/.index.json": _pretty(_index(published)),
        "package/example/.index.json": _pretty(_index(shown)),
        **{f"package/{name}": encode(row) for name, row in published.items()},
        **{f"package/example/{name}": encode(row) for name, row in shown.items()},
    }
    return dict(sorted(found.items()))


def build(names: Names, definitions: Definitions) -> bytes:
    """The archive (``.tgz``)."""
    return _packed(files(names, definitions))


def _name(resource: Mapping[str, Any]) -> str:
    return f"{resource['resourceType']}-{resource['id']}.json"


def _manifest(names: Names) -> Json:
    stated = declared("package")
    return {
        "name": stated["name"],
        "version": stated["version"],
        "type": "IG",
        "title": stated["title_en"],
        "description": f"{stated['title_en']}. {stated['title_vi']}.",
        "canonical": names.base,
        "url": names.base,
        "date": stated["date"].replace("-", "") + "000000",
        "license": stated["license"],
        "author": stated["publisher"],
        "fhirVersions": ["4.0.1"],
        "dependencies": {"hl7.fhir.r4.core": "4.0.1"},
    }


def _index(resources: Mapping[str, Json]) -> Json:
    rows = [
        {"filename": name} | {key: row[key] for key in _INDEXED if isinstance(row.get(key), str)}
        for name, row in sorted(resources.items())
    ]
    return {"index-version": 1, "files": rows}


def _pretty(value: Json) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


def _packed(content: Mapping[str, bytes]) -> bytes:
    """A gzipped tar archive in which nothing depends on the day, the machine or the user."""
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in content.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.mode = len(data), _EPOCH, 0o644
            archive.addfile(entry, io.BytesIO(data))
    outer = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=outer, mode="wb", compresslevel=9, mtime=_EPOCH) as zipped:
        zipped.write(inner.getvalue())
    return outer.getvalue()


def main(folder: str = "dist", base: str = DEFAULT_BASE) -> Path:
    """Writes the archive and gives its path."""
    from conformance.definitions import load  # noqa: PLC0415  # only the command needs them all

    target = Path(folder) / file_name()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(build(Names(base), load()))
    return target


if __name__ == "__main__":
    sys.stdout.write(f"{main(*sys.argv[1:3])}\n")
