"""Jobs: legal moves, leases, fences, cancelling; whatever happens, each step is done exactly once."""

import asyncio
import itertools
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.errors import BadRequest, Conflict, NotFound, Unavailable
from conformance.issues import Issue, Message, Severity, operation_outcome
from fhir_server.jobs import Board, Cancelled, Lease, LeaseLost, State, Worker
from fhir_server.jobs.job import MOVES, SPACE, Said
from fhir_server.store import open_store
from fhir_server.store.protocol import Record
from fhir_server.store.reference import ReferenceStore

pytestmark = pytest.mark.anyio
SECOND = 1_000_000
STEPS = 5


class Time:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = 1_800_000_000 * SECOND

    def __call__(self) -> int:
        return self.now


class Steps:
    """Counts to ``STEPS``: each step puts a record that must not be there yet, and is a checkpoint."""

    def __init__(self, clock: Time, die_before: int | None = None, die_after: int | None = None) -> None:
        self.clock, self.die_before, self.die_after = clock, die_before, die_after
        self.cleaned: list[str] = []

    async def run(self, lease: Lease) -> dict[str, object]:
        for step in range(lease.job.done, STEPS):
            if step == self.die_before:
                raise Unavailable.of(DEAD)
            mark = Record("steps", f"{step}-{lease.job.token}", b"")
            await lease.checkpoint(self.clock(), records=(mark,), done=step + 1, expected=STEPS)
            if step == self.die_after:
                raise Unavailable.of(DEAD)
            await asyncio.sleep(0)
        return {"steps": STEPS}

    async def clean(self, job) -> None:
        self.cleaned.append(job.id)


DEAD = Message("TEST-1", Severity.FATAL, "exception", "gone", "gone")
BAD = Message("TEST-2", Severity.ERROR, "invalid", "bad {what}", "sai {what}")


@pytest.fixture
async def store():
    store = await open_store("memory:")
    yield store
    await store.close()


async def steps_of(store) -> list[int]:
    return [int(name.partition("-")[0]) async for name, _ in store.records("steps")]


async def test_a_job_runs_to_its_end_and_tells_of_it(store):
    clock, board = Time(), Board(store)
    asked = await board.add("j", "steps", {"to": STEPS}, clock())
    assert (asked.state, asked.done) == (State.QUEUED, 0)
    assert await Worker(board, {"steps": Steps(clock)}, clock, "w").drain() == 1
    ended = await board.find("j")
    assert (ended.state, ended.done, ended.expected, ended.outcome) == (State.COMPLETED, STEPS, STEPS, {"steps": STEPS})
    assert await steps_of(store) == list(range(STEPS))
    assert await board.take({"steps"}, "other", clock() + 10**12, 1) is None


async def test_what_no_worker_knows_is_left(store):
    clock, board = Time(), Board(store)
    await board.add("j", "other", {}, clock())
    assert await Worker(board, {"steps": Steps(clock)}, clock, "w").drain() == 0
    assert (await board.find("j")).state is State.QUEUED


async def test_what_a_worker_does_not_want_is_left_until_it_is_to_end(store):
    clock, board = Time(), Board(store)
    for name in ("a", "b"):
        await board.add(name, "steps", {}, clock())
    assert await Worker(board, {"steps": Steps(clock)}, clock, "w", wants=lambda job: job.id == "b").drain() == 1
    assert [(await board.find(name)).state for name in ("a", "b")] == [State.QUEUED, State.COMPLETED]
    lease = await board.take({"steps"}, "w", clock(), SECOND)
    await lease.give_back()
    await board.cancel("a", clock())
    await Worker(board, {"steps": Steps(clock)}, clock, "w", wants=lambda _: False).drain()
    assert (await board.find("a")).state is State.CANCELLED


@pytest.mark.parametrize("place", ["die_before", "die_after"])
@pytest.mark.parametrize("step", range(STEPS))
async def test_a_worker_that_dies_at_any_checkpoint_leaves_no_hole_and_no_double(store, place, step):
    clock, board = Time(), Board(store)
    await board.add("j", "steps", {}, clock())
    await Worker(board, {"steps": Steps(clock, **{place: step})}, clock, "first").drain()
    assert (await board.find("j")).state is State.RUNNING
    assert await Worker(board, {"steps": Steps(clock)}, clock, "second").drain() == 0, "the lease still runs"
    clock.now += 31 * SECOND
    assert await Worker(board, {"steps": Steps(clock)}, clock, "second").drain() == 1
    assert (await board.find("j")).state is State.COMPLETED
    assert sorted(await steps_of(store)) == list(range(STEPS))


async def test_a_worker_that_was_taken_for_dead_changes_nothing(store):
    clock, board = Time(), Board(store)
    await board.add("j", "steps", {}, clock())
    stalled = await board.take({"steps"}, "stalled", clock(), 10 * SECOND)
    clock.now += 11 * SECOND
    other = await board.take({"steps"}, "other", clock(), 10 * SECOND)
    await other.checkpoint(clock(), done=1)
    for late in (
        stalled.checkpoint(clock(), records=(Record("steps", "9-9", b""),), done=4),
        stalled.extend(clock()),
        stalled.end(State.COMPLETED, clock()),
        stalled.give_back(),
    ):
        with pytest.raises(LeaseLost):
            await late
    assert (await board.find("j")).done == 1
    assert other.job.token == stalled.job.token + 1


async def test_of_many_workers_one_takes_a_job(store):
    clock, board = Time(), Board(store)
    await board.add("j", "steps", {}, clock())
    taken = await asyncio.gather(*(board.take({"steps"}, str(n), clock(), SECOND) for n in range(10)))
    assert sum(lease is not None for lease in taken) == 1


async def test_a_lease_that_is_extended_is_not_taken(store):
    clock, board = Time(), Board(store)
    await board.add("j", "steps", {}, clock())
    lease = await board.take({"steps"}, "w", clock(), 10 * SECOND)
    clock.now += 9 * SECOND
    await lease.extend(clock())
    clock.now += 9 * SECOND
    assert await board.take({"steps"}, "other", clock(), SECOND) is None


async def test_cancelling(store):
    clock, board = Time(), Board(store)
    await board.add("waits", "steps", {}, clock())
    assert (await board.cancel("waits", clock())).state is State.CANCELLED
    with pytest.raises(Conflict):
        await board.cancel("waits", clock())
    with pytest.raises(NotFound):
        await board.cancel("none", clock())
    await board.add("runs", "steps", {}, clock())
    lease = await board.take({"steps"}, "w", clock(), 10 * SECOND)
    await lease.checkpoint(clock(), done=2)
    assert (await board.cancel("runs", clock())).state is State.RUNNING
    with pytest.raises(Cancelled):
        await lease.checkpoint(clock(), records=(Record("steps", "9-9", b""),), done=3)
    assert await steps_of(store) == []
    clock.now += 11 * SECOND
    kind = Steps(clock)
    await Worker(board, {"steps": kind}, clock, "w2").drain()
    ended = await board.find("runs")
    assert (ended.state, ended.done, kind.cleaned) == (State.CANCELLED, 2, ["runs"])


async def test_a_job_that_fails_tells_why_in_both_languages(store):
    class Bad(Steps):
        async def run(self, _lease):
            raise BadRequest.of(BAD, what="year")

    clock, board = Time(), Board(store)
    await board.add("j", "bad", {}, clock())
    kind = Bad(clock)
    await Worker(board, {"bad": kind}, clock, "w").drain()
    ended = await board.find("j")
    assert (ended.state, kind.cleaned) == (State.FAILED, ["j"])
    assert [(said.id, said.en, said.vi) for said in ended.issues] == [("TEST-2", "bad year", "sai year")]


async def test_a_worker_that_lost_its_job_and_fails_removes_nothing(store):
    class Stalled(Steps):
        async def run(self, _lease):
            clock.now += 31 * SECOND
            assert await board.take({"stalled"}, "other", clock(), 30 * SECOND)
            raise BadRequest.of(BAD, what="year")

    clock, board = Time(), Board(store)
    await board.add("j", "stalled", {}, clock())
    kind = Stalled(clock)
    await Worker(board, {"stalled": kind}, clock, "w").drain()
    assert (kind.cleaned, (await board.find("j")).worker) == ([], "other")


async def test_what_has_ended_can_be_let_go_at_once(store):
    clock, board = Time(), Board(store)
    await board.add("j", "steps", {}, clock())
    worker = Worker(board, {"steps": Steps(clock)}, clock, "w")
    await worker.drain()
    await board.expire("j", clock())
    await worker.sweep()
    with pytest.raises(NotFound):
        await board.expire("j", clock())


async def test_a_fault_of_the_server_ends_the_job_and_not_the_worker(store):
    class Broken(Steps):
        async def run(self, _lease):
            raise ZeroDivisionError

    clock, board = Time(), Board(store)
    for name in "ab":
        await board.add(name, "broken", {}, clock())
    assert await Worker(board, {"broken": Broken(clock)}, clock, "w").drain() == 2
    assert [job.issues[0].id async for job in board.all()] == ["BLK-6303", "BLK-6303"]


async def test_a_job_that_kills_every_worker_is_given_up(store):
    clock, board = Time(), Board(store)
    await board.add("j", "steps", {}, clock())
    for _ in range(10):
        await Worker(board, {"steps": Steps(clock, die_before=0)}, clock, "w").drain()
        clock.now += 31 * SECOND
    ended = await board.find("j")
    assert (ended.state, ended.token) == (State.FAILED, 5)
    assert [said.id for said in ended.issues] == ["BLK-6304", "TEST-1"], "it tells what stood in the way at last"


async def test_a_job_that_stands_still_tells_why_until_it_goes_on(store):
    clock, board = Time(), Board(store)
    await board.add("j", "steps", {}, clock())
    await Worker(board, {"steps": Steps(clock, die_after=1)}, clock, "w").drain()
    assert [said.id for said in (await board.find("j")).issues] == ["TEST-1"]
    clock.now += 31 * SECOND
    await Worker(board, {"steps": Steps(clock)}, clock, "w").drain()
    assert (await board.find("j")).issues == ()


async def test_a_worker_that_stops_gives_its_job_back(store):
    class Slow(Steps):
        async def run(self, lease):
            await lease.checkpoint(self.clock(), done=1)
            started.set()
            await asyncio.sleep(3600)
            raise AssertionError

    clock, board, started, stop = Time(), Board(store), asyncio.Event(), asyncio.Event()
    await board.add("j", "steps", {}, clock())
    working = asyncio.create_task(Worker(board, {"steps": Slow(clock)}, clock, "w").work(stop))
    await started.wait()
    stop.set()
    await asyncio.wait_for(working, 5)
    assert ((await board.find("j")).state, (await board.find("j")).done) == (State.QUEUED, 1)
    assert await Worker(board, {"steps": Steps(clock)}, clock, "next").drain() == 1


async def test_what_has_expired_is_taken_down_with_what_it_made(store):
    clock, board = Time(), Board(store)
    await board.add("j", "steps", {}, clock())
    kind = Steps(clock)
    worker = Worker(board, {"steps": kind}, clock, "w", keep=100 * SECOND)
    await worker.drain()
    await worker.sweep()
    assert kind.cleaned == []
    clock.now += 101 * SECOND
    await worker.sweep()
    assert kind.cleaned == ["j"]
    with pytest.raises(NotFound):
        await board.find("j")
    assert [name async for name, _ in store.records(SPACE)] == []


class Kept(Steps):
    """What it made lies where nothing serves any more."""

    async def clean(self, _job) -> None:
        raise Unavailable.of(DEAD)


async def test_what_cannot_be_taken_down_keeps_no_other_job_waiting(store):
    clock, board = Time(), Board(store)
    worker = Worker(board, {"kept": Kept(clock), "steps": Steps(clock)}, clock, "w", keep=10 * SECOND)
    await board.add("old", "kept", {}, clock())
    await worker.drain()
    clock.now += 11 * SECOND
    await board.add("j", "steps", {}, clock())
    await worker.sweep()
    assert await worker.drain() == 1
    assert (await board.find("old")).state is State.COMPLETED, "it is tried again"


class Faltering(ReferenceStore):
    """Does not serve once; ``served`` is set when it does again."""

    falters = False

    def __init__(self) -> None:
        super().__init__()
        self.served = asyncio.Event()

    async def transact(self, units):
        if self.falters:
            self.falters = False
            raise Unavailable.of(DEAD)
        self.served.set()
        return await super().transact(units)


async def test_a_worker_that_could_not_tell_of_itself_once_goes_on_telling():
    clock, store = Time(), Faltering()
    board = Board(store)

    class Long:
        async def run(self, _lease: Lease) -> dict[str, object]:
            store.falters = True
            store.served.clear()
            await store.served.wait()
            return {}

        async def clean(self, _job) -> None:
            """Nothing was made."""

    await board.add("j", "long", {}, clock())
    assert await asyncio.wait_for(Worker(board, {"long": Long()}, clock, "w", lease=3000).drain(), 20) == 1


def test_no_move_leads_out_of_an_end():
    for state, after in itertools.product(State, State):
        assert (after in MOVES[state]) <= (not state.is_final)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["take", "step", "late", "time", "cancel"]), max_size=25))
def test_law_every_step_is_done_once_whatever_happens(moves):
    """Two workers, stalls, lost leases and cancels in any order: done counts exactly the marks in the store."""

    async def play():
        store = await open_store("memory:")
        clock, board, leases = Time(), Board(store), []
        await board.add("j", "steps", {}, clock())
        for move in moves:
            clock.now += SECOND
            if move == "take":
                lease = await board.take({"steps"}, "w", clock(), 10 * SECOND)
                leases += [lease] if lease else []
            elif move == "time":
                clock.now += 11 * SECOND
            elif move == "cancel" and not (await board.find("j")).state.is_final:
                await board.cancel("j", clock())
            elif leases and move in ("step", "late"):
                lease = leases[-1 if move == "step" else 0]
                mark = Record("steps", f"{lease.job.done}-{lease.job.token}", b"")
                with suppress(LeaseLost, Cancelled):
                    await lease.checkpoint(clock(), records=(mark,), done=lease.job.done + 1)
            assert sorted(await steps_of(store)) == list(range((await board.find("j")).done))
        await store.close()

    asyncio.run(play())


@pytest.mark.parametrize("language", ["en", "vi"])
def test_a_kept_issue_is_told_as_it_would_have_been_at_once(language):
    issue = Issue(BAD, "Parameters.parameter[0]", {"what": "{brace}"}, Severity.WARNING)
    assert operation_outcome([Said.of(issue).issue], language) == operation_outcome([issue], language)
