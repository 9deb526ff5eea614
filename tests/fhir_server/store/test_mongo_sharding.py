"""The shard keys and commands of docs/scale.md, as far as they can be held to account without a mongos.

Our test server has none, so no sharded cluster is run. What is tested: a real mongod accepts each key for its
collection, unique indexes begin with it, every statement that is sent can be routed by it, and the zones of the
commands leave no gap.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pymongo
import pytest
from mongo_stores import everything, opened, patients, put
from pymongo.monitoring import CommandListener, CommandStartedEvent

from fhir_server.store.protocol import Key, Record, Unit, Write
from fhir_server.store.reindexing import Reindexed

PAGE = (Path(__file__).parents[3] / "docs" / "scale.md").read_text("utf-8")
SHARDED: dict[str, list[str]] = {
    name: re.findall(r"(\w+): 1", key) for name, key in re.findall(r'shardCollection\("fhir\.(\w+)", \{(.*?)\}\)', PAGE)
}
#: Housekeeping asks all shards: the last vid before a moment, what has ended, what follows a vid in a migration.
_EVERYWHERE = {("version", "_id"), ("version", "g"), ("record", "_id")}


@pytest.fixture
def database(url: str) -> pymongo.database.Database[dict[str, Any]]:
    async def make() -> None:
        async with opened(url):
            pass

    asyncio.run(make())
    with pymongo.MongoClient(url) as client:
        yield client.get_default_database()


def test_the_page_shards_what_grows_with_the_store():
    assert SHARDED == {"version": ["t", "k"], "text": ["n", "s"], "record": ["_id"]}


def test_the_server_accepts_the_shard_keys(database):
    for name, key in SHARDED.items():
        pattern = dict.fromkeys(key, 1)
        database.command({"checkShardingIndex": f"{database.name}.{name}", "keyPattern": pattern})
    with pytest.raises(pymongo.errors.OperationFailure, match="valid index for shard key"):
        database.command({"checkShardingIndex": f"{database.name}.version", "keyPattern": {"k": 1}})


def test_unique_indexes_begin_with_the_shard_key(database):
    """What is unique on each shard is then unique in the cluster."""
    found = 0
    for name, key in SHARDED.items():
        for index in database[name].index_information().values():
            fields = [field for field, _ in index["key"]]
            if index.get("unique"):
                found += 1
                assert fields[: len(key)] == key, (name, index)
    assert found == 2


class Statements(CommandListener):
    """What is asked of the sharded collections: the collection, the kind, and the filter."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str, dict[str, Any]]] = []

    def started(self, event: CommandStartedEvent) -> None:
        command, kind = event.command, event.command_name
        name = command.get(kind)
        if name not in SHARDED:
            return
        if kind in {"update", "delete"}:
            self.found += [(name, kind, dict(one["q"])) for one in command[f"{kind}s"]]
        elif kind == "aggregate":
            self.found.append((name, kind, dict(command["pipeline"][0]["$match"])))
        elif kind == "find":
            self.found.append((name, kind, dict(command["filter"])))

    def succeeded(self, event: object) -> None:
        """It is enough that it was sent."""

    def failed(self, event: object) -> None:
        """It is enough that it was sent."""


def asked_of(query: dict[str, Any]) -> set[str]:
    """The fields that every match must have, by the filter."""
    return {field for field in query if not field.startswith("$")}.union(*map(asked_of, query.get("$and", [])))


def test_every_statement_can_be_routed(url):
    """Reads by the type at least, which is the beginning of the key; changes of documents by the whole key."""

    async def main() -> list[tuple[str, str, dict[str, Any]]]:
        sent = Statements()
        async with opened(url, event_listeners=[sent]) as store:
            await store.transact(patients(50))
            await everything(store)
            version = await store.read(Key("Patient", "1"))
            await store.reindex([Reindexed(version, put("Patient/1", note=version.body))])
            await store.transact([Unit((Write(Key("Patient", "1"), None),))])
            await store.transact([Unit(records=(Record("space", "name", None),))])
        return sent.found

    found = asyncio.run(main())
    assert {(name, kind) for name, kind, _ in found} >= {
        ("version", "find"),
        ("version", "aggregate"),
        ("version", "update"),
        ("record", "update"),
        ("record", "delete"),
        ("text", "find"),
    }
    for name, kind, query in found:
        fields, key = asked_of(query), SHARDED[name]
        if kind in {"update", "delete"}:
            assert set(key) <= fields, (name, kind, query)
            assert not any(isinstance(query[field], dict) for field in key), (name, kind, query)
        else:
            assert key[0] in fields or any((name, field) in _EVERYWHERE for field in fields), (name, kind, query)


_SHELL = """
const said = [];
const MinKey = {least: 1}, MaxKey = {greatest: 1};
const sh = new Proxy({}, {get: (_, name) => (...given) => { said.push([name, ...given]); return {ok: 1}; }});
%s
console.log(JSON.stringify(said));
"""


def _said() -> list[list[Any]]:
    """What the commands of the page do when they are run."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node to run the commands of the page")
    blocks = re.findall(r"```js\n(.*?)```", PAGE, re.DOTALL)
    script = _SHELL % "\n".join(blocks)
    done = subprocess.run([node, "-e", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: list[list[Any]] = json.loads(done.stdout)
    return found


def _rank(value: object) -> tuple[int, str]:
    """Where a bound stands among the values of a field."""
    return {'{"least": 1}': (0, ""), '{"greatest": 1}': (2, "")}.get(json.dumps(value), (1, str(value)))


def test_the_commands_of_the_page_cover_every_type_once():
    said = _said()
    assert [one for one in said if one[0] == "shardCollection"] == [
        ["shardCollection", f"fhir.{name}", dict.fromkeys(key, 1)] for name, key in SHARDED.items()
    ]
    ranges = [
        ((_rank(low["t"]), _rank(low["k"])), (_rank(high["t"]), _rank(high["k"])), zone)
        for name, _, low, high, zone in (one for one in said if one[0] == "updateZoneKeyRange")
    ]
    assert ranges[0][0] == ((0, ""), (0, ""))
    assert ranges[-1][1] == ((2, ""), (2, ""))
    assert all(low < high for low, high, _ in ranges)
    assert all(before[1] == after[0] for before, after in pairwise(ranges))

    def zone_of(of_type: str) -> str:
        at = ((1, of_type), (1, "5"))
        [zone] = [zone for low, high, zone in ranges if low <= at < high]
        return zone

    for of_type in ("Account", "Claim", "Encounter", "Group", "ZooThing"):
        assert zone_of(of_type) == "visits"
    assert zone_of("Patient") == zone_of("Person") == "persons"
    assert zone_of("Observation") == zone_of("MedicationRequest") == "results"
    assert {zone for _, _, zone in ranges} == {zone for name, _, zone in _three(said, "addShardToZone")}


def _three(said: list[list[Any]], name: str) -> list[list[Any]]:
    return [one for one in said if one[0] == name]
