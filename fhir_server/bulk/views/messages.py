"""What exports of views have to say. Ids are permanent."""

from conformance.issues import Message, Severity

_E = Severity.ERROR

NOT_ASYNC = Message(
    "BLK-6801",
    _E,
    "required",
    "An export of views is answered later: send the header Prefer: respond-async.",
    "Kết xuất view được trả lời sau: hãy gửi header Prefer: respond-async.",
)
NO_VIEWS = Message(
    "BLK-6802",
    _E,
    "required",
    "Nothing to export: the parameter view is needed, or the id of a stored ViewDefinition in the URL, not both.",
    "Không có gì để kết xuất: cần tham số view, hoặc mã của ViewDefinition đã lưu trong URL, không dùng cả hai.",
)
BAD_PART = Message(
    "BLK-6803",
    _E,
    "invalid",
    "A view has the parts name (valueString) and viewReference (valueReference) or viewResource; here is {found}.",
    "Một view gồm name (valueString), và viewReference (valueReference) hoặc viewResource; ở đây là {found}.",
)
SAME_OUTPUT = Message(
    "BLK-6804",
    _E,
    "duplicate",
    "Two views would be called {name!r}: give each its own name.",
    "Hai view cùng mang tên {name!r}: hãy đặt cho mỗi view một name riêng.",
)
BAD_VIEW = Message(
    "BLK-6805",
    _E,
    "invalid",
    "The view {name!r} cannot be exported, for the reasons that follow.",
    "Không kết xuất được view {name!r}, vì các lý do sau đây.",
)
FAILED_VIEW = Message(
    "BLK-6806",
    _E,
    "processing",
    "The export ended at {resource}, of which the view {name!r} gives no rows, for the reasons that follow.",
    "Kết xuất dừng tại {resource}: view {name!r} không cho được dòng nào từ đó, vì các lý do sau đây.",
)
BAD_NAME = Message(
    "BLK-6807",
    _E,
    "value",
    "{name!r} cannot be the name of an output: 1 to {most} characters that can be shown.",
    "{name!r} không dùng làm tên kết quả được: cần từ 1 đến {most} ký tự hiển thị được.",
)
CANCELLED = Message(
    "BLK-6808",
    Severity.INFORMATION,
    "informational",
    "The export of views is being cancelled, and its files removed.",
    "Đang huỷ việc kết xuất view và xoá các tệp của nó.",
)
