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
STANDALONE = Message(
    "RST-4516",
    Severity.FATAL,
    "not-supported",
    "This MongoDB server stands alone, and only members of a replica set have transactions: a unit could be half "
    "written. Start it with --replSet and call rs.initiate(); one node is enough.",
    "Máy chủ MongoDB này chạy đơn lẻ, mà chỉ thành viên của replica set mới có giao dịch: dữ liệu có thể bị ghi dở. "
    "Hãy khởi động với --replSet và gọi rs.initiate(); một nút là đủ.",
)
OLD_SERVER = Message(
    "RST-4517",
    Severity.FATAL,
    "not-supported",
    "This MongoDB server is too old: 6.0 or newer is needed.",
    "Máy chủ MongoDB này quá cũ: cần phiên bản 6.0 trở lên.",
)
NO_SERVER = Message(
    "RST-4518",
    Severity.ERROR,
    "transient",
    "No MongoDB server that can do this answers: none is reachable, or the set has no primary. Try again.",
    "Không có máy chủ MongoDB nào đáp ứng: không kết nối được, hoặc replica set chưa có nút chính. Hãy thử lại.",
)
NO_ACCESS = Message(
    "RST-4519",
    Severity.FATAL,
    "no-store",
    "The MongoDB server refuses access with the user and password of the store's URL.",
    "Máy chủ MongoDB từ chối truy cập với người dùng và mật khẩu trong URL của kho dữ liệu.",
)
BAD_URL = Message(
    "RST-4520",
    Severity.FATAL,
    "not-supported",
    "The MongoDB URL cannot be read. Write mongodb://user:password@host:port/database?replicaSet=name, with %-escapes "
    "in user and password.",
    "Không đọc được URL MongoDB. Hãy viết mongodb://user:password@host:port/database?replicaSet=name, dùng mã % trong "
    "tên người dùng và mật khẩu.",
)
TOO_SLOW = Message(
    "RST-4521",
    Severity.ERROR,
    "too-costly",
    "The search took too long and was stopped. Narrow it.",
    "Tìm kiếm mất quá nhiều thời gian nên đã bị dừng. Hãy thu hẹp điều kiện.",
)
TOO_LARGE = Message(
    "RST-4522",
    Severity.ERROR,
    "too-long",
    "The resource with its search values is larger than the 16 MB that MongoDB takes.",
    "Tài nguyên cùng các giá trị tìm kiếm lớn hơn 16 MB mà MongoDB cho phép.",
)
TOO_MANY_JOINED = Message(
    "RST-4523",
    Severity.ERROR,
    "too-costly",
    "More than {cap} resources match within the chain over {param}. Narrow the condition at its end.",
    "Có hơn {cap} tài nguyên khớp trong chuỗi qua {param}. Hãy thu hẹp điều kiện ở cuối chuỗi.",
)
UNCERTAIN = Message(
    "RST-4524",
    Severity.ERROR,
    "transient",
    "The store did not confirm in time whether the write was made. Read before you write again.",
    "Kho dữ liệu không kịp xác nhận việc ghi đã thực hiện hay chưa. Hãy đọc lại trước khi ghi tiếp.",
)
TRIAL_ONLY = Message(
    "RST-4525",
    Severity.WARNING,
    "informational",
    "The Mongita engine is for trials: what it stores may be lost or damaged when the program stops. "
    "Never keep patient data in it.",
    "Kho Mongita chỉ để dùng thử: dữ liệu có thể mất hoặc hỏng khi chương trình dừng. "
    "Không lưu dữ liệu người bệnh vào đây.",
)
TRIAL_IN_USE = Message(
    "RST-4526",
    Severity.FATAL,
    "lock-error",
    "{path} is open in another process, and the Mongita engine serves one process only.",
    "{path} đang được một tiến trình khác mở, mà kho Mongita chỉ phục vụ một tiến trình.",
)
TRIAL_FULL = Message(
    "RST-4527",
    Severity.ERROR,
    "no-store",
    "The Mongita engine holds {cap} versions at most. Use SQLite or MongoDB.",
    "Kho Mongita chỉ chứa tối đa {cap} phiên bản. Hãy dùng SQLite hoặc MongoDB.",
)
TRIAL_POSITION = Message(
    "RST-4528",
    Severity.ERROR,
    "not-supported",
    "The Mongita engine reads the present state only: something was written since this position.",
    "Kho Mongita chỉ đọc trạng thái hiện tại: đã có dữ liệu được ghi sau vị trí này.",
)
NO_DRIVER = Message(
    "RST-4529",
    Severity.FATAL,
    "not-supported",
    "The driver of this store is not installed: pip install {package}",
    "Chưa cài trình điều khiển của kho dữ liệu này: pip install {package}",
)
NOT_NEXT = Message(
    "RST-4540",
    Severity.ERROR,
    "conflict",
    "Version {version} of {key} cannot be written with its own stamp: version {current} is current here, or something "
    "newer was written.",
    "Không ghi được phiên bản {version} của {key} với dấu thời gian gốc: ở đây đang là phiên bản {current}, hoặc đã có "
    "dữ liệu mới hơn.",
)
