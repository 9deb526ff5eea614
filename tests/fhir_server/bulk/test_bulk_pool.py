import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import Future
from pathlib import Path

import pytest

from conformance.errors import Conflict, Unavailable
from fhir_server.bulk import messages
from fhir_server.bulk.pool import Pool, processors


def told(job, text):
    return job, text.strip().splitlines()[-1]


def make_filler():
    return lambda _: b"x" * 3_000_000


def make_adder(step: int):
    return Adder(step)


class Adder:
    def __init__(self, step: int) -> None:
        self.step = step

    def __call__(self, job: int) -> int:
        if job == 13:
            os.kill(os.getpid(), signal.SIGKILL)
        if job == 99:
            raise ValueError("99 is not a job")
        time.sleep(0.001 * (job % 3))
        return job + self.step


async def outcomes(pool, jobs, log=None):
    async def begun():
        for job in jobs:
            if log is not None:
                log.append(job)
            yield pool.submit(job)

    return [outcome async for outcome in pool.in_order(begun())]


def test_outcomes_come_in_the_order_of_the_jobs():
    jobs = [n for n in range(100) if n not in (13, 99)]
    with Pool(2, told, make_adder, 1000) as pool:
        assert asyncio.run(outcomes(pool, jobs)) == [n + 1000 for n in jobs]


def test_only_a_window_is_read_ahead():
    log: list[int] = []

    async def slowly(pool):
        async def begun():
            for job in range(1000, 1100):
                log.append(job)
                yield pool.submit(job)

        async for _ in pool.in_order(begun()):
            return

    with Pool(2, told, make_adder, 0) as pool:
        asyncio.run(slowly(pool))
        assert len(log) == pool.window == 8


def test_a_process_that_dies_is_an_error_and_not_a_hang():
    with Pool(2, told, make_adder, 0) as pool, pytest.raises(Unavailable) as caught:
        asyncio.run(outcomes(pool, range(10, 40)))
    assert caught.value.issues[0].message is messages.WORKER_DIED


def test_jobs_that_wait_for_a_process_that_died_are_answered_too():
    with Pool(1, told, make_adder, 0) as pool:
        answers = [pool.submit(job) for job in (13, 1, 2, 3)]
        assert all(isinstance(answer.exception(timeout=60), Unavailable) for answer in answers)
        with pytest.raises(Unavailable):
            pool.submit(1)


def test_a_job_that_raises_has_an_outcome_and_the_others_go_on():
    with Pool(1, told, make_adder, 0) as pool:
        assert asyncio.run(outcomes(pool, [1, 99, 2])) == [1, (99, "ValueError: 99 is not a job"), 2]


def test_a_process_killed_in_the_middle_of_an_answer_is_an_error_and_not_a_hang():
    """Half a message must not be waited for."""
    with Pool(2, told, make_filler) as pool:
        threading.Timer(0.3, pool.processes[0][0].kill).start()
        with pytest.raises(Unavailable):
            asyncio.run(outcomes(pool, range(100_000)))


def test_ready_futures_pass_in_their_place():
    async def mixed(pool):
        async def begun():
            ready: Future[int] = Future()
            ready.set_result(-1)
            yield pool.submit(1)
            yield ready
            yield pool.submit(2)

        return [outcome async for outcome in pool.in_order(begun())]

    with Pool(1, told, make_adder, 0) as pool:
        assert asyncio.run(mixed(pool)) == [1, -1, 2]


def test_workers_end_with_a_main_process_that_is_killed(tmp_path):
    script = textwrap.dedent(
        """
        import multiprocessing, sys, time
        from fhir_server.bulk.pool import Pool
        from test_bulk_pool import make_adder, told
        with Pool(2, told, make_adder, 0) as pool:
            [pool.submit(n).result() for n in range(20, 30)]
            print(*(process.pid for process, _ in pool.processes), flush=True)
            time.sleep(60)
        """
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment) as main:
        workers = [int(pid) for pid in main.stdout.readline().split()]
        assert workers
        main.kill()
    for _ in range(100):
        if not any(is_running(pid) for pid in workers):
            break
        time.sleep(0.05)
    assert [pid for pid in workers if is_running(pid)] == []


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_processors():
    assert processors(3) == 3
    assert processors(0) == len(os.sched_getaffinity(0))


def make_refuser():
    raise Conflict.of(messages.NO_INPUT, path="here")


def test_what_refuses_to_be_made_is_told_to_whoever_waits():
    with Pool(1, told, make_refuser) as pool:
        for answer in [pool.submit(1), pool.submit(2)]:
            error = answer.exception(timeout=60)
            assert isinstance(error, Conflict)
            assert [(issue.message.id, issue.params) for issue in error.issues] == [("BLK-6007", {"path": "here"})]


def test_a_process_that_died_is_told_as_the_pool_was_asked_to():
    with Pool(1, told, make_adder, 0, died=messages.NO_FILE) as pool:
        assert pool.submit(13).exception(timeout=60).issues[0].message is messages.NO_FILE
