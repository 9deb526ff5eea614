"""What loading, mapping and exporting have to say. Ids are permanent."""

from conformance.issues import Message, Severity

OLDER = Message(
    "BLK-6001",
    Severity.WARNING,
    "conflict",
    "This submission ({value}) is older than the one already applied ({current}): kept raw, not applied.",
    "Bản gửi này ({value}) cũ hơn bản đã áp dụng ({current}): giữ nguyên bản gốc, không áp dụng.",
)
REFUSED = Message(
    "BLK-6002",
    Severity.ERROR,
    "business-rule",
    "The visit is not stored: {value} of its resources are invalid and the policy is to enforce. It is kept raw.",
    "Không lưu lượt khám: {value} tài nguyên không hợp lệ và chính sách là bắt buộc. Giữ nguyên bản gốc.",
)
UNKNOWN_SOURCE = Message(
    "BLK-6003",
    Severity.ERROR,
    "not-supported",
    "No mapper recognises this file.",
    "Không bộ ánh xạ nào nhận ra tệp này.",
)
UNREADABLE = Message(
    "BLK-6004", Severity.FATAL, "incomplete", "The file cannot be read: {value}.", "Không đọc được tệp: {value}."
)
CONTENDED = Message(
    "BLK-6005",
    Severity.FATAL,
    "lock-error",
    "Other writers kept changing what a batch shares ({value}), {tries} times. What was stored is kept; run again.",
    "Bên khác liên tục thay đổi dữ liệu dùng chung ({value}), {tries} lần. Phần đã lưu vẫn còn; chạy lại để làm nốt.",
)
WORKER_DIED = Message(
    "BLK-6006",
    Severity.FATAL,
    "exception",
    "A working process ended unexpectedly (killed, or out of memory). What was stored is kept; run again to complete.",
    "Một tiến trình phụ dừng bất thường (bị kết thúc hoặc thiếu bộ nhớ). Phần đã lưu vẫn còn; chạy lại để làm nốt.",
)
NO_INPUT = Message(
    "BLK-6007", Severity.FATAL, "not-found", "There is no file at {path}.", "Không có tệp nào tại {path}."
)
UNKNOWN_MAPPER = Message(
    "BLK-6008",
    Severity.ERROR,
    "not-supported",
    "There is no mapper {name}; there are {known}.",
    "Không có bộ ánh xạ {name}; hiện có {known}.",
)
CONTRADICTION = Message(
    "BLK-6009",
    Severity.WARNING,
    "conflict",
    "{table} {key}: this visit says {value}, others said {known}. The newest by date of visit is shown; both are kept.",
    "{table} {key}: lượt khám này ghi {value}, nơi khác ghi {known}. Hiển thị bản mới nhất theo ngày khám; giữ cả hai.",
)
MAPPER_FAILED = Message(
    "BLK-6010",
    Severity.FATAL,
    "exception",
    "This version of the mapper failed on the claim, which was left out; please report it: {value}",
    "Bộ ánh xạ phiên bản này gặp lỗi với hồ sơ và bỏ qua hồ sơ đó; xin hãy báo lại: {value}",
)
NO_FILE = Message(
    "BLK-6011",
    Severity.ERROR,
    "not-supported",
    "{path} is neither a file nor a folder; write what a pipe gives into a file first.",
    "{path} không phải là tệp hay thư mục; hãy ghi dữ liệu từ đường ống (pipe) ra tệp trước.",
)
SAME_FILE = Message(
    "BLK-6012",
    Severity.ERROR,
    "conflict",
    "{path} would be written over a file that this command reads or writes otherwise.",
    "{path} sẽ ghi đè lên một tệp mà lệnh này đang đọc hoặc ghi với mục đích khác.",
)
TARGET_IN_USE = Message(
    "BLK-6140",
    Severity.ERROR,
    "conflict",
    "The store to move into is not empty, and what it holds was not brought by a migration.",
    "Kho đích không trống và dữ liệu trong đó không do việc chuyển kho đưa vào.",
)
OTHER_ORIGIN = Message(
    "BLK-6141",
    Severity.ERROR,
    "conflict",
    "The store to move into holds what was moved from another store.",
    "Kho đích đang chứa dữ liệu được chuyển từ một kho khác.",
)
NO_REINDEX = Message(
    "BLK-6601",
    Severity.ERROR,
    "not-supported",
    "This store cannot index anew what it holds.",
    "Kho này không thể đánh lại chỉ mục cho dữ liệu đã có.",
)
REINDEX_NOT_ASYNC = Message(
    "BLK-6602",
    Severity.ERROR,
    "required",
    "$reindex answers asynchronously only: send the header Prefer: respond-async.",
    "$reindex chỉ trả lời không đồng bộ: hãy gửi tiêu đề Prefer: respond-async.",
)
REINDEX_ACCEPTED = Message(
    "BLK-6603",
    Severity.INFORMATION,
    "informational",
    "Indexing has begun; its status is at {url}.",
    "Đã bắt đầu đánh chỉ mục; trạng thái tại {url}.",
)
REINDEX_CANCELLED = Message(
    "BLK-6604",
    Severity.INFORMATION,
    "informational",
    "Indexing ends; what was indexed by now stays.",
    "Việc đánh chỉ mục dừng lại; phần đã làm vẫn còn.",
)
