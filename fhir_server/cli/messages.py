"""What the command line says, in English and Vietnamese. Ids are permanent."""

from conformance.issues import Message, Severity

INTERRUPTED = Message(
    "BLK-6101",
    Severity.ERROR,
    "incomplete",
    "Interrupted. What was reported as done is kept; run the same command again to complete the rest.",
    "Đã dừng. Phần đã báo hoàn tất vẫn được giữ; chạy lại đúng lệnh này để làm nốt phần còn lại.",
)
NOT_LOOPBACK = Message(
    "BLK-6102",
    Severity.ERROR,
    "security",
    "{host} is not a loopback address, and this server has no authorization yet. "
    "Bind to 127.0.0.1, or add --insecure if the network itself is protected.",
    "{host} không phải địa chỉ loopback, và máy chủ này chưa có phân quyền. "
    "Hãy dùng 127.0.0.1, hoặc thêm --insecure nếu mạng đã được bảo vệ.",
)
BAD_SETTING = Message(
    "BLK-6103", Severity.ERROR, "invalid", "Setting not usable: {error}.", "Thiết lập không dùng được: {error}."
)
UNREADABLE = Message(
    "BLK-6104",
    Severity.FATAL,
    "incomplete",
    "{path} cannot be read: {error}.",
    "Không đọc được {path}: {error}.",
)
NO_PATIENT = Message(
    "BLK-6105",
    Severity.ERROR,
    "not-found",
    "No patient has the id or identifier {asked}.",
    "Không có người bệnh nào mang mã hoặc số định danh {asked}.",
)
SEVERAL_PATIENTS = Message(
    "BLK-6106",
    Severity.ERROR,
    "multiple-matches",
    "Several patients have {asked}: {found}. Name one by its id, or write system|value.",
    "Nhiều người bệnh có {asked}: {found}. Hãy chọn một theo mã, hoặc viết system|value.",
)
NO_STORE = Message(
    "BLK-6107",
    Severity.ERROR,
    "not-found",
    "There is no store at {url} yet: run `fhir-server load` first, or name another with --store.",
    "Chưa có kho dữ liệu tại {url}: hãy chạy `fhir-server load` trước, hoặc chỉ kho khác bằng --store.",
)
SYSTEM = Message("BLK-6108", Severity.ERROR, "exception", "The system refused: {error}.", "Hệ thống từ chối: {error}.")
READY = Message(
    "BLK-6112",
    Severity.INFORMATION,
    "informational",
    "Serving {store} on http://{host}:{port}/fhir (Ctrl-C stops)",
    "Đang phục vụ {store} tại http://{host}:{port}/fhir (Ctrl-C để dừng)",
)
GENERATING = Message(
    "BLK-6113",
    Severity.INFORMATION,
    "informational",
    "Making up {visits} visits in {folder}",
    "Tạo {visits} lượt khám giả lập trong {folder}",
)
LOADING = Message(
    "BLK-6114",
    Severity.INFORMATION,
    "informational",
    "Loading {folder} into {store}",
    "Nạp {folder} vào {store}",
)
NEXT = Message(
    "BLK-6115",
    Severity.INFORMATION,
    "informational",
    "Every issue, with its file, table, row and field: {issues}\n"
    "Serve this store: make serve, or fhir-server serve --store {store}; then http://127.0.0.1:8080/fhir/metadata",
    "Từng vấn đề, kèm tệp, bảng, dòng và trường: {issues}\n"
    "Phục vụ kho này: make serve, hoặc fhir-server serve --store {store}; rồi mở http://127.0.0.1:8080/fhir/metadata",
)
GENERATED = Message(
    "BLK-6116",
    Severity.INFORMATION,
    "informational",
    "{envelopes} envelopes in {out}: {visits} visits ({resent} of them sent again), {rows} rows, {defects} defects",
    "{envelopes} tệp trong {out}: {visits} lượt khám ({resent} lượt gửi lại), {rows} dòng, {defects} lỗi gài sẵn",
)
CHECK_FAILED = Message(
    "BLK-6117",
    Severity.FATAL,
    "exception",
    "{path} could not be checked, the validator itself failed: {error}.",
    "Không kiểm tra được {path}, chính bộ kiểm tra gặp lỗi: {error}.",
)
CHECKER_DIED = Message(
    "BLK-6118",
    Severity.FATAL,
    "exception",
    "A checking process ended unexpectedly (killed, or out of memory). Run it again, with fewer --workers.",
    "Một tiến trình kiểm tra dừng bất thường (bị kết thúc hoặc thiếu bộ nhớ). Hãy chạy lại với ít --workers hơn.",
)
NOTHING_TO_CHECK = Message(
    "BLK-6119",
    Severity.ERROR,
    "not-found",
    "There is nothing to validate in {paths}: no .json, .xml, .ndjson or .jsonl file.",
    "Không có gì để kiểm tra trong {paths}: không có tệp .json, .xml, .ndjson hay .jsonl.",
)
WORKING = Message(
    "BLK-6120",
    Severity.INFORMATION,
    "informational",
    "Doing the jobs of {store} (Ctrl-C stops)",
    "Đang làm các công việc của {store} (Ctrl-C để dừng)",
)
PORT_TAKEN = Message(
    "BLK-6121",
    Severity.ERROR,
    "conflict",
    "{host}:{port} is taken: another program listens there. End it, or name another port with --port.",
    "{host}:{port} đã có chương trình khác dùng. Hãy dừng chương trình đó, hoặc chọn cổng khác bằng --port.",
)
EXPORTED = Message(
    "BLK-6122",
    Severity.INFORMATION,
    "informational",
    "{total} resources, {bytes} bytes in {seconds} s at position {position}",
    "{total} tài nguyên, {bytes} byte trong {seconds} giây, tại vị trí {position}",
)
INSTALLATION = Message("BLK-6123", Severity.INFORMATION, "informational", "installation: {path}", "cài đặt: {path}")
CANONICAL_BASE = Message(
    "BLK-6124", Severity.INFORMATION, "informational", "canonical base: {base}", "gốc canonical: {base}"
)
WHERE = Message(
    "BLK-6125",
    Severity.INFORMATION,
    "informational",
    "To see each issue with its file, table, row and field, add --issues FILE{again}.",
    "Muốn xem từng vấn đề kèm tệp, bảng, dòng và trường, hãy thêm --issues TỆP{again}.",
)
NO_FILE = Message(
    "BLK-6130",
    Severity.ERROR,
    "not-supported",
    "This command is for stores in a SQLite file. For this store use: {tool}.",
    "Lệnh này chỉ dùng cho kho SQLite. Với kho này hãy dùng: {tool}.",
)
COPIED = Message(
    "BLK-6131",
    Severity.INFORMATION,
    "informational",
    "{path}: {versions} versions, {bytes} bytes, verified, in {seconds} s",
    "{path}: {versions} phiên bản, {bytes} byte, đã kiểm tra, trong {seconds} giây",
)
CHECKED = Message(
    "BLK-6132",
    Severity.INFORMATION,
    "informational",
    "{store}: checked in {seconds} s, {findings} findings",
    "{store}: đã kiểm tra trong {seconds} giây, {findings} lỗi",
)
FINDINGS = Message(
    "BLK-6151",
    Severity.WARNING,
    "informational",
    "{name}: {refused} lines refused, {told} stored with findings",
    "{name}: từ chối {refused} dòng, {told} dòng được lưu kèm ghi nhận",
)
BROKEN_OFF = Message(
    "BLK-6155",
    Severity.ERROR,
    "incomplete",
    "{name}: cannot be read from line {line} on, nothing behind it was imported",
    "{name}: không đọc được từ dòng {line} trở đi, phần sau đó chưa được nhập",
)
ERROR_FILES = Message(
    "BLK-6154",
    Severity.INFORMATION,
    "informational",
    "To see each of them with its file and line, run the same command again with --errors DIR.",
    "Muốn xem từng dòng kèm tệp và số dòng, hãy chạy lại lệnh này với --errors THƯ_MỤC.",
)
IMPORTED = Message(
    "BLK-6152",
    Severity.INFORMATION,
    "informational",
    "{stored} resources stored, {refused} lines refused (job {job})",
    "Đã lưu {stored} tài nguyên, từ chối {refused} dòng (công việc {job})",
)
DELETIONS = Message(
    "BLK-6153",
    Severity.INFORMATION,
    "informational",
    "{deleted} deletions done",
    "Đã thực hiện {deleted} lệnh xóa",
)
CANNOT_MOVE = Message(
    "BLK-6133",
    Severity.ERROR,
    "not-supported",
    "Stores of the engine {url} cannot be moved from or into: it does not read and write single versions.",
    "Không chuyển được kho {url}: loại kho này không đọc và ghi được từng phiên bản.",
)
MOVED = Message(
    "BLK-6134",
    Severity.INFORMATION,
    "informational",
    "{versions} versions, {deletions} of them deletions, {records} records: the same in both stores",
    "{versions} phiên bản, trong đó {deletions} lần xoá, {records} bản ghi: giống nhau ở cả hai kho",
)
DIFFERENT = Message(
    "BLK-6135",
    Severity.ERROR,
    "exception",
    "The stores differ in: {differing}",
    "Hai kho khác nhau ở: {differing}",
)
BEHIND = Message(
    "BLK-6136",
    Severity.WARNING,
    "incomplete",
    "The first store was written meanwhile. Run the same command again for the rest.",
    "Kho nguồn đã có dữ liệu mới trong lúc chuyển. Hãy chạy lại lệnh này để chuyển nốt.",
)
