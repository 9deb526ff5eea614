"""Pieces of files into issues, in this process or in several, always in the order of the files."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from conformance.issues import Issue
from fhir_server.bulk.garbage import seldom_collected
from fhir_server.bulk.pool import Pool, processors
from fhir_server.cli import messages
from fhir_server.cli.validating.inputs import Piece
from profiles.judge import WHOLE, Judge

#: Bytes for which another process is worth its start.
_FOR_A_PROCESS = 1_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What every process checks alike: the canonical base, further definitions, and profiles that are asked for."""

    base: str
    loose: tuple[Mapping[str, Any], ...]
    profiles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What is to be said of one piece: how many resources were in it, and their issues in order."""

    file: int
    resources: int
    issues: tuple[Issue, ...]


Take: TypeAlias = Callable[[Piece, Found], None]


class Checker:
    """Reads and checks one piece after the other; definitions are loaded once."""

    def __init__(self, plan: Plan) -> None:
        self._judge = Judge.national(base=plan.base, loose=plan.loose)
        self._profiles = plan.profiles

    def __call__(self, piece: Piece) -> Found:
        """The issues of a piece. What cannot be read is one of them."""
        try:
            content = piece.read()
        except OSError as error:
            params = {"path": str(piece.path), "error": error.strerror or str(error)}
            return Found(piece.file, 0, (Issue(messages.UNREADABLE, WHOLE, params),))
        if not piece.is_lines:
            return Found(piece.file, 1, tuple(map(_plain, self._judge.validate(content, self._profiles))))
        lines = [(number, line) for number, line in enumerate(content.split(b"\n"), piece.line) if line.strip()]
        return Found(piece.file, len(lines), tuple(self._of_lines(lines)))

    def _of_lines(self, lines: Iterable[tuple[int, bytes]]) -> Iterator[Issue]:
        for number, line in lines:
            for issue in self._judge.validate(line, self._profiles):
                yield replace(_plain(issue), line=number)


def _plain(issue: Issue) -> Issue:
    """The same issue with parameters that any process can read."""
    params = {name: value if isinstance(value, str | int) else str(value) for name, value in issue.params.items()}
    return replace(issue, params=params)


def failed(piece: Piece, trace: str) -> Found:
    """The outcome of a piece on which the validator itself failed; the run goes on."""
    params = {"path": str(piece.path), "error": trace.strip().rpartition("\n")[2]}
    return Found(piece.file, 0, (Issue(messages.CHECK_FAILED, WHOLE, params, line=piece.line),))


def workers_for(asked: int, size: int) -> int:
    """The number of processes: as many as asked for, else as many as there are processors and work for them."""
    return asked or max(1, min(processors(0), size // _FOR_A_PROCESS))


def check(pieces: Iterable[Piece], plan: Plan, workers: int, take: Take) -> None:
    """Check all pieces; ``take`` is given each with its outcome, in order.

    Raises Unavailable when a process died or the definitions are not installed.
    """
    if workers > 1:
        asyncio.run(_in_processes(pieces, plan, workers, take))
        return
    checker = Checker(plan)
    with seldom_collected():
        for piece in pieces:
            take(piece, checker(piece))


async def _in_processes(pieces: Iterable[Piece], plan: Plan, workers: int, take: Take) -> None:
    given: deque[Piece] = deque()

    async def begun() -> AsyncIterator[Future[Found]]:
        for piece in pieces:
            given.append(piece)
            yield pool.submit(piece)

    with Pool(workers, failed, Checker, plan, died=messages.CHECKER_DIED) as pool:
        async for found in pool.in_order(begun()):
            take(given.popleft(), found)
