"""What the stores have to say: RST-45xx."""

from __future__ import annotations

from conformance.issues import Message, Severity

BUSY = Message(
    "RST-4501",
    Severity.ERROR,
    "lock-error",
    "The store is busy with another process. Try again.",
    "Kho dữ liệu đang bận vì một tiến trình khác. Hãy thử lại.",
)
FULL = Message(
    "RST-4502",
    Severity.FATAL,
    "no-store",
    "The disk of the store is full. Nothing was written.",
    "Đĩa chứa kho dữ liệu đã đầy. Chưa ghi gì cả.",
)
READ_ONLY = Message(
    "RST-4503",
    Severity.FATAL,
    "no-store",
    "The store cannot be written: its file or folder is read-only.",
    "Không ghi được vào kho dữ liệu: tệp hoặc thư mục chỉ cho đọc.",
)
IO_FAILED = Message(
    "RST-4504",
    Severity.FATAL,
    "no-store",
    "Reading or writing the store's file failed: {detail}.",
    "Đọc hoặc ghi tệp của kho dữ liệu bị lỗi: {detail}.",
)
CORRUPT = Message(
    "RST-4505",
    Severity.FATAL,
    "exception",
    "The store's file is damaged or is not a store: {detail}.",
    "Tệp của kho dữ liệu bị hỏng hoặc không phải là kho dữ liệu: {detail}.",
)
FAILED = Message(
    "RST-4506",
    Severity.ERROR,
    "exception",
    "The store could not do this: {detail}.",
    "Kho dữ liệu không thực hiện được việc này: {detail}.",
)
CLOSED = Message(
    "RST-4507",
    Severity.ERROR,
    "transient",
    "The store is closed.",
    "Kho dữ liệu đã đóng.",
)
PAGE_EXPIRED = Message(
    "RST-4508",
    Severity.ERROR,
    "expired",
    "This page has expired. Start the search again.",
    "Trang này đã hết hạn. Hãy tìm kiếm lại từ đầu.",
)
TOO_MANY_VALUES = Message(
    "RST-4509",
    Severity.ERROR,
    "too-costly",
    "More than {cap} values of parameter {param} match this text. Give a longer text.",
    "Có hơn {cap} giá trị của tham số {param} khớp với chuỗi này. Hãy nhập chuỗi dài hơn.",
)
TOO_MANY_TO_SORT = Message(
    "RST-4510",
    Severity.ERROR,
    "too-costly",
    "More than {cap} resources match; they cannot be sorted this way. Narrow the search or leave out _sort.",
    "Có hơn {cap} tài nguyên khớp nên không sắp xếp theo cách này được. Hãy thu hẹp tìm kiếm hoặc bỏ _sort.",
)
UNKNOWN_SCHEME = Message(
    "RST-4511",
    Severity.FATAL,
    "not-supported",
    "No store engine for {url}. Known: {known}.",
    "Không có kho dữ liệu nào cho {url}. Các loại đã biết: {known}.",
)
NETWORK_FILE_SYSTEM = Message(
    "RST-4512",
    Severity.FATAL,
    "not-supported",
    "{path} lies on a network file system ({kind}). The SQLite store needs a local disk.",
    "{path} nằm trên hệ thống tệp mạng ({kind}). Kho SQLite cần đĩa cục bộ.",
)
NEWER_LAYOUT = Message(
    "RST-4513",
    Severity.FATAL,
    "not-supported",
    "{path} has layout {found}, written by a newer server; this one knows layout {known}.",
    "{path} có bố cục {found} do máy chủ mới hơn tạo; máy chủ này chỉ biết bố cục {known}.",
)
BAD_CURSOR = Message(
    "RST-4514",
    Severity.ERROR,
    "value",
    "This page link does not belong to this search.",
    "Liên kết trang này không thuộc tìm kiếm này.",
)
SAME_HASH = Message(
    "RST-4515",
    Severity.ERROR,
    "conflict",
    "{key} cannot be stored: its hash is taken by {other}. Choose another id.",
    "Không lưu được {key}: mã băm đã thuộc về {other}. Hãy chọn mã định danh khác.",
)
