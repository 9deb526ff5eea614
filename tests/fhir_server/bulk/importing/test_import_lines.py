"""Pieces of a file: whatever is in it and wherever one goes on, every line comes once."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

import pytest
import zstandard
from hypothesis import assume, example, given
from hypothesis import strategies as st

from fhir_server.bulk.importing import lines
from fhir_server.bulk.importing.lines import Lines, Piece, TooManyBytes

PACKS = [bytes, gzip.compress, zstandard.ZstdCompressor().compress]
#: How what is packed begins.
PACKED = tuple(pack(b"a")[:2] for pack in PACKS[1:])
CONTENT = st.lists(st.binary(max_size=40).map(lambda data: data.replace(b"\n", b"")), max_size=1200)


def pieces(path: Path, start: Piece | None = None, limit: int = 0) -> list[Piece]:
    reader = Lines(path, limit=limit)
    try:
        if start:
            reader.skip(start.line + start.count, start.offset)
        return list(reader.pieces())
    finally:
        reader.close()


@given(CONTENT, st.sampled_from(PACKS), st.booleans())
@example([b"\x1f\x8b"], gzip.compress, True)
def test_law_pieces_are_the_file_from_any_checkpoint_on(rows, pack, ends):
    content = b"".join(row + b"\n" for row in rows) if ends else b"\n".join(rows)
    assume(pack is not bytes or not content.startswith(PACKED))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a"
        path.write_bytes(pack(content))
        whole = pieces(path)
        assert b"".join(piece.content for piece in whole) == content
        for index, piece in enumerate(whole):
            assert piece.count == len(piece.content.removesuffix(b"\n").split(b"\n")) <= lines.LINES
            assert piece.line == sum(before.count for before in whole[:index])
            assert pieces(path, piece) == whole[index + 1 :]


@pytest.mark.parametrize("pack", PACKS)
def test_a_line_beyond_measure_is_passed_over_in_bounded_memory(tmp_path, pack, monkeypatch):
    monkeypatch.setattr(lines, "LONGEST", 100)
    monkeypatch.setattr(lines, "BYTES", 50)
    path = tmp_path / "a"
    path.write_bytes(pack(b"a\n" + b"x" * 1000 + b"\nb\n" + b"y" * 1000))
    found = [(piece.line, piece.content, piece.offset) for piece in pieces(path)]
    assert found == [(0, b"a\n", 2), (1, None, 1003), (2, b"b\n", 1005), (3, None, 2005)]


def test_a_file_that_unpacks_to_more_than_the_limit_is_not_read_to_its_end(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(gzip.compress(b"0123456789\n" * 100_000))
    reader = Lines(path, limit=50_000)
    with pytest.raises(TooManyBytes):
        list(reader.pieces())
    assert reader.offset <= 50_000
    reader.close()


def test_zeros_after_packed_members_are_padding(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(gzip.compress(b"a\n") + bytes(512) + gzip.compress(b"b\n") + bytes(5000))
    assert b"".join(piece.content for piece in pieces(path)) == b"a\nb\n"


def test_frames_of_zstd_to_skip_are_skipped_wherever_they_stand(tmp_path):
    path, pack = tmp_path / "a", zstandard.ZstdCompressor().compress
    for first in (0x50, 0x5F):
        skipped = bytes((first, 0x2A, 0x4D, 0x18, 3, 0, 0, 0)) + b"abc"
        path.write_bytes(skipped + pack(b"a\n") + skipped + pack(b"b\n") + skipped)
        assert b"".join(piece.content for piece in pieces(path)) == b"a\nb\n"
