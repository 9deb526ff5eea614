"""A file that came in the body of the kick-off: kept in the store in pieces until the job has read it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from fhir_server.store.protocol import Record, Store, Unit

#: Bytes of a piece.
PIECE = 1024 * 1024


def space_of(job: str) -> str:
    """Where the upload of a job is."""
    return f"import-upload/{job}"


async def keep(store: Store, job: str, body: bytes) -> None:
    """Keep a body for a job."""
    for number, start in enumerate(range(0, len(body), PIECE)):
        record = Record(space_of(job), f"{number:06}", body[start : start + PIECE])
        await store.transact([Unit(records=(record,))])


async def put(store: Store, job: str, path: Path) -> None:
    """Write the body of a job to a file that appears when it is whole."""
    draft = path.with_name(f"{path.name}.part")
    draft.write_bytes(b"")
    async for _, piece in store.records(space_of(job)):
        await asyncio.to_thread(_append, draft, piece)
    draft.replace(path)


def _append(path: Path, piece: bytes) -> None:
    with path.open("ab") as file:
        file.write(piece)
