"""Batches: one is written while the next is gathered."""

import asyncio

import pytest

from fhir_server.bulk.batches import SIZE, Batches
from fhir_server.bulk.translate import Translated
from mappers.units import Raw


def unit(key: str) -> Translated:
    raw = Raw("a.xml", 1, {}, b"")
    return Translated(raw, key, "d", "", (), (), "", 0, {})


class Recorder:
    """A writer that takes its time."""

    def __init__(self) -> None:
        self.written: list[list[str]] = []
        self.running = 0

    async def write(self, batch):
        self.running += 1
        assert self.running == 1, "two writes at a time"
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        self.written.append([one.key for one in batch])
        self.running -= 1


async def gathered(keys: list[str]) -> list[list[str]]:
    recorder = Recorder()
    async with Batches(recorder.write) as batches:
        for key in keys:
            await batches.add(unit(key))
    return [batch for batch in recorder.written if batch]


def test_every_unit_is_written_once_in_order():
    keys = [str(number) for number in range(3 * SIZE + 1)]
    written = asyncio.run(gathered(keys))
    assert [key for batch in written for key in batch] == keys
    assert max(map(len, written)) == SIZE


def test_a_visit_comes_once_in_a_batch():
    assert asyncio.run(gathered(["a", "b", "a", "a"])) == [["a", "b"], ["a"], ["a"]]


def test_an_error_of_a_write_reaches_who_adds():
    async def fail(batch):
        raise OSError("disk")

    async def run():
        async with Batches(fail) as batches:
            for number in range(10 * SIZE):
                await batches.add(unit(str(number)))

    with pytest.raises(OSError, match="disk"):
        asyncio.run(run())


def test_after_an_error_of_the_caller_the_running_write_ends_and_no_other_begins():
    recorder = Recorder()

    async def run():
        async with Batches(recorder.write) as batches:
            for number in range(SIZE + 2):
                await batches.add(unit(str(number)))
            raise KeyError("stop")

    with pytest.raises(KeyError):
        asyncio.run(run())
    assert [len(batch) for batch in recorder.written] == [SIZE]
    assert recorder.running == 0
