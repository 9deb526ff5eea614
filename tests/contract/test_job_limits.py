"""How many jobs an owner may have open, on every engine: the count and the new job are one unit."""

from __future__ import annotations

import asyncio

import pytest

from conformance.errors import TooMany
from fhir_server.jobs import Board
from fhir_server.jobs.job import SPACE
from fhir_server.store import open_store
from fhir_server.store.protocol import Store

pytestmark = pytest.mark.anyio
NOW = 1_700_000_000_000_000
LIMIT = 3


async def kick_off(board: Board, id: str, owner: str = "", limit: int = LIMIT) -> bool:
    """True when the job was taken."""
    try:
        await board.add(id, "export", {}, NOW, owner=owner, limit=limit)
    except TooMany:
        return False
    return True


async def names(store: Store) -> list[str]:
    return [name async for name, _ in store.records(SPACE)]


async def test_of_many_at_once_no_more_are_taken_than_may_be(store: Store) -> None:
    board = Board(store)
    for of in range(3):
        taken = await asyncio.gather(*(kick_off(board, f"{of}-{number}") for number in range(12)))
        assert sum(taken) == LIMIT
        assert len(await names(store)) == LIMIT * (of + 1)
        for name in await names(store):
            if name.startswith(f"{of}-"):
                await board.cancel(name, NOW)
    assert await board.count_open("") == 0


async def test_owners_do_not_stand_in_each_others_way(store: Store) -> None:
    board = Board(store)
    asked = [(f"{owner}{number}", owner) for number in range(6) for owner in ("a", "b")]
    taken = await asyncio.gather(*(kick_off(board, name, owner) for name, owner in asked))
    assert sum(taken) == 2 * LIMIT
    assert [await board.count_open(owner) for owner in ("a", "b")] == [LIMIT, LIMIT]


async def test_without_a_limit_any_number_is_taken(store: Store) -> None:
    board = Board(store)
    assert all(await asyncio.gather(*(kick_off(board, str(number), limit=0) for number in range(8))))
    assert not await kick_off(board, "more"), "those without a limit count too"


async def test_an_id_is_given_once(store: Store) -> None:
    board = Board(store)
    for limit in (0, LIMIT):
        await board.add(f"same{limit}", "export", {}, NOW, limit=limit)
        with pytest.raises(ValueError, match="exists"):
            await board.add(f"same{limit}", "export", {}, NOW, limit=limit)
    assert len(await names(store)) == 2


@pytest.mark.usefixtures("multi_process")
async def test_two_connections_share_one_limit(store: Store, url: str) -> None:
    other = await open_store(url)
    boards = Board(store), Board(other)
    taken = await asyncio.gather(*(kick_off(boards[number % 2], str(number)) for number in range(12)))
    await other.close()
    assert sum(taken) == LIMIT
    assert len(await names(store)) == LIMIT
