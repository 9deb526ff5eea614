"""What copying and checking the file of the SQLite engine has to say: RST-455x and RST-456x."""

from __future__ import annotations

from conformance.issues import Message, Severity

IN_USE = Message(
    "RST-4550",
    Severity.ERROR,
    "lock-error",
    "{path} is in use: stop the server and every other command that has it open, then try again.",
    "{path} đang được sử dụng: hãy dừng máy chủ và mọi lệnh khác đang mở tệp này rồi thử lại.",
)
NOT_EMPTY = Message(
    "RST-4551",
    Severity.ERROR,
    "conflict",
    "{path} is there and not empty. To replace it for good, add --replace.",
    "{path} đã có và không trống. Muốn thay thế hẳn, hãy thêm --replace.",
)
EXISTS = Message(
    "RST-4552",
    Severity.ERROR,
    "conflict",
    "{path} is there already. Choose another name.",
    "{path} đã có. Hãy chọn tên khác.",
)
NO_BACKUP = Message(
    "RST-4553",
    Severity.ERROR,
    "not-found",
    "There is no file {path}.",
    "Không có tệp {path}.",
)
BEING_MADE = Message(
    "RST-4554",
    Severity.ERROR,
    "lock-error",
    "Another process is writing {path} just now.",
    "Một tiến trình khác đang ghi {path}.",
)
BAD_COPY = Message(
    "RST-4555",
    Severity.FATAL,
    "exception",
    "The copy is not whole and was thrown away; nothing was replaced. First finding: {detail}",
    "Bản sao không toàn vẹn nên đã bị bỏ; chưa thay thế gì. Lỗi đầu tiên: {detail}",
)
NOT_A_STORE = Message(
    "RST-4556",
    Severity.ERROR,
    "not-supported",
    "{path} holds no store of this server: it is empty, or a database of another program.",
    "{path} không chứa kho của máy chủ này: tệp trống, hoặc là cơ sở dữ liệu của chương trình khác.",
)
DAMAGED = Message(
    "RST-4560",
    Severity.FATAL,
    "exception",
    "The file is damaged: {detail}. Restore a backup.",
    "Tệp bị hỏng: {detail}. Hãy khôi phục từ bản sao lưu.",
)
NO_VERSION = Message(
    "RST-4561",
    Severity.ERROR,
    "exception",
    "The versions {first} to {last} in commit order are missing.",
    "Thiếu các phiên bản thứ {first} đến {last} theo thứ tự ghi.",
)
GAP = Message(
    "RST-4562",
    Severity.ERROR,
    "exception",
    "The version before this one is missing or does not end where this one begins.",
    "Phiên bản liền trước bị thiếu hoặc không kết thúc đúng lúc phiên bản này bắt đầu.",
)
NOT_CURRENT = Message(
    "RST-4563",
    Severity.ERROR,
    "exception",
    "The lists of current and of earlier versions do not say of this version what it says itself.",
    "Danh sách phiên bản hiện tại và phiên bản cũ không khớp với chính phiên bản này.",
)
BAD_STAMP = Message(
    "RST-4564",
    Severity.ERROR,
    "exception",
    "Position, lastUpdated, operation or hash of the version cannot be so.",
    "Vị trí, lastUpdated, thao tác hoặc mã băm của phiên bản không hợp lệ.",
)
STRAYS = Message(
    "RST-4565",
    Severity.ERROR,
    "exception",
    "{table} has {count} rows that belong to no version.",
    "Bảng {table} có {count} dòng không thuộc phiên bản nào.",
)
UNREADABLE = Message(
    "RST-4566",
    Severity.ERROR,
    "exception",
    "The stored bytes are no resource any more: {detail}.",
    "Dữ liệu đã lưu không còn là tài nguyên hợp lệ: {detail}.",
)
ALTERED = Message(
    "RST-4567",
    Severity.ERROR,
    "exception",
    "The content is not what was written: its digest is another.",
    "Nội dung không đúng như khi ghi: mã tóm tắt đã khác.",
)
ENTRIES = Message(
    "RST-4568",
    Severity.WARNING,
    "exception",
    "Searches may miss or wrongly find it: of its {kind}, {missing} are missing and {extra} too many. "
    "Index it anew with $reindex.",
    "Tìm kiếm có thể sót hoặc thừa tài nguyên này: {kind} thiếu {missing}, thừa {extra}. Hãy đánh chỉ mục lại bằng "
    "$reindex.",
)
UNFINISHED = Message(
    "RST-4569",
    Severity.FATAL,
    "incomplete",
    "The check of the {part} could not be completed: {detail}",
    "Không hoàn tất được việc kiểm tra {part}: {detail}",
)
TOO_SHORT = Message(
    "RST-4570",
    Severity.ERROR,
    "exception",
    "Searches by {param} may miss resources: the store takes its ranges for {known} long at most, and one is "
    "{longest}. Index the type anew with $reindex.",
    "Tìm kiếm theo {param} có thể sót tài nguyên: kho ghi khoảng dài nhất là {known}, thực tế có khoảng {longest}. Hãy "
    "đánh chỉ mục lại loại này bằng $reindex.",
)
SEVERAL = Message(
    "RST-4571",
    Severity.ERROR,
    "exception",
    "Searches by {param} may be wrong about it: it has several values of that parameter, and the store takes every "
    "resource to have one. Index the type anew with $reindex.",
    "Tìm kiếm theo {param} có thể sai với tài nguyên này: nó có nhiều giá trị của tham số đó nhưng kho cho rằng mỗi "
    "tài nguyên chỉ có một. Hãy đánh chỉ mục lại loại này bằng $reindex.",
)
BAD_VALUE = Message(
    "RST-4572",
    Severity.ERROR,
    "exception",
    "What the store keeps about itself as {name} cannot be so: {value}. Restore a backup.",
    "Giá trị {name} mà kho tự lưu không thể như vậy: {value}. Hãy khôi phục từ bản sao lưu.",
)
BAD_KEYS = Message(
    "RST-4573",
    Severity.ERROR,
    "exception",
    "Searches by {param} may miss or wrongly find resources: the store does not find all ranges of that parameter by "
    "their units. Restore a backup.",
    "Tìm kiếm theo {param} có thể sót hoặc thừa tài nguyên: kho không tìm được mọi khoảng giá trị của tham số này theo "
    "đơn vị. Hãy khôi phục từ bản sao lưu.",
)
BAD_RECORD = Message(
    "RST-4574",
    Severity.ERROR,
    "exception",
    "The record {name} in {space} cannot be read: {detail}. Restore a backup.",
    "Không đọc được bản ghi {name} trong {space}: {detail}. Hãy khôi phục từ bản sao lưu.",
)
