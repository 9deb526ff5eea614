"""Settings: one table of name, type, default, environment variable and help, read by the CLI, the server and the docs.

A setting is a field of ``Settings``; its environment variable is ``FHIR_SERVER_`` and the name in capitals. Options of
the command line win over the environment, the environment over the defaults.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from datetime import timedelta, timezone
from types import MappingProxyType
from typing import Any, NamedTuple

from fhir_server.origins import parse_origins, parse_page_origins
from terminology.names import DEFAULT_BASE

PREFIX = "FHIR_SERVER_"

#: What findings of validation may do.
POLICIES = ("off", "warn", "enforce")
#: How much an import checks.
LEVELS = ("off", "structure", "warn", "enforce")

SWITCH = ("on", "off")

#: Words for the profiles of ``policy_profiles``.
NATIONAL, NONE = "national", "none"


def _setting(default: Any, en: str, vi: str, choices: tuple[str, ...] = ()) -> Any:
    return field(default=default, metadata={"en": en, "vi": vi, "choices": choices})


@dataclass(frozen=True, slots=True)
class Settings:
    """Values of one process. ``from_environment`` reads them; ``dataclasses.replace`` changes one."""

    store: str = _setting(
        "sqlite:data/fhir.sqlite",
        "URL of the store; `sqlite:path` is relative to the working directory, `sqlite:///path` absolute; "
        "`mongodb://host/database?replicaSet=name` and others: docs/engines.md.",
        "URL của kho dữ liệu; `sqlite:đường/dẫn` tính từ thư mục làm việc, `sqlite:///đường/dẫn` là tuyệt đối; "
        "`mongodb://máy/cơ_sở?replicaSet=tên` và loại khác: docs/engines.md.",
    )
    canonical_base: str = _setting(
        DEFAULT_BASE,
        "Canonical base of our own definitions, chosen once at `init` and kept in the store.",
        "Gốc canonical của các định nghĩa riêng, chọn một lần khi `init` và giữ trong kho.",
    )
    package: str = _setting(
        "",
        "Path of the R4 definitions package (.tgz) for `init`; empty: search as `init` documents.",
        "Đường dẫn gói định nghĩa R4 (.tgz) cho `init`; để trống: tìm theo thứ tự của `init`.",
    )
    registry: str = _setting(
        "",
        "Base URL of a FHIR package registry for `init` and `package add`; empty: none is asked.",
        "URL của kho gói FHIR cho `init` và `package add`; để trống: không hỏi kho nào.",
    )
    cache: str = _setting(
        "",
        "Folder of the compiled definitions; empty: `fhir-server` under XDG_CACHE_HOME.",
        "Thư mục chứa định nghĩa đã biên dịch; để trống: `fhir-server` trong XDG_CACHE_HOME.",
    )
    installation: str = _setting(
        "",
        "File of the installation key and base; empty: `fhir-server/installation.json` under XDG_DATA_HOME.",
        "Tệp khóa cài đặt và gốc canonical; để trống: `fhir-server/installation.json` trong XDG_DATA_HOME.",
    )
    host: str = _setting(
        "127.0.0.1",
        "Address to listen on; anything but loopback needs `--insecure`.",
        "Địa chỉ lắng nghe; ngoài loopback phải có `--insecure`.",
    )
    port: int = _setting(8080, "Port to listen on.", "Cổng lắng nghe.")
    server: str = _setting("granian", "HTTP server.", "Máy chủ HTTP.", ("granian", "uvicorn"))
    workers: int = _setting(
        0,
        "Server processes; 0: one for each processor. A store in memory has one.",
        "Số tiến trình máy chủ; 0: một tiến trình mỗi bộ xử lý. Kho trong bộ nhớ chỉ có một.",
    )
    base_url: str = _setting(
        "",
        "Public base URL of the FHIR service; empty: answers take it from each request, and references below "
        "`http://host:port/fhir` are local, on this host by each of its names there (`localhost`, `127.0.0.1` …). "
        "Commands that write to the store of a server need the same.",
        "URL gốc công khai của dịch vụ FHIR; để trống: câu trả lời lấy từ từng yêu cầu, tham chiếu dưới "
        "`http://host:port/fhir` là nội bộ, trên chính máy này theo mọi tên của nó (`localhost`, `127.0.0.1` …). Lệnh "
        "ghi vào kho của máy chủ cần cùng giá trị.",
    )
    cors_origins: str = _setting(
        "",
        "Origins whose web pages may use the FHIR service from a browser, with commas: `https://app.example.org`; `*`: "
        "all; empty: none.",
        "Các nguồn mà trang web được gọi dịch vụ FHIR từ trình duyệt, cách nhau bằng dấu phẩy: "
        "`https://app.example.org`; `*`: mọi nguồn; để trống: không nguồn nào.",
    )
    language: str = _setting(
        "",
        "Language of messages; empty: from LC_ALL, LC_MESSAGES or LANG.",
        "Ngôn ngữ thông báo; để trống: theo LC_ALL, LC_MESSAGES hoặc LANG.",
        ("", "en", "vi"),
    )
    zone: str = _setting(
        "+07:00",
        "Zone of dates and times that carry none.",
        "Múi giờ của ngày giờ không ghi múi giờ.",
    )
    validation: str = _setting(
        "off",
        "What a full validation does to writes over HTTP: it is not made (off), its findings are told (warn), its "
        "errors refuse the write (enforce). Structure is checked in any case.",
        "Kiểm tra đầy đủ khi ghi qua HTTP: không làm (off), chỉ báo kết quả (warn), có lỗi thì từ chối (enforce). "
        "Cấu trúc luôn được kiểm tra.",
        POLICIES,
    )
    validation_by_type: str = _setting(
        "",
        "The same for single resource types, which goes before it: `Patient=enforce,Observation=warn`.",
        "Tương tự cho từng loại tài nguyên, được ưu tiên hơn: `Patient=enforce,Observation=warn`.",
    )
    policy_profiles: str = _setting(
        "national",
        "Profiles that a validated write must meet, claimed or not: `national` (the national profile of each type), "
        "`Type=canonical`, several with commas, or `none`.",
        "Hồ sơ mà tài nguyên phải theo dù có khai hay không: `national` (hồ sơ quốc gia của từng loại), "
        "`Loại=canonical`, nhiều mục cách nhau bằng dấu phẩy, hoặc `none`.",
    )
    update_create: str = _setting(
        "on",
        "Whether an update of what never existed creates it, under the id that the client chose; `off` answers 405.",
        "Cập nhật một id chưa từng có thì tạo tài nguyên mới với id do máy khách chọn; `off` trả về 405.",
        SWITCH,
    )
    conditional_delete: str = _setting(
        "single",
        "How many resources a conditional delete may delete; several matches are 412 (single) or all deleted, up to "
        "1000 at once (multiple).",
        "Số tài nguyên một lệnh xoá có điều kiện được xoá; nhiều kết quả thì trả về 412 (single) hoặc xoá tất cả, "
        "tối đa 1000 mỗi lần (multiple).",
        ("single", "multiple"),
    )
    expunge: str = _setting(
        "off",
        "Whether clients on this host may remove deleted resources and previous versions for good with `$expunge` "
        "(on), or all that is stored too (everything).",
        "Cho máy khách trên chính máy này dùng `$expunge` để xoá hẳn tài nguyên đã xoá và phiên bản cũ (on), hoặc cả "
        "mọi dữ liệu (everything).",
        ("off", "on", "everything"),
    )
    full_text: str = _setting(
        "off",
        "Whether the words of every resource are indexed for `_text` and `_content`, which makes the index larger. "
        "Choose before anything is stored: what was stored while it was off is not found by its words.",
        "Có đánh chỉ mục từng từ của mọi tài nguyên cho `_text` và `_content` hay không (chỉ mục sẽ lớn hơn). Chọn "
        "trước khi lưu dữ liệu: những gì đã lưu khi tắt sẽ không tìm được theo từ.",
        SWITCH,
    )
    load_validation: str = _setting(
        "warn",
        "What a check of structure does in `load`: nothing is checked (off), findings become issues (warn), an invalid "
        "visit is kept raw only (enforce).",
        "Kiểm tra cấu trúc khi `load`: không làm (off), kết quả thành danh sách vấn đề (warn); `enforce` chỉ giữ bản "
        "gốc của lượt khám sai.",
        POLICIES,
    )
    load_workers: int = _setting(
        0,
        "Mapping processes of `load` and `map`; 0: one for each processor.",
        "Số tiến trình ánh xạ của `load` và `map`; 0: một tiến trình mỗi bộ xử lý.",
    )
    default_count: int = _setting(
        50, "Matches on a search page when `_count` is absent.", "Số kết quả mỗi trang khi không có `_count`."
    )
    max_count: int = _setting(
        1000, "Most matches on a search page, whatever `_count` asks.", "Số kết quả tối đa mỗi trang."
    )
    max_body: int = _setting(
        16 * 1024 * 1024, "Largest request body in bytes.", "Kích thước tối đa của nội dung yêu cầu, tính bằng byte."
    )
    job_workers: int = _setting(
        1,
        "Processes beside the server that do its jobs, such as exports, one at a time each; 0: none, `fhir-server jobs "
        "work` does them.",
        "Số tiến trình cạnh máy chủ làm các công việc như xuất dữ liệu, mỗi tiến trình làm lần lượt từng việc; 0: "
        "không có, dùng `fhir-server jobs work`.",
    )
    job_limit: int = _setting(
        100,
        "Jobs that may wait or run at a time when clients ask for more (429, for each owner once there is "
        "authorization); 0: any number.",
        "Số công việc được chờ hoặc chạy cùng lúc khi máy khách yêu cầu thêm (429, tính theo từng chủ khi có phân "
        "quyền); 0: không giới hạn.",
    )
    job_keep: int = _setting(
        24 * 3600,
        "Seconds that an ended job and its files stay.",
        "Số giây giữ công việc đã kết thúc và các tệp của nó.",
    )
    job_list: str = _setting(
        "off",
        "Whether clients on this host may list and cancel all jobs at `/fhir/_jobs`: there is no authorization yet.",
        "Cho máy khách trên chính máy này xem và huỷ mọi công việc tại `/fhir/_jobs`: chưa có phân quyền.",
        SWITCH,
    )
    export_to: str = _setting(
        "",
        "Where exports are written: a folder, or `s3://bucket/folder`; empty: beside the store, `<store>-exports`.",
        "Nơi ghi tệp xuất: một thư mục, hoặc `s3://bucket/folder`; để trống: cạnh kho, `<kho>-exports`.",
    )
    export_file_size: int = _setting(
        128 * 1024 * 1024,
        "Bytes from which an exported file is full.",
        "Số byte mà từ đó một tệp xuất được coi là đầy.",
    )
    import_validation: str = _setting(
        "structure",
        "What `import` and `$import` check of each resource: only type and id (off), what every write over HTTP checks "
        "(structure), everything, told (warn), everything, and what has errors is refused (enforce).",
        "`import` và `$import` kiểm tra gì: chỉ loại và id (off), như mọi lệnh ghi qua HTTP (structure), toàn bộ, chỉ "
        "báo (warn), toàn bộ và từ chối tài nguyên có lỗi (enforce).",
        LEVELS,
    )
    import_from: str = _setting(
        "",
        "Origins whose files `$import` may fetch, with commas: `https://files.example.org`, or `http:` on this host; "
        "empty: none, files are uploaded or given to `fhir-server import`.",
        "Các nguồn mà `$import` được tải tệp, cách nhau bằng dấu phẩy: `https://files.example.org`, hoặc `http:` trên "
        "chính máy này; để trống: không nguồn nào, chỉ tải lên trực tiếp hoặc dùng `fhir-server import`.",
    )
    import_max_size: int = _setting(
        10 * 1024**3,
        "Most bytes of a fetched file, as it is sent and unpacked.",
        "Số byte tối đa của một tệp được tải về, cả khi nén và khi giải nén.",
    )
    log_level: str = _setting(
        "info", "How much the server logs.", "Mức ghi nhật ký.", ("error", "warning", "info", "debug")
    )

    @property
    def timezone(self) -> timezone:
        """``zone`` as a fixed offset."""
        return parse_zone(self.zone)

    @property
    def own_base_url(self) -> str:
        """Where this server is for itself: ``base_url``, or without one what it listens on. Below it all is local."""
        if self.base_url:
            return self.base_url.rstrip("/")
        host = f"[{self.host}]" if ":" in self.host and self.host[:1] != "[" else self.host
        return f"http://{host}:{self.port}/fhir"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = MappingProxyType(os.environ)) -> Settings:
        """The settings that the environment names, defaults for the rest; ValueError names a bad variable."""
        given = {
            row.name: row.parse(environment[row.variable]) for row in SETTINGS if environment.get(row.variable, "")
        }
        return cls(**given)


class Setting(NamedTuple):
    """One row of the table."""

    name: str
    type: type
    default: object
    choices: tuple[str, ...]
    en: str
    vi: str

    @property
    def variable(self) -> str:
        """The environment variable, such as ``FHIR_SERVER_PORT``."""
        return PREFIX + self.name.upper()

    def parse(self, text: str) -> Any:
        """The value that ``text`` spells; ValueError names the variable and what it may be."""
        try:
            value = _PARSERS[self.type](text)
            _CHECKS.get(self.name, lambda _: None)(value)
        except ValueError as error:
            raise ValueError(f"{self.variable}={text}: {error}") from error
        if self.choices and value not in self.choices:
            raise ValueError(f"{self.variable}={text}: one of {', '.join(filter(None, self.choices))}")
        return value


def parse_zone(text: str) -> timezone:
    """``+07:00``, ``-03:30`` or ``Z`` as a fixed offset; ValueError otherwise."""
    if text == "Z":
        return timezone(timedelta(0))
    match = re.fullmatch(r"([+-])(\d\d):([0-5]\d)", text)
    if not match or match[2] > "14":
        raise ValueError("an offset such as +07:00")
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-offset if match[1] == "-" else offset)


def parse_by_type(text: str) -> list[tuple[str, str]]:
    """``Patient=enforce,Observation=off`` as pairs; ValueError for what is not written like that."""
    pairs = [item.partition("=") for item in filter(None, re.split(r"[,\s]+", text))]
    if not all(name.isalpha() and value for name, _, value in pairs):
        raise ValueError("items such as Patient=value, with commas between them")
    return [(name, value) for name, _, value in pairs]


def parse_policies(text: str) -> dict[str, str]:
    """The policy of each resource type that ``text`` names; ValueError for a word that is none."""
    found = dict(parse_by_type(text))
    unknown = [value for value in found.values() if value not in POLICIES]
    if unknown:
        raise ValueError(f"{unknown[0]} is none of {', '.join(POLICIES)}")
    return found


def parse_profiles(text: str) -> tuple[bool, list[tuple[str, str]]]:
    """Whether the national profiles are meant, and type and canonical of the others; ValueError for anything else."""
    items = [item for item in re.split(r"[,\s]+", text) if item and item != NONE]
    return NATIONAL in items, parse_by_type(",".join(item for item in items if item != NATIONAL))


def _count_from(least: int, most: float = float("inf")) -> Callable[[int], None]:
    """A check that a number is within these limits; ValueError names them."""

    def check(value: int) -> None:
        if not least <= value <= most:
            raise ValueError(f"{least} or more" if value < least else f"at most {most:.0f}")

    return check


def _check_base_url(text: str) -> None:
    if text and not re.match(r"https?://[^/]", text):
        raise ValueError("a URL such as https://fhir.example.vn/fhir")


_PARSERS: dict[type, Callable[[str], Any]] = {str: str, int: int}
_CHECKS: dict[str, Callable[[Any], object]] = {
    **dict.fromkeys(("workers", "load_workers", "job_workers", "job_limit", "job_keep"), _count_from(0)),
    **dict.fromkeys(("default_count", "max_count", "max_body", "export_file_size", "import_max_size"), _count_from(1)),
    "port": _count_from(1, 65535),
    "base_url": _check_base_url,
    "zone": parse_zone,
    "validation_by_type": parse_policies,
    "policy_profiles": parse_profiles,
    "import_from": parse_origins,
    "cors_origins": parse_page_origins,
}


def _row(item: Field[Any]) -> Setting:
    meta = item.metadata
    return Setting(item.name, type(item.default), item.default, meta["choices"], meta["en"], meta["vi"])


SETTINGS: tuple[Setting, ...] = tuple(_row(item) for item in fields(Settings))


def markdown() -> str:
    """The table of ``docs/settings.md``."""
    head = ["| Setting | Variable | Type | Default | What it does | Ý nghĩa |", "|---|---|---|---|---|---|"]
    return "\n".join([*head, *map(_markdown_row, SETTINGS)]) + "\n"


def _markdown_row(row: Setting) -> str:
    kind = " or ".join(f"`{choice}`" for choice in row.choices if choice) or row.type.__name__
    default = f"`{row.default}`" if row.default != "" else "(empty)"
    return f"| {row.name} | `{row.variable}` | {kind} | {default} | {row.en} | {row.vi} |"
