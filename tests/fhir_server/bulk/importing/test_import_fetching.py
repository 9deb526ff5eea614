"""Inputs by URL: from named origins only, no way around that, and with bounds."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import socket
import threading
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import zstandard
from export_asking import Ticks
from fhir_asking import NOW

from conformance.errors import BadRequest, FhirError, NotFound, TooLarge
from fhir_server.bulk.importing import fetching
from fhir_server.bulk.importing.fetching import Fetcher
from fhir_server.bulk.importing.order import IMPORT, Input, Order, Origin
from fhir_server.jobs import Board, State, Worker
from fhir_server.origins import parse_origins

LINE = json.dumps({"resourceType": "Patient", "id": "p1"}).encode() + b"\n"


class Files(BaseHTTPRequestHandler):
    """Files, redirects and faults by path."""

    protocol_version = "HTTP/1.1"
    asked: list[str] = []  # noqa: RUF012 - cleared by the fixture
    begun, left, full = threading.Event(), threading.Event(), threading.Event()
    """Of the drip: when it begins, when its client left, and when it ends."""

    def do_GET(self) -> None:
        self.asked.append(self.path)
        base = f"http://127.0.0.1:{self.server.server_port}"  # type: ignore[attr-defined]
        redirects = {
            "/moved": "/a.ndjson",
            "/away": "http://localhost:1/a",
            "/inside": "http://169.254.169.254/latest",
            "/round": f"{base}/round",
            "/named": f"{base}/tệp 1.ndjson".encode().decode("latin-1"),
            "/nowhere": "",
            "/broken": "http://[",
        }
        bodies = {"/a.ndjson": LINE, "/a.gz": gzip.compress(LINE), "/big": LINE * 10_000, "/short": LINE}
        codings = {"deflate": zlib.compress, "br": bytes, "gzip": gzip.compress, "identity": bytes}
        codings |= {"X-GZip": gzip.compress, "zstd": zstandard.ZstdCompressor().compress}
        bodies |= {f"/coded/{name}": pack(LINE) for name, pack in codings.items()}
        raw = {
            "/chunks": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
            "/mute": b"",
            "/mail": b"220 \n",
        }
        bodies["/t%E1%BB%87p%201.ndjson"] = LINE
        if self.path in redirects:
            self.send_response(302)
            self.send_header("location", redirects[self.path])
            self.send_header("content-length", "0")
            self.end_headers()
            return
        if self.path == "/drip":
            self.drip()
            return
        if self.path == "/heads":
            self.drip(b"X: y\r\n", begun=b"HTTP/1.1 200 OK\r\n")
            return
        if self.path == "/steady":
            self.steady()
            return
        if self.path in raw:
            self.wfile.write(raw[self.path])
            self.close_connection = True
            return
        body = bodies.get(self.path.partition("?")[0])
        self.send_response(200 if body else 404)
        self.send_header("content-length", str(len(body or b"") + 5 * (self.path == "/short")))
        if self.path.startswith("/coded/"):
            self.send_header("content-encoding", self.path.rpartition("/")[2])
        self.end_headers()
        self.wfile.write(body or b"")
        self.close_connection = True

    def drip(self, drop: bytes = b" ", begun: bytes = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n") -> None:
        """A drop at a time, as long as the client stays."""
        self.wfile.write(begun)
        with contextlib.suppress(OSError):
            while not self.full.wait(0.01):
                self.wfile.write(drop)
                self.begun.set()
        self.left.set()
        self.close_connection = True

    def steady(self) -> None:
        """Some lines at a time, slowly enough to take several spans of a test."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % (4000 * len(LINE)))
        for _ in range(4):
            self.wfile.write(LINE * 1000)
            self.full.wait(0.1)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def base() -> Iterator[str]:
    Files.asked.clear()
    for event in (Files.begun, Files.left, Files.full):
        event.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        Files.full.set()
        server.shutdown()
        thread.join()


def refusal(error: type[FhirError], fetcher: Fetcher, url: str, path) -> str:
    with pytest.raises(error) as caught:
        fetcher.fetch(url, path / "f")
    assert list(path.iterdir()) == []
    return caught.value.issues[0].message.id


def test_inputs_are_fetched_and_imported(imports, base):
    imports.fetcher = Fetcher(parse_origins(base), 1000)
    urls = [f"{base}/{name}" for name in ("a.ndjson?sig=x", "a.gz", "moved", "gone", "away", "big", "short")]
    job, state = imports.ordered(tuple(Input(Origin.URL, url, url, "Patient") for url in urls))
    assert [version.key.id for version in imports.versions()] == ["p1"]
    assert [one.stored for one in state.counts] == [1, 1, 1, 0, 0, 0, 0]
    told = [row["issue"][0]["details"]["text"] for row in imports.outcomes(state)]
    assert len(told) == 4
    assert "404" in told[0]
    assert not any(text.endswith("..") for text in told)
    assert "import_from" in told[1]
    assert "1000" in told[2]
    assert f"after {len(LINE)} of {len(LINE) + 5} bytes." in told[3]
    assert Files.asked[0] == "/a.ndjson?sig=x"
    assert not (imports.folder / "spool" / job.id).exists()


def test_a_name_that_is_not_ascii_is_asked_for_in_percent(base, tmp_path):
    fetcher = Fetcher(parse_origins(base), 1000)
    for number, name in enumerate(("tệp 1.ndjson", "t%E1%BB%87p%201.ndjson?tên=ơ", "named")):
        path = tmp_path / str(number)
        fetcher.fetch(f"{base}/{name}", path)
        assert path.read_bytes() == LINE
    assert Files.asked[1] == "/t%E1%BB%87p%201.ndjson?t%C3%AAn=%C6%A1"


def test_a_source_in_a_coding_that_is_not_read_is_one_error_that_names_it(imports, base):
    imports.fetcher = Fetcher(parse_origins(base), 1000)
    for name in ("identity", "gzip", "X-GZip", "zstd", "deflate", "br"):
        url = f"{base}/coded/{name}"
        _, state = imports.ordered((Input(Origin.URL, url, url, "Patient"),), language="vi")
        is_read = name not in ("deflate", "br")
        assert [(one.stored, one.refused) for one in state.counts] == [(1, 0) if is_read else (0, 1)]
        told = [row["issue"][0]["details"]["text"] for row in imports.outcomes(state)]
        assert [f"không đọc được mã hóa nội dung {name}." in text for text in told] == ([] if is_read else [True])


@pytest.mark.parametrize(
    ("name", "en", "vi"),
    [
        ("round", "too many redirects", "chuyển hướng quá nhiều lần"),
        ("gone", "HTTP status 404", "mã trạng thái HTTP 404"),
        ("short", "the connection ended after 40 of 45 bytes", "kết nối kết thúc sau 40 trong số 45 byte"),
        ("chunks", "the connection ended too early", "kết nối kết thúc quá sớm"),
        ("mute", "the connection ended too early", "kết nối kết thúc quá sớm"),
        ("mail", "the answer is no HTTP", "câu trả lời không phải HTTP"),
    ],
)
def test_why_a_source_cannot_be_had_is_said_in_both_languages(base, tmp_path, name, en, vi):
    with pytest.raises(NotFound) as caught:
        Fetcher(parse_origins(base), 1000).fetch(f"{base}/{name}", tmp_path / "f")
    [issue] = caught.value.issues
    assert [issue.text(language).partition(f"{name}")[2] for language in ("en", "vi")] == [
        f" could not be fetched: {en}.",
        f": {vi}.",
    ]


def test_a_host_that_does_not_answer_is_told(tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(NotFound, match="refuses the connection"):
            Fetcher(parse_origins(url), 1000).fetch(f"{url}/a", tmp_path / "f")


def test_a_redirect_that_leads_nowhere_is_no_empty_file(base, tmp_path):
    assert refusal(NotFound, Fetcher(parse_origins(base), 1000), f"{base}/nowhere", tmp_path) == "BLK-6507"


def test_what_lies_elsewhere_is_not_asked(base, tmp_path):
    fetcher = Fetcher(parse_origins(base), 1000)
    for url in ("http://localhost:1/x", "ftp://127.0.0.1/x", "file:///etc/passwd", "http://[", f"{base}@evil/x"):
        assert refusal(BadRequest, fetcher, url, tmp_path) == "BLK-6505"
    assert refusal(BadRequest, fetcher, f"{base}/away", tmp_path) == "BLK-6505"
    assert refusal(BadRequest, fetcher, f"{base}/inside", tmp_path) == "BLK-6505"
    assert refusal(BadRequest, fetcher, f"{base}/broken", tmp_path) == "BLK-6505"
    assert refusal(NotFound, fetcher, f"{base}/round", tmp_path) == "BLK-6507"
    assert refusal(TooLarge, fetcher, f"{base}/big", tmp_path) == "BLK-6508"
    assert refusal(BadRequest, Fetcher(frozenset(), 1000), f"{base}/a.ndjson", tmp_path) == "BLK-6505"


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "0.0.0.0", "fe80::1%1"])  # noqa: S104
def test_a_named_host_does_not_lead_inside(address, tmp_path, monkeypatch):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    found = [(family, socket.SOCK_STREAM, 6, "", (address, 443))]
    monkeypatch.setattr(fetching.socket, "getaddrinfo", lambda *_, **__: found)
    fetcher = Fetcher(parse_origins("https://files.example.org"), 1000)
    assert refusal(BadRequest, fetcher, "https://files.example.org/a", tmp_path) == "BLK-6506"


def test_origins_are_https_or_this_host():
    assert parse_origins("https://a.example, http://127.0.0.1:9 https://B.example:8443/") == {
        "https://a.example:443",
        "http://127.0.0.1:9",
        "https://b.example:8443",
    }
    for text in ("http://a.example", "a.example", "https://a.example/path", "https://u:p@a.example", "ftp://localhost"):
        with pytest.raises(ValueError, match=r"origin|https"):
            parse_origins(text)


@pytest.mark.parametrize("name", ["drip", "heads"])
def test_a_source_that_is_too_slow_is_given_up(base, tmp_path, name):
    with pytest.raises(NotFound) as caught:
        Fetcher(parse_origins(base), 1_000_000, span=0.2).fetch(f"{base}/{name}", tmp_path / "f")
    [issue] = caught.value.issues
    assert issue.text().endswith(": it gave less than 10000 bytes a second for a minute.")
    assert issue.text("vi").endswith(": nguồn gửi chậm hơn 10000 byte mỗi giây suốt một phút.")
    assert list(tmp_path.iterdir()) == []
    assert Files.left.wait(10)


def test_a_source_that_takes_long_but_is_fast_enough_is_read_to_its_end(base, tmp_path):
    Fetcher(parse_origins(base), 1_000_000, span=0.15).fetch(f"{base}/steady", tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == LINE * 4000


@pytest.mark.parametrize("is_cancelled", [True, False])
def test_a_source_that_never_ends_holds_nobody(imports, base, is_cancelled):
    imports.fetcher = Fetcher(parse_origins(base), 1_000_000)
    url = f"{base}/drip"
    name = imports.add(Order(inputs=(Input(Origin.URL, url, url, "Patient"),)))
    board = Board(imports.store)

    async def ended() -> None:
        worker, stop = Worker(board, {IMPORT: imports.kind}, Ticks(NOW), "w", lease=150_000), asyncio.Event()
        working = asyncio.create_task(worker.work(stop))
        assert await asyncio.to_thread(Files.begun.wait, 10)
        if is_cancelled:
            await board.cancel(name, NOW)
        else:
            stop.set()
        assert await asyncio.to_thread(Files.left.wait, 10)
        for _ in range(1000):
            if not is_cancelled or (await board.find(name)).state.is_final:
                break
            await asyncio.sleep(0.01)
        stop.set()
        await working

    imports.runner.run(asyncio.wait_for(ended(), 20))
    job = imports.runner.run(board.find(name))
    assert job.state is (State.CANCELLED if is_cancelled else State.QUEUED)
