"""Does what plans assume of ranges hold? See ``spans``: how long they are, and that a version has only one of a kind.

A plan that assumes too little answers less than there is; one that assumes too much is only slower, and no finding.
"""

from __future__ import annotations

from collections.abc import Iterator

import apsw

from conformance.issues import Issue
from fhir_server.store.sqlite.messages import SEVERAL, TOO_SHORT
from fhir_server.store.sqlite.names import Named
from fhir_server.store.sqlite.rows import ENDLESS

#: ``rows.length_of`` in SQL.
_LENGTH = f"""
CASE WHEN typeof(low) = 'integer' AND typeof(high) = 'integer' THEN min(high - low, {ENDLESS})
     WHEN typeof(low) = 'blob' AND length(high) = length(low) + 1 AND substr(high, -1) = x'00'
          AND substr(high, 1, length(low)) = low THEN 0
     ELSE {ENDLESS} END
"""
_TOO_SHORT = f"""
SELECT n.type, n.param, f.longest, r.length
FROM (SELECT n, max({_LENGTH}) AS longest FROM span GROUP BY n) f
JOIN reach r ON r.n = f.n LEFT JOIN name n ON n.n = f.n WHERE r.length < f.longest
"""
_SEVERAL = f"""
SELECT k.type, v.id, v.version, k.param, k.key
FROM span_of s CROSS JOIN name_key k ON k.n = s.n AND k.kind = {Named.SPAN:d} JOIN version v ON v.vid = s.vid
WHERE s.vid > ? AND s.vid <= ?
AND NOT EXISTS (SELECT 1 FROM name o WHERE o.kind = {Named.SEVERAL:d} AND o.type = k.type AND o.param = k.param
                AND o.key = k.key)
GROUP BY s.vid, k.type, k.param, k.key HAVING count(*) > 1
"""


def lengths(db: apsw.Connection) -> Iterator[Issue]:
    """Parameters with ranges that are longer than the table ``reach`` says. It is read in one look."""
    for of_type, param, longest, known in db.execute(_TOO_SHORT).fetchall():
        yield Issue(TOO_SHORT, str(of_type or ""), {"param": param, "longest": longest, "known": known})


def repeated(db: apsw.Connection, window: tuple[int, int]) -> Iterator[Issue]:
    """Versions above the first vid, up to the second, with several ranges where the names say that none has."""
    for of_type, logical_id, number, param, key in db.execute(_SEVERAL, window).fetchall():
        yield Issue(SEVERAL, f"{of_type}/{logical_id}/_history/{number}", {"param": f"{param}|{key}" if key else param})
