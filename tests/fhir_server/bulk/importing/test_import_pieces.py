import asyncio

import pytest

from fhir_server.bulk.importing.checking import Checked
from fhir_server.bulk.importing.pieces import MOST, Pieces


def piece(line: int, input: int = 0, mark: str = "m") -> Checked:
    return Checked(input, mark, line, line)


class Recorder:
    """Takes what is to be written, each time until it is let go on."""

    def __init__(self) -> None:
        self.written: list[list[int]] = []
        self.running = 0
        self.gate = asyncio.Event()
        self.fails = False

    async def write(self, pieces) -> None:
        assert self.running == 0
        self.running += 1
        try:
            self.written.append([one.line for one in pieces])
            await self.gate.wait()
            if self.fails:
                raise LookupError
        finally:
            self.running -= 1


def test_pieces_that_come_while_others_are_written_are_written_together():
    async def run() -> list[list[int]]:
        recorder = Recorder()
        async with Pieces(recorder.write) as pieces:
            for line in range(1, MOST + 2):
                await pieces.add(piece(line))
            recorder.gate.set()
            await pieces.add(piece(MOST + 2))
        return recorder.written

    assert asyncio.run(run()) == [[1], list(range(2, MOST + 2)), [MOST + 2]]


def test_no_more_than_a_few_are_gathered():
    async def run() -> bool:
        recorder = Recorder()
        async with Pieces(recorder.write) as pieces:
            for line in range(MOST + 1):
                await pieces.add(piece(line))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(pieces.add(piece(99)), 0.05)
            recorder.gate.set()
        return True

    assert asyncio.run(run())


@pytest.mark.parametrize("other", [{"input": 1}, {"mark": "n"}])
def test_pieces_of_different_inputs_are_written_apart(other):
    async def run() -> list[list[int]]:
        recorder = Recorder()
        async with Pieces(recorder.write) as pieces:
            await pieces.add(piece(1))
            await pieces.add(piece(2))
            recorder.gate.set()
            await pieces.add(piece(3, **other))
        return recorder.written

    assert asyncio.run(run()) == [[1], [2], [3]]


def test_an_error_of_a_write_comes_out_and_nothing_more_is_written():
    async def run() -> list[list[int]]:
        recorder = Recorder()
        recorder.fails = True

        async def failing() -> None:
            async with Pieces(recorder.write) as pieces:
                await pieces.add(piece(1))
                await pieces.add(piece(2))
                recorder.gate.set()

        with pytest.raises(LookupError):
            await failing()
        return recorder.written

    assert asyncio.run(run()) == [[1]]


def test_after_another_error_a_write_that_runs_is_given_up():
    async def run() -> tuple[list[list[int]], int]:
        recorder = Recorder()

        async def failing() -> None:
            async with Pieces(recorder.write) as pieces:
                await pieces.add(piece(1))
                await pieces.add(piece(2))
                raise KeyError

        with pytest.raises(KeyError):
            await failing()
        return recorder.written, recorder.running

    assert asyncio.run(run()) == ([[1]], 0)
