"""Walking matches in commit order."""

from __future__ import annotations

from fhir_server.store.protocol import Key
from fhir_server.store.query import Query
from fhir_server.store.sqlite.matches import Matches, matches
from fhir_server.store.sqlite.session import Session


def first_matches(session: Session, query: Query, position: int, limit: int) -> list[tuple[int, Key]]:
    """Hashes and keys of the first matches in commit order."""
    found = matches(session, query.types, query.where, position)
    vids = vids_in_order(session, found, limit=limit)
    sql = "SELECT h, type, id FROM version WHERE vid = ?"
    rows = (session.db.execute(sql, (vid,)).get for vid in vids)
    return [(h, Key(session.names.type(type_number), logical_id)) for h, type_number, logical_id in rows]


def vids_in_order(
    session: Session, found: Matches, *, limit: int, after: int | None = None, descending: bool = False, test: str = ""
) -> list[int]:
    """Vids of matches in commit order or against it, beyond ``after``."""
    conditions = [test] if test else []
    if after is not None:
        conditions.append(f"{{v}} {'<' if descending else '>'} {int(after)}")
    end = f"ORDER BY {{v}} {'DESC' if descending else 'ASC'} LIMIT {int(limit)}"
    sql = found.sql(*conditions, end=end)
    return [row[0] for row in session.db.execute(sql, found.binder.values)]


def count(session: Session, query: Query, position: int) -> int:
    """The number of matches."""
    found = matches(session, query.types, query.where, position)
    return int(session.db.execute(found.sql(columns="count(*)"), found.binder.values).get)
