"""Valid documents with damage, as a broken sender, a broken disk or an attacker makes it."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

#: What a format gives a meaning to, to be put in wrong places.
JSON_PIECES = (
    b"{", b"}", b"[", b"]", b":", b",", b'"', b"null", b"true", b"-0", b"1e999", b"1e", b"NaN", b"\\u0000",
    b"\\ud800", b'"resourceType":"Bundle",', b'"extension":[', b'"contained":[', b'"_', b'"id":"a",',
    b"\xef\xbb\xbf", b"\x00", b"\xff",
)  # fmt: skip
XML_PIECES = (
    b"<", b">", b"/>", b"</", b"&", b"&amp;", b"&#0;", b"&#x110000;", b"<![CDATA[", b"]]>", b"<!--", b"-->",
    b"<?x?>", b"<!DOCTYPE a>", b' xmlns="urn:x"', b' xmlns:a="urn:x"', b' value="1"', b' id="a"',
    b"<extension url='a'>", b"<div>", b"<contained>", b"</contained>", b"xml:lang='vi'", b"\x00", b"\xff\xfe",
    b"<a:b/>",
)  # fmt: skip
PATH_PIECES = (
    b"(", b")", b".", b"|", b"'", b"`", b"%", b"$this", b"$total", b"{", b"}", b"@2020-01-01T", b"@T", b" and ",
    b" is ", b".where(", b".select(", b".repeat(", b".aggregate(", b".matches('(')", b".ofType(Quantity)",
    b" mod ", b" div ", b"-", b"1 'mg'", b"1.0", b"iif(", b".resolve()", b"[0]", b"[-1]", b"//", b"/*", b"\\",
    b".memberOf('x')", b".not()",
)  # fmt: skip
QUERY_PIECES = (
    b"&", b"=", b"%", b"%00", b"%ff", b"+", b"|", b",", b"$", b"\\", b":", b":missing", b":exact", b":not",
    b":in", b":of-type", b"_has:", b"_include", b"_sort", b"-", b"ge", b"sa2020", b"_count=", b"_filter=", b".",
    b"subject:Patient.", b"*", b";",
)  # fmt: skip
CLAIM_PIECES = (
    b"<HOSO>", b"</HOSO>", b"<FILEHOSO>", b"</FILEHOSO>", b"<LOAIHOSO>XML2</LOAIHOSO>", b"<![CDATA[", b"]]>",
    b"==", b"&", b"<NOIDUNGFILE>", b"</NOIDUNGFILE>", b"<!DOCTYPE a>",
    b"<?xml version='1.0' encoding='utf-16'?>", b"\x00", b"\xff", b"PGE+",
)  # fmt: skip


@st.composite
def damaged(draw: DrawFn, documents: Sequence[bytes], pieces: Sequence[bytes]) -> bytes:
    """One of the documents with one to four cuts; in each place comes a piece, some bytes, or a part of a document."""
    content = draw(st.sampled_from(documents))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = start + draw(st.sampled_from((0, 0, 1, 2, 8, 64, len(content))))
        content = content[:start] + draw(_instead(documents, pieces)) + content[end:]
    return content


def _instead(documents: Sequence[bytes], pieces: Sequence[bytes]) -> SearchStrategy[bytes]:
    other = st.sampled_from(documents)
    parts = st.tuples(other, st.integers(0, 400), st.integers(0, 60)).map(lambda at: at[0][at[1] : at[1] + at[2]])
    return st.just(b"") | st.sampled_from(pieces) | st.binary(max_size=4) | parts
