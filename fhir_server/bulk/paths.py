"""The files under the paths that a command was given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from conformance.errors import BadRequest, NotFound
from fhir_server.bulk import messages


@dataclass(frozen=True, slots=True)
class Source:
    """One file: where it is, and the name by which issues call it (relative to the path that was given)."""

    path: Path
    name: str
    named: bool
    """True when the path itself was given, false when it was found in a folder."""


def sources(paths: Iterable[Path]) -> list[Source]:
    """Every file under these paths once, in order of the paths and then by name.

    NotFound for a path to nothing, BadRequest for one to something else, such as a pipe.
    """
    found: dict[Path, Source] = {}
    for path in paths:
        if not path.exists():
            raise NotFound.of(messages.NO_INPUT, path=path)
        if not (path.is_file() or path.is_dir()):
            raise BadRequest.of(messages.NO_FILE, path=path)
        for source in [Source(path, path.name, True)] if path.is_file() else _inside(path):
            found.setdefault(source.path.resolve(), source)
    return list(found.values())


def keep_apart(inputs: Iterable[Path], outputs: Iterable[Path | None]) -> None:
    """BadRequest when an output is one of the named input files, or the same file as another output."""
    taken = {path.resolve() for path in inputs if path.is_file()}
    for path in outputs:
        if path is None or (path.exists() and not path.is_file()):
            continue
        if path.resolve() in taken:
            raise BadRequest.of(messages.SAME_FILE, path=path)
        taken.add(path.resolve())


def _inside(folder: Path) -> Iterator[Source]:
    """Files, and links to nothing, which reading will report; what can only be waited for (a pipe) is no file."""
    files = (path for path in folder.rglob("*") if path.is_file() or not path.exists())
    visible = (path for path in files if not any(part.startswith(".") for part in path.relative_to(folder).parts))
    for path in sorted(visible):
        yield Source(path, path.relative_to(folder).as_posix(), False)
