"""Stored bytes: a body without its stamp, and the texts to sort by, packed with zstd under a dictionary of the type.

A row holds ``pack`` (the dictionary's number, 0 for none), ``cut`` (where the stamp goes) and ``size`` (where the
body ends and the sort texts begin).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import apsw
import msgspec
import zstandard

from fhir_server.store.protocol import Body, instant

#: Without a dictionary and for training one; with one. There the lower level gives 3 % more bytes, and takes a fifth of
#: the memory for each type.
_PLAIN_LEVEL, _LEVEL = 3, 1
#: A type's first dictionary is made of its first bodies, so that hardly any is packed without one: that takes two or
#: three times as long and gives five times the bytes. Its second and last is made of every tenth of those that follow,
#: as the first bodies may be much alike. Bodies that make the first and the second, and bytes from which they suffice.
SAMPLES, SAMPLE_BYTES = (100, 400), 400_000
_EVERY = (1, 10)
#: Bytes of a dictionary.
DICTIONARY_SIZE = 32_768

#: Number of an ORDER name -> its least and greatest text.
SortTexts = dict[int, tuple[str, str]]

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(dict[int, str | tuple[str, str]])


class Packed(NamedTuple):
    """The last four columns of a version row."""

    pack: int
    cut: int
    size: int
    body: bytes


NOTHING = Packed(0, 0, 0, b"")


class Payload(NamedTuple):
    """A body on its way into a row: its type's number, ``cut`` and ``size``, and what is packed."""

    type: int
    cut: int
    size: int
    content: bytes


def payload(type: int, body: Body | None, texts: SortTexts) -> Payload:
    """What is packed for a version of a type, by the type's number; empty for a deletion."""
    if body is None:
        return Payload(type, 0, 0, b"")
    head, tail = body
    single = {number: pair[0] if pair[0] == pair[1] else pair for number, pair in texts.items()}
    content = b"%b%b%b" % (head, tail, _encoder.encode(single) if single else b"")
    return Payload(type, len(head), len(head) + len(tail), content)


def trained(samples: list[bytes]) -> bytes:
    """A dictionary for bodies like these; empty when they do not make one."""
    try:
        return zstandard.train_dictionary(DICTIONARY_SIZE, list(samples), k=256, d=8, level=_PLAIN_LEVEL).as_bytes()
    except zstandard.ZstdError:
        return b""


class _Samples:
    """Bodies of one type on their way to its next dictionary, the first after ``made`` others."""

    def __init__(self, made: int = 0) -> None:
        self._made = made
        self._begin()

    def _begin(self) -> None:
        self._bodies: list[bytes] = []
        self._size = self._seen = 0

    @property
    def is_last_made(self) -> bool:
        """Is there no further dictionary to make?"""
        return self._made >= len(SAMPLES)

    def ripe(self, content: bytes) -> list[bytes]:
        """Take what will be packed; the contents that are enough for a dictionary now, mostly none."""
        if self.is_last_made or not content:
            return []
        self._seen += 1
        if self._seen % _EVERY[self._made]:
            return []
        self._bodies.append(content)
        self._size += len(content)
        if len(self._bodies) < SAMPLES[self._made] and self._size < SAMPLE_BYTES:
            return []
        bodies = self._bodies
        self._made += 1
        self._begin()
        return bodies


class Packer:
    """Packs for the writer; knows the newest dictionary of each type (by the type's number)."""

    def __init__(
        self, db: apsw.Connection, installing: Callable[[], AbstractContextManager[object]] = nullcontext
    ) -> None:
        """``installing`` is entered to store a dictionary: a write transaction, where there is none yet."""
        self._db = db
        self._installing = installing
        self._plain = zstandard.ZstdCompressor(level=_PLAIN_LEVEL)
        self._by_type: dict[int, tuple[int, zstandard.ZstdCompressor]] = {}
        self._samples: defaultdict[int, _Samples] = defaultdict(_Samples)
        self._made: Counter[int] = Counter()
        self._newest = 0
        self.refresh()

    def reload(self) -> None:
        """Take the dictionaries from the table: also after a rollback, when one installed in it is void."""
        self._by_type.clear()
        self._samples.clear()
        self._made.clear()
        self._newest = 0
        self.refresh()

    def refresh(self) -> None:
        """Take what is new in the table, perhaps of another process."""
        sql = "SELECT id, type, data FROM dictionary WHERE id > ? ORDER BY id"
        for number, of_type, data in self._db.execute(sql, (self._newest,)):
            self._use(number, of_type, data)
            self._samples[of_type] = _Samples(self._made[of_type])

    def _use(self, number: int, type: int, data: bytes) -> None:
        self._newest = number
        self._made[type] += 1
        dictionary = zstandard.ZstdCompressionDict(data)
        dictionary.precompute_compress(level=_LEVEL)
        self._by_type[type] = number, zstandard.ZstdCompressor(level=_LEVEL, dict_data=dictionary, write_dict_id=False)

    def pack(self, payloads: Sequence[Payload]) -> list[Packed]:
        """The rows' columns. When enough bodies of a type were seen, these included, a dictionary is trained and stored
        first, in some milliseconds."""
        for one in payloads:
            samples = self._samples[one.type].ripe(one.content)
            data = trained(samples) if samples else b""
            if data:
                with self._installing():
                    self.install(one.type, data)
        return [self._packed(*one) for one in payloads]

    def packed_early(self, payload: Payload) -> Packed | None:
        """The row's columns, also outside a write transaction; None while the type has dictionaries to make."""
        return self._packed(*payload) if self._samples[payload.type].is_last_made else None

    def _packed(self, type: int, cut: int, size: int, content: bytes) -> Packed:
        if not size:
            return NOTHING
        number, compressor = self._by_type.get(type, (0, self._plain))
        return Packed(number, cut, size, compressor.compress(content))

    def install(self, type: int, data: bytes) -> None:
        """Store a trained dictionary and use it from now on, unless another process was first; then use that one.

        Only inside a write transaction.
        """
        made = self._made[type]
        self.refresh()
        if self._made[type] == made:
            self._db.execute("INSERT INTO dictionary (type, data) VALUES (?, ?)", (type, data))
            self.refresh()


class Unpacker:
    """Unpacks for one connection."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._by_number = {0: zstandard.ZstdDecompressor()}

    def decompressor(self, pack: int) -> zstandard.ZstdDecompressor:
        """What unpacks the bodies of a dictionary, by its number. Raises ``ZstdError`` when it is not there."""
        found = self._by_number.get(pack)
        if found is None:
            data = self._db.execute("SELECT data FROM dictionary WHERE id = ?", (pack,)).get
            if not isinstance(data, bytes):
                raise zstandard.ZstdError(f"dictionary {pack} is missing")
            found = zstandard.ZstdDecompressor(dict_data=zstandard.ZstdCompressionDict(data))
            self._by_number[pack] = found
        return found

    def stamped(self, packed: Packed, version_id: int, last_updated: int) -> bytes:
        """The resource's JSON with its stamp; empty for a deletion."""
        pack, cut, size, body = packed
        if not size:
            return b""
        content = self.decompressor(pack).decompress(body)
        return b'%b"versionId":"%d","lastUpdated":"%b"%b' % (
            content[:cut],
            version_id,
            instant(last_updated),
            content[cut:size],
        )

    def sort_texts(self, packed: Packed) -> SortTexts:
        """The texts to sort by."""
        if not packed.size:
            return {}
        texts = self.decompressor(packed.pack).decompress(packed.body)[packed.size :]
        found = _decoder.decode(texts) if texts else {}
        return {number: (text, text) if isinstance(text, str) else text for number, text in found.items()}
