"""May this write be made, and what does it make? The rules every engine follows inside its lock."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from fhir_server.store.protocol import Expect, Key, Op, Refusal, RefusalReason, Unit, Write, Written

#: So many bytes of a digest are kept and compared.
DIGEST_LENGTH = 16


class State(NamedTuple):
    """The current version of a key, as far as a decision needs it. All zero when the key was never written."""

    version_id: int
    last_updated: int
    position: int
    op: Op
    digest: bytes

    @property
    def is_live(self) -> bool:
        """True when there is a resource and it is not deleted or expunged."""
        return self.version_id > 0 and self.op < Op.DELETE

    def unchanged_by(self, write: Write) -> bool:
        """True when the write makes no version: the same content again, or a delete of what is not there."""
        if write.body is None:
            return not self.is_live
        return self.is_live and write.digest != b"" and write.digest[:DIGEST_LENGTH] == self.digest

    def op_of(self, write: Write) -> Op:
        """What the version is made by: bringing back a deleted resource counts as a create."""
        if write.body is None:
            return Op.DELETE
        return Op.UPDATE if self.is_live else Op.CREATE

    def written(self, key: Key) -> Written:
        """The outcome of a write that changes nothing."""
        return Written(key, self.version_id, self.last_updated, self.position, self.op, changed=False)


NEVER_WRITTEN = State(0, 0, 0, Op.DELETE, b"")


def refusal(write: Write, index: int, state: State) -> Refusal | None:
    """Why the write may not be made on this state; None when it may."""
    if write.expect == Expect.ABSENT and state.is_live:
        return Refusal(RefusalReason.EXISTS, write.key, state.version_id, index)
    if write.expect > 0 and write.expect != state.version_id:
        return Refusal(RefusalReason.VERSION, write.key, state.version_id, index)
    return None


def require_distinct_keys(units: Iterable[Unit]) -> None:
    """Raise ValueError when a key occurs twice in one unit."""
    for unit in units:
        keys = [write.key for write in unit.writes]
        if len(set(keys)) != len(keys):
            twice = next(key for key in keys if keys.count(key) > 1)
            raise ValueError(f"{twice} occurs twice in one unit")
