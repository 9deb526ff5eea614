"""``fhir-server jobs``: look at the jobs of a store, watch and cancel them, and do them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fhir_server.cli import messages
from fhir_server.cli.exits import FOUND
from fhir_server.cli.language import say, user_language
from fhir_server.cli.options import Format, StoreOption, settings

if TYPE_CHECKING:
    from fhir_server.jobs import Job
    from fhir_server.settings import Settings

app = typer.Typer(help="List, watch, cancel and do the jobs of a store.", no_args_is_help=True)

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="The job, as `jobs list` names it.")]
#: Seconds between two looks of ``watch``.
LOOK_EVERY = 0.5


@app.command("list")
def list_(
    store: StoreOption = None,
    format: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TEXT,
) -> None:
    """Print every job, the oldest first."""
    import asyncio

    from fhir_server.cli.installed import opened
    from fhir_server.jobs import Board

    async def found() -> list[Job]:
        async with opened(settings(store=store)) as source:
            return sorted([job async for job in Board(source).all()], key=lambda job: job.created)

    for job in asyncio.run(found()):
        typer.echo(_as_json(job) if format is Format.JSON else _as_text(job))


@app.command("watch")
def watch(id: IdArgument, store: StoreOption = None) -> None:
    """Follow a job to its end. Exit code 0 when it was completed, 1 when not."""
    import asyncio

    job = asyncio.run(_watched(settings(store=store), id))
    typer.echo(_as_text(job))
    for said in job.issues:
        typer.echo(said.vi if user_language() == "vi" else said.en, err=True)
    raise typer.Exit(0 if job.state == "completed" else FOUND)


@app.command("cancel")
def cancel(id: IdArgument, store: StoreOption = None) -> None:
    """Ask for the end of a job; what it made is removed."""
    import asyncio

    from fhir_server.cli.installed import opened
    from fhir_server.job_kinds import now
    from fhir_server.jobs import Board

    async def cancelled() -> Job:
        async with opened(settings(store=store)) as target:
            return await Board(target).cancel(id, now())

    typer.echo(_as_text(asyncio.run(cancelled())))


@app.command("work")
def work(store: StoreOption = None) -> None:
    """Do jobs until Ctrl-C or SIGTERM, which give the present one back."""
    from fhir_server.cli.installed import shown

    values = settings(store=store)
    typer.echo(say(messages.WORKING, store=shown(values.store)), err=True)
    run_worker(values)


def run_worker(values: Settings) -> None:
    """Do the jobs of a store until this process is told to end, or the one that started it is gone."""
    from fhir_server.bulk.heaps import one_heap

    one_heap()
    import asyncio

    from fhir_server.parent import end_with_parent

    end_with_parent()
    asyncio.run(_worked(values))


async def _worked(values: Settings) -> None:
    import asyncio
    import signal

    from fhir_server.cli.installed import opened
    from fhir_server.job_kinds import worker_of

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with opened(values, create=True) as store:
        await worker_of(values, store).work(stop)


async def _watched(values: Settings, id: str) -> Job:
    import asyncio

    from fhir_server.cli.installed import opened
    from fhir_server.cli.progress import progress
    from fhir_server.jobs import Board

    async with opened(values) as source:
        with progress(id, "") as report:
            while not (job := await Board(source).find(id)).state.is_final:
                report(job.done, job.expected)
                await asyncio.sleep(LOOK_EVERY)
            return job


def _as_text(job: Job) -> str:
    from fhir_server.store.protocol import instant

    of = f"/{job.expected}" if job.expected is not None else ""
    state = "cancelling" if job.cancelling and not job.state.is_final else str(job.state)
    return (
        f"{job.id}  {job.kind:<8} {state:<10} {job.done}{of:<12} {instant(job.created).decode()}  {job.worker}".rstrip()
    )


def _as_json(job: Job) -> str:
    import json

    from fhir_server.jobs.job import told

    return json.dumps(told(job), ensure_ascii=False)
