"""What conditional interactions with the same criteria have in common: the ``_id`` of one guard document.

Under snapshot isolation two transactions may each see that nothing matches, and both write. So each also changes the
guard document of its criteria, and the second of two that do so at once is refused by MongoDB and decided again.
"""

from __future__ import annotations

from hashlib import blake2b

from pymongo import UpdateOne

from fhir_server.store.query import And, Chain, Not, Or, Predicate, Query, ReverseChain


def guard_id(query: Query) -> bytes:
    """The same for queries that differ only in the order, repetition and nesting of their parts."""
    return _digest(f"{sorted(query.types)}{_normal(query.where)}")


def absence_id(record: str) -> bytes:
    """Of a record that is asked to be absent."""
    return _digest(f"record {record}")


def touch(of: bytes, mark: int = 0) -> UpdateOne:
    """The change of a guard document that no other transaction makes at the same time. The greatest mark is kept."""
    step = {"$inc": {"c": 1}, "$currentDate": {"at": True}, **({"$max": {"mark": mark}} if mark else {})}
    return UpdateOne({"_id": of}, step, upsert=True)


def _digest(text: str) -> bytes:
    return blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest()


#: Of the positions that open work reads: who takes one and who expunges exclude each other. Its mark is the position
#: before which none can be taken any more.
HOLDS_ID = _digest("holds")


def _normal(predicate: Predicate) -> str:
    match predicate:
        case And(parts) | Or(parts):
            of = type(predicate)
            flat = {_normal(inner) for part in parts for inner in (part.parts if isinstance(part, of) else (part,))}
            return next(iter(flat)) if len(flat) == 1 else f"{of.__name__}({', '.join(sorted(flat))})"
        case Not(part):
            return f"Not({_normal(part)})"
        case Chain(param, types, target):
            return f"Chain({param!r}, {sorted(types)}, {_normal(target)})"
        case ReverseChain(of_type, param, source):
            return f"ReverseChain({of_type!r}, {param!r}, {_normal(source)})"
        case _:
            fields = (getattr(predicate, name) for name in predicate.__slots__)
            return f"{type(predicate).__name__}({', '.join(map(_plain, fields))})"


def _plain(value: object) -> str:
    return repr(sorted(value)) if isinstance(value, frozenset) else repr(value)
