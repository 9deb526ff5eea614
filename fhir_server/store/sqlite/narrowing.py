"""Few vids, narrowed to those that the posting lists find.

To look up one vid in a posting list, FTS5 walks the list up to it, whatever came before; forty look-ups walk it forty
times. So more than a handful are met in one walk between the least and the greatest of them, as long as that is no
more work than to look them up.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from fhir_server.store.sqlite.plan import Text
from fhir_server.store.sqlite.session import Session

#: So few vids are looked up one by one.
HANDFUL = 3
#: Rows of a posting list that are met in about the time of one look-up.
STEPS = 2_000

_WALK = """
SELECT count(*), {last}(vid), json_group_array(vid) FILTER (WHERE +vid IN (SELECT value FROM json_each(:vids)))
FROM (SELECT rowid AS vid FROM idx WHERE idx MATCH :text AND rowid BETWEEN :low AND :high
      ORDER BY rowid {order} LIMIT :most)
"""
_FORWARD, _BACKWARD = _WALK.format(last="max", order="ASC"), _WALK.format(last="min", order="DESC")
_LOOK_UP = "SELECT EXISTS (SELECT 1 FROM idx WHERE idx MATCH ? AND rowid = ?)"


def narrowed(session: Session, text: Text, vids: Sequence[int], newest: int) -> list[int]:
    """Those of ``vids`` (in ascending order, each once) that a text finds; ``newest`` tells how far the lists go."""
    found = _found(session, text.expr, vids, newest)
    return [vid for vid in vids if (vid in found) is not text.negated]


def _found(session: Session, expr: str, vids: Sequence[int], newest: int) -> set[int]:
    """A walk begins at the nearer end of the list: the way to the first vid is most of its work."""
    if len(vids) <= HANDFUL:
        return _looked_up(session, expr, vids)
    most, walk = STEPS * len(vids), _BACKWARD if vids[0] + vids[-1] > newest else _FORWARD
    bound = {"vids": json.dumps(vids), "text": expr, "low": vids[0], "high": vids[-1], "most": most}
    ((met, last, listed),) = session.db.execute(walk, bound)
    rest = [vid for vid in vids if (vid < last if walk is _BACKWARD else vid > last)] if met == most else ()
    return {*json.loads(listed), *_looked_up(session, expr, rest)}


def _looked_up(session: Session, expr: str, vids: Sequence[int]) -> set[int]:
    return {vid for vid in vids if session.db.execute(_LOOK_UP, (expr, vid)).get}
