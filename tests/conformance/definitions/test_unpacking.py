"""Reading archives that somebody else made."""

from __future__ import annotations

import gzip
import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from package_making import packed

from conformance.definitions.unpacking import unpack

GOOD = {"package.json": b"{}", "a.json": b'{"resourceType":"ValueSet"}', "other/b.json": b"[]", "c.xml": b"<a/>"}


def archive(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as made:
        for member, content in members:
            made.addfile(member, io.BytesIO(content))
    return target.getvalue()


def member(name: str, content: bytes = b"{}", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def test_json_files_come_with_their_paths() -> None:
    found = unpack(packed(GOOD))
    assert found == {
        "package/package.json": b"{}",
        "package/a.json": GOOD["a.json"],
        "package/other/b.json": b"[]",
    }


def test_a_leading_dot_changes_nothing() -> None:
    assert unpack(archive(member("./package/a.json"))) == {"package/a.json": b"{}"}


@pytest.mark.parametrize(
    "content",
    [
        archive(member("package/../../a.json")),
        archive(member("/etc/a.json")),
        archive(member("..\\a.json")),
        archive(member("package/a.json"), member("package/a.json")),
        archive(member("package/a.json"), member("./package/a.json")),
        archive(member("package/a.json", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd")),
        archive(member("package/a.json", b"", type=tarfile.LNKTYPE, linkname="package/b.json")),
        archive(member("package/a.json", b"", type=tarfile.CHRTYPE)),
        archive(member("package/a.json", b"", type=tarfile.FIFOTYPE)),
        b"",
        b"no archive",
        gzip.compress(b"no archive"),
        gzip.compress(b""),
        packed(GOOD)[:-9],
        packed(GOOD)[:40],
        gzip.compress(gzip.decompress(packed(GOOD)) + b"more"),
    ],
)
def test_what_could_deceive_a_reader_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        unpack(content)


def test_a_bomb_is_refused() -> None:
    bomb = gzip.compress(b"\0" * (64 * 1024 * 1024))
    assert len(bomb) < 100_000
    with pytest.raises(ValueError, match="unpack to more"):
        unpack(bomb)


def test_a_file_that_claims_more_than_there_is_is_refused() -> None:
    info = tarfile.TarInfo("package/a.json")
    info.size = 1 << 40
    with pytest.raises(ValueError, match=r"\w"):
        unpack(gzip.compress(info.tobuf() + b"{}".ljust(512, b"\0")))


@given(st.integers(0, len(packed(GOOD)) - 1), st.integers(1, 255))
def test_law_a_changed_byte_is_refused_or_does_not_matter(place: int, change: int) -> None:
    content = bytearray(packed(GOOD))
    content[place] ^= change
    try:
        found = unpack(bytes(content))
    except ValueError:
        return
    assert found == unpack(packed(GOOD)), "only the header of gzip may change unnoticed"


@given(st.lists(st.tuples(st.integers(0, 2047), st.integers(0, 255)), max_size=8))
def test_law_a_strange_archive_is_read_or_refused(changes: list[tuple[int, int]]) -> None:
    content = bytearray(gzip.decompress(packed(GOOD)))
    for place, value in changes:
        content[place] = value
    try:
        found = unpack(gzip.compress(bytes(content), 1))
    except ValueError:
        return
    assert all(".." not in name for name in found)
