"""Files that are being written: counted and digested on the way, finished at a set size."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import IO, Any

from fhir_server.bulk.exporting.encoders import Encode, Encoder
from fhir_server.bulk.exporting.places import Place, served
from fhir_server.bulk.exporting.state import File, Part


class Draft:
    """One file. ``start`` is the vid that its first resource comes after."""

    def __init__(self, file: IO[bytes], name: str, type: str, part: Part, start: int, opened: int) -> None:  # noqa: PLR0917
        self._file, self.name, self.type, self.part = file, name, type, part
        self.start, self.opened = start, opened
        self.count = self.size = 0
        self.last = start
        self._digest = hashlib.sha256()
        self.encoder: Encoder

    def write(self, data: bytes, /) -> int:
        """See ``formats.Sink``."""
        self._digest.update(data)
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]
        self.size += len(data)
        return len(data)

    def finished(self, place: Place, page: int) -> File:
        """The file, whole and lasting."""
        self.encoder.finish()
        place.keep(self._file, self.name)
        return File(self.name, self.type, self.part, self.count, self.size, self._digest.hexdigest(), page)

    def drop(self, place: Place) -> None:
        """Forget it."""
        self.encoder.drop()
        place.drop(self._file, self.name)


class Drafts:
    """The open files of an export, one a type. ``name`` gives the name of the next file of a part and type.

    Functions here block; call them in a thread, one at a time.
    """

    def __init__(
        self, place: Place, encode: Encode, name: Callable[[Part, str], str], clock: Callable[[], int]
    ) -> None:
        self._place, self._encode, self._name, self._clock = place, encode, name, clock
        self._open: dict[str, Draft] = {}

    def write(self, part: Part, type: str, lines: Sequence[Any], *, start: int, last: int) -> None:
        """Add resources that lie between the vids ``start`` (excluded) and ``last``."""
        with served():
            draft = self._open.get(type) or self._opened(part, type, start)
            draft.encoder.write(lines)
        draft.count += len(lines)
        draft.last = last

    def _opened(self, part: Part, type: str, start: int) -> Draft:
        name = self._name(part, type)
        draft = Draft(self._place.draft(name), name, type, part, start, self._clock())
        draft.encoder = self._encode(draft, part, type)
        self._open[type] = draft
        return draft

    def ripe(self, size: int, before: int) -> list[str]:
        """Types whose file has reached a size, or was begun before a time."""
        return [name for name, draft in list(self._open.items()) if draft.size >= size or draft.opened < before]

    def finish(self, types: Sequence[str], page: int) -> list[tuple[int, File]]:
        """The files of these types, whole and lasting, each with the vid up to which it reaches."""
        found = []
        for name in types:
            draft = self._open[name]
            with served():
                found.append((draft.last, draft.finished(self._place, page)))
            del self._open[name]
        return found

    @property
    def types(self) -> list[str]:
        """Those with an open file."""
        return list(self._open)

    @property
    def count(self) -> int:
        """Resources in open files."""
        return sum(draft.count for draft in self._open.values() if draft.part is Part.OUTPUT)

    def start(self, otherwise: int) -> int:
        """The vid after which the oldest content of an open file lies."""
        return min((draft.start for draft in self._open.values()), default=otherwise)

    def drop(self) -> None:
        """Forget every open file."""
        for draft in self._open.values():
            draft.drop(self._place)
        self._open.clear()
