"""The list of installed packages, each pinned by its digest: ``packages/lock.json`` in the cache directory."""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from conformance.definitions.cache import COMPILER, put
from conformance.definitions.loading import cache_directory
from conformance.errors import NotFound, Unavailable
from conformance.packages import messages
from conformance.packages.ranges import label_of, newest

_SUFFIX = ".package"


class Pinned(Struct, frozen=True):
    """One installed package. ``sha256`` goes over names and bytes of its files, packed or not."""

    name: str
    version: str
    sha256: str
    source: str
    dependencies: dict[str, str] = {}
    title: str = ""

    @property
    def label(self) -> str:
        """``name#version``."""
        return label_of(self.name, self.version)

    @property
    def path(self) -> Path:
        """Its compiled file, of this compiler."""
        return directory() / f"{self.label}-{COMPILER}-{self.sha256[:16]}{_SUFFIX}"

    def compiled(self) -> list[Path]:
        """All its compiled files, also those of other compilers."""
        mine = re.compile(re.escape(self.label) + r"-\d+-[0-9a-f]{16}" + re.escape(_SUFFIX))
        return [path for path in directory().iterdir() if mine.fullmatch(path.name)]


class Lock(Struct, frozen=True):
    """All installed packages in the order in which they were added."""

    packages: tuple[Pinned, ...] = ()
    format: int = 1

    def get(self, label: str) -> Pinned | None:
        """The package of this name and version."""
        return next((row for row in self.packages if row.label == label), None)

    def best(self, name: str, wanted: str) -> Pinned | None:
        """The latest installed version of ``name`` that ``wanted`` means."""
        version = newest((row.version for row in self.packages if row.name == name), wanted)
        return None if version is None else self.get(label_of(name, version))

    def needed_by(self, row: Pinned) -> list[Pinned]:
        """The installed packages that ``row`` depends on directly."""
        found = (self.best(name, wanted) for name, wanted in row.dependencies.items())
        return [needed for needed in found if needed]

    def with_packages(self, rows: Iterable[Pinned]) -> Lock:
        """This list with ``rows`` added; one that is in it keeps its place."""
        return Lock(tuple(({row.label: row for row in self.packages} | {row.label: row for row in rows}).values()))

    def without(self, labels: frozenset[str]) -> Lock:
        """This list without some packages."""
        return Lock(tuple(row for row in self.packages if row.label not in labels))

    def by_precedence(self, labels: Iterable[str] | None = None) -> list[Pinned]:
        """Packages (all, or the named ones with all that they need), each before what it depends on, those that were
        added last first. Raises NotFound for a label that is not installed."""
        rows = self.packages if labels is None else [self._named(label) for label in labels]
        known = {row.label: row for row in self.packages}
        edges = {label: [needed.label for needed in self.needed_by(row)] for label, row in known.items()}
        return [known[label] for label in reversed(needed_first([row.label for row in rows], edges))]

    def _named(self, label: str) -> Pinned:
        name, _, wanted = label.partition("#")
        found = self.best(name, wanted)
        if found is None:
            raise NotFound.of(messages.NOT_INSTALLED, package=label)
        return found


def needed_first(roots: Sequence[str], edges: Mapping[str, Sequence[str]]) -> list[str]:
    """The roots and all that they lead to, each once and behind what it leads to; a circle is cut where it closes."""
    done: dict[str, None] = {}
    for root in roots:
        seen = {root}
        path = [(root, iter(edges[root]))]
        while path:
            label, waiting = path[-1]
            following = next((other for other in waiting if other not in done and other not in seen), None)
            if following is None:
                done.setdefault(label)
                path.pop()
            else:
                seen.add(following)
                path.append((following, iter(edges[following])))
    return list(done)


def directory() -> Path:
    """Where the list and the compiled packages are kept."""
    return cache_directory() / "packages"


def read_lock() -> Lock:
    """The list of installed packages, empty when there is none. Raises Unavailable when it is damaged."""
    path = _path()
    try:
        return msgspec.json.decode(path.read_bytes(), type=Lock)
    except FileNotFoundError:
        return Lock()
    except (msgspec.MsgspecError, ValueError) as error:
        raise Unavailable.of(messages.LOCK_DAMAGED, path=path, detail=error) from error


def installed() -> tuple[Pinned, ...]:
    """The installed packages in the order in which they were added; the specification's own is not among them."""
    return read_lock().packages


def write_lock(lock: Lock) -> None:
    """Puts the list in place at once."""
    put(_path(), [msgspec.json.format(msgspec.json.encode(lock), indent=2), b"\n"])


@contextmanager
def exclusive() -> Iterator[None]:
    """Keeps other processes from changing the list meanwhile."""
    directory().mkdir(parents=True, exist_ok=True)
    with (directory() / ".writer").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _path() -> Path:
    return directory() / "lock.json"
