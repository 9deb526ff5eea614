"""The MongoDB server that is measured: one node on this machine, with the options that docs/scale.md recommends."""

from __future__ import annotations

from functools import cache

from tests.mongo_server import ReplicaSet, mongod

#: What the server is written to stays in its cache until the next checkpoint, which writes it once.
_OPTIONS = {
    "--wiredTigerCacheSizeGB": "8",
    "--oplogSize": "512",
    "--syncdelay": "300",
    "--wiredTigerEngineConfigString": (
        "eviction_dirty_target=40,eviction_dirty_trigger=60,eviction_updates_target=30,eviction_updates_trigger=50"
    ),
}


@cache
def server() -> ReplicaSet | None:
    """The server, started once; None when there is no mongod here."""
    binary = mongod()
    return ReplicaSet(binary, 1, options=_OPTIONS) if binary else None


def process() -> int:
    """The id of its process."""
    running = server()
    if running is None:
        raise RuntimeError("there is no mongod")
    return running.nodes[0].process.pid


def checkpoint(database: str) -> int:
    """Write all that is new to the files, as the server does at times; the bytes of a database and its indexes."""
    running = server()
    if running is None:
        raise RuntimeError("there is no mongod")
    with running.nodes[0].client() as client:
        client.admin.command("fsync")
        found = client[database].command("dbStats")
    return int(found["storageSize"] + found["indexSize"])
