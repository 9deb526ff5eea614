"""Stored bytes: a body without its stamp, and the texts to sort by, packed with zstd under a dictionary of the type.

A row holds ``pack`` (the dictionary's number, 0 for none), ``cut`` (where the stamp goes) and ``size`` (where the
body ends and the sort texts begin).
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import apsw
import msgspec
import zstandard

from fhir_server.store.protocol import Body, instant

_LEVEL = 3
#: Bodies of a type that are collected before its dictionary is trained, or so many bytes of them: training takes
#: about ten times the memory of its samples. And the dictionary's size in bytes.
SAMPLES, SAMPLE_BYTES = 600, 2_000_000
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


def payload(body: Body, texts: SortTexts) -> bytes:
    """What is packed for a version."""
    single = {number: least if least == greatest else (least, greatest) for number, (least, greatest) in texts.items()}
    return b"%b%b%b" % (body.head, body.tail, _encoder.encode(single) if single else b"")


def trained(samples: list[bytes]) -> bytes:
    """A dictionary for bodies like these; empty when they do not make one."""
    try:
        return zstandard.train_dictionary(DICTIONARY_SIZE, list(samples), k=256, d=8, level=_LEVEL).as_bytes()
    except zstandard.ZstdError:
        return b""


class _Samples:
    """Bodies of one type on their way to a dictionary; dropped when they are handed out."""

    def __init__(self, *, is_done: bool = False) -> None:
        self._bodies: list[bytes] = []
        self._size = 0
        self._is_done = is_done

    def add(self, content: bytes) -> None:
        if not (self._is_done or self.is_ripe):
            self._bodies.append(content)
            self._size += len(content)

    @property
    def is_ripe(self) -> bool:
        return len(self._bodies) >= SAMPLES or self._size >= SAMPLE_BYTES

    def handed_out(self) -> list[bytes]:
        bodies, self._bodies, self._size, self._is_done = self._bodies, [], 0, True
        return bodies


class Packer:
    """Packs for the writer; knows the newest dictionary of each type (by the type's number)."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._plain = zstandard.ZstdCompressor(level=_LEVEL)
        self._by_type: dict[int, tuple[int, zstandard.ZstdCompressor]] = {}
        self._samples: defaultdict[int, _Samples] = defaultdict(_Samples)
        self.reload()

    def reload(self) -> None:
        """Take the dictionaries from the table: also after a rollback, when one installed in it is void."""
        self._by_type.clear()
        for number, of_type, data in self._db.execute("SELECT id, type, data FROM dictionary ORDER BY id"):
            self._use(number, of_type, data)

    def _use(self, number: int, type: int, data: bytes) -> None:
        dictionary = zstandard.ZstdCompressionDict(data)
        dictionary.precompute_compress(level=_LEVEL)
        self._by_type[type] = number, zstandard.ZstdCompressor(level=_LEVEL, dict_data=dictionary, write_dict_id=False)

    def pack(self, type: int, body: Body, texts: SortTexts) -> Packed:
        """The row's columns for a body of a type."""
        number, compressor = self._by_type.get(type, (0, self._plain))
        content = payload(body, texts)
        if not number:
            self._samples[type].add(content)
        return Packed(number, len(body.head), len(body.head) + len(body.tail), compressor.compress(content))

    def ripe(self) -> list[tuple[int, list[bytes]]]:
        """Types with enough samples, each told once."""
        return [(of_type, samples.handed_out()) for of_type, samples in self._samples.items() if samples.is_ripe]

    def install(self, type: int, data: bytes) -> None:
        """Store a trained dictionary and use it from now on. Only inside a write transaction."""
        number = int(
            self._db.execute("INSERT INTO dictionary (type, data) VALUES (?, ?) RETURNING id", (type, data)).get
        )
        self._use(number, type, data)
        self._samples[type] = _Samples(is_done=True)


class Unpacker:
    """Unpacks for one connection."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._by_number = {0: zstandard.ZstdDecompressor()}

    def decompressor(self, pack: int) -> zstandard.ZstdDecompressor:
        """What unpacks the bodies of a dictionary, by its number."""
        found = self._by_number.get(pack)
        if found is None:
            data = self._db.execute("SELECT data FROM dictionary WHERE id = ?", (pack,)).get
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
