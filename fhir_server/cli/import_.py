"""``fhir-server import``: files of resources into the store, as a job that this process does."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fhir_server.cli import messages
from fhir_server.cli.language import say, user_language
from fhir_server.cli.options import StoreOption, WorkersOption, settings

if TYPE_CHECKING:
    from fhir_server.jobs import Board, Job
    from fhir_server.settings import Settings
    from fhir_server.store.protocol import Store

#: Microseconds after which the job of a command that was killed is free, and seconds between two looks.
LEASE, LOOK_EVERY = 5_000_000, 0.1


class Level(StrEnum):
    """How much is checked."""

    OFF = "off"
    STRUCTURE = "structure"
    WARN = "warn"
    ENFORCE = "enforce"


def import_(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="NDJSON files, or folders of them.")],
    *,
    store: StoreOption = None,
    validation: Annotated[Level | None, typer.Option(help="How much is checked of each resource.")] = None,
    workers: WorkersOption = None,
    deleted: Annotated[
        list[Path] | None,
        typer.Option("--deleted", metavar="PATH", help="Nothing but deletions (Bundles), done last; may be repeated."),
    ] = None,
    errors: Annotated[
        Path | None, typer.Option("--errors", metavar="DIR", file_okay=False, help="Copy the error files there.")
    ] = None,
) -> None:
    """Store the resources of NDJSON files, plain or packed with gzip or zstd.

    Ids are kept. Deletions as an export writes them (Bundles of DELETE entries without an id) are done where they
    stand. Repeating an import changes nothing; an interrupted one goes on where it was when the same command is run
    again. Exit code 3 when lines were refused.
    """
    from fhir_server.bulk.heaps import one_heap
    from fhir_server.bulk.pool import get_ready

    one_heap()
    get_ready("fhir_server.bulk.importing.lanes")
    import asyncio

    from fhir_server.bulk.importing.messages import CANCELLED
    from fhir_server.cli.exits import DATA, FOUND, INTERRUPTED

    level = validation.value if validation else None
    values = settings(store=store, load_workers=workers, import_validation=level)
    job = asyncio.run(_imported(values, paths, deleted or [], errors))
    if not job.state.is_final:
        raise typer.Exit(INTERRUPTED)
    for said in job.issues:
        typer.echo(said.vi if user_language() == "vi" else said.en, err=True)
    if job.state == "cancelled":
        typer.echo(say(CANCELLED), err=True)
    if job.outcome is None:
        raise typer.Exit(FOUND)
    raise typer.Exit(DATA if _told(job, has_files=errors is not None) else 0)


async def _imported(values: Settings, paths: list[Path], deleted: list[Path], errors: Path | None) -> Job:
    import asyncio

    from conformance.definitions import base_file
    from fhir_server.bulk.importing.sources import inputs_of
    from fhir_server.cli.installed import opened
    from fhir_server.jobs import Board

    base_file()  # Told now, and not after five attempts of the job.
    inputs = (*inputs_of(paths), *(inputs_of(deleted, deleted=True) if deleted else ()))
    async with opened(values, create=True) as target:
        board = Board(target)
        name = await _asked(board, values, inputs)
        job = await _done(target, board, values, name)
        if errors is not None:
            await asyncio.to_thread(_copied, values, job, errors)
        return job


async def _asked(board: Board, values: Settings, inputs: tuple[object, ...]) -> str:
    """The id of the job: one that was asked for just so, in any language, and is not at its end, else a new one."""
    import secrets

    import msgspec

    from fhir_server.bulk.importing.order import IMPORT, Level, Order, order_of
    from fhir_server.job_kinds import now

    order = Order(inputs=inputs, validation=Level(values.import_validation), language=user_language())  # type: ignore[arg-type]
    async for job in board.all():
        is_open = job.kind == IMPORT and not job.state.is_final and not job.cancelling
        if is_open and msgspec.structs.replace(order_of(job), language=order.language) == order:
            return job.id
    return (await board.add(secrets.token_hex(16), IMPORT, msgspec.to_builtins(order), now())).id


async def _done(target: Store, board: Board, values: Settings, id: str) -> Job:
    """Do imports until this one is at its end, or Ctrl-C; what it is then."""
    import asyncio
    import signal
    from functools import partial

    from fhir_server.bulk.importing.order import IMPORT
    from fhir_server.cli.progress import progress
    from fhir_server.job_kinds import import_kind, keep_of, now
    from fhir_server.jobs import Worker

    kinds = {IMPORT: import_kind(values, target)}
    mine = partial(_is, id)  # Others may need settings that are not those of this process.
    worker = Worker(board, kinds, now, "import", lease=LEASE, keep=keep_of(values), wants=mine)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    working = asyncio.create_task(worker.work(stop))
    with progress("import", "resources") as report:
        while not (job := await board.find(id)).state.is_final and not working.done():
            report(job.done, job.expected)
            await asyncio.wait({working}, timeout=LOOK_EVERY)
    stop.set()
    await working
    return await board.find(id)


def _is(id: str, job: Job) -> bool:
    return job.id == id


def _copied(values: Settings, job: Job, folder: Path) -> None:
    """The error file of each input under a name that tells of it."""
    from fhir_server.bulk.importing.order import order_of
    from fhir_server.bulk.importing.state import state_of
    from fhir_server.job_kinds import place_of

    inputs = order_of(job).inputs
    place = place_of(values)
    folder.mkdir(parents=True, exist_ok=True)
    for one in state_of(job.outcome).errors or () if job.outcome else ():
        name = inputs[one.input].name.replace("/", "-")
        with (folder / f"{one.input:04}-{name}.errors.ndjson").open("wb") as file:
            file.writelines(place.read(one.file.name, 0, one.file.size))


def _told(job: Job, *, has_files: bool) -> int:
    """Print the counts, and where more is told unless the user ``has_files`` of it; how many lines were refused."""
    from fhir_server.bulk.importing.order import order_of
    from fhir_server.bulk.importing.state import state_of

    state = state_of(job.outcome or {})
    for one, counts in zip(order_of(job).inputs, state.counts, strict=True):
        if counts.refused or counts.told:
            typer.echo(say(messages.FINDINGS, name=one.name, refused=counts.refused, told=counts.told), err=True)
        if counts.broken:
            typer.echo(say(messages.BROKEN_OFF, name=one.name, line=counts.broken), err=True)
    if not has_files and any(counts.refused or counts.told for counts in state.counts):
        typer.echo(say(messages.ERROR_FILES), err=True)
    stored = sum(counts.stored for counts in state.counts)
    typer.echo(say(messages.IMPORTED, stored=stored, refused=state.refused, job=job.id))
    if state.deleted:
        typer.echo(say(messages.DELETIONS, deleted=state.deleted))
    return state.refused
