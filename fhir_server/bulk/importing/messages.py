"""What an import has to say. Ids are permanent."""

from conformance.issues import Message, Severity

_E = Severity.ERROR

NOT_ASYNC = Message(
    "BLK-6501",
    _E,
    "required",
    "$import answers asynchronously only: send the header Prefer: respond-async.",
    "$import chỉ trả lời không đồng bộ: hãy gửi tiêu đề Prefer: respond-async.",
)
UNKNOWN_PARAMETER = Message(
    "BLK-6502", _E, "not-supported", "$import does not know {parameter}.", "$import không có {parameter}."
)
LEFT_OUT = Message(
    "BLK-6525", Severity.WARNING, "informational", "Not taken into account: {reason}", "Đã bỏ qua: {reason}"
)
MISSING = Message("BLK-6503", _E, "required", "$import needs {parameter}.", "$import cần có {parameter}.")
BAD_VALUE = Message(
    "BLK-6504",
    _E,
    "value",
    "{parameter} of $import cannot be {value!r}: {expected} is expected.",
    "{parameter} của $import không thể là {value!r}: cần {expected}.",
)
FOREIGN_ORIGIN = Message(
    "BLK-6505",
    _E,
    "security",
    "{url} is not fetched: the setting import_from does not name its origin.",
    "Không tải {url}: thiết lập import_from không nêu nguồn này.",
)
FORBIDDEN_ADDRESS = Message(
    "BLK-6506",
    _E,
    "security",
    "{url} is not fetched: its host has the address {address}.",
    "Không tải {url}: máy chủ đó có địa chỉ {address}.",
)
NOT_FETCHED = Message(
    "BLK-6507", _E, "incomplete", "{url} could not be fetched: {reason}.", "Không tải được {url}: {reason}."
)
TOO_LARGE = Message(
    "BLK-6508",
    _E,
    "too-long",
    "{name} has more than {limit} bytes, the limit of the setting import_max_size.",
    "{name} lớn hơn {limit} byte, giới hạn của thiết lập import_max_size.",
)
UNREADABLE = Message(
    "BLK-6509",
    Severity.FATAL,
    "incomplete",
    "{name} cannot be read from here on: {reason}.",
    "Không đọc tiếp được {name} từ chỗ này: {reason}.",
)
CORRUPT = Message(
    "BLK-6530",
    Severity.FATAL,
    "incomplete",
    "what is packed in it was damaged on the way, so that none of it is taken ({reason}).",
    "nội dung nén đã hỏng khi truyền nên không lấy gì từ tệp này ({reason}).",
)
LINE_TOO_LONG = Message(
    "BLK-6510",
    _E,
    "too-long",
    "The line has more than {limit} bytes.",
    "Dòng dài hơn {limit} byte.",
)
NO_TYPE = Message(
    "BLK-6511",
    _E,
    "structure",
    "The line is no resource of R4: its resourceType is {type!r}.",
    "Dòng này không phải tài nguyên R4: resourceType là {type!r}.",
)
OTHER_TYPE = Message(
    "BLK-6512",
    _E,
    "invalid",
    "The line is of type {type}; the manifest says that the file holds {wanted}.",
    "Dòng này là {type}; bản kê ghi rằng tệp chứa {wanted}.",
)
NO_DELETIONS = Message(
    "BLK-6520",
    _E,
    "structure",
    "The line is no Bundle of nothing but DELETE entries, as the files of deletions hold.",
    "Dòng này không phải Bundle chỉ gồm các mục DELETE như trong tệp xóa.",
)
BAD_DELETION = Message(
    "BLK-6521",
    _E,
    "value",
    "{url!r} does not name a resource to delete, as Patient/42 does.",
    "{url!r} không nêu tài nguyên cần xóa như Patient/42.",
)
STORED_AS_BUNDLE = Message(
    "BLK-6522",
    Severity.WARNING,
    "informational",
    "This Bundle of DELETE entries has an id and was stored as a resource: name its file under `deleted` to delete.",
    "Bundle gồm các mục DELETE này có id nên được lưu như tài nguyên: muốn xóa, hãy nêu tệp trong `deleted`.",
)
NOT_CARRIED_OUT = Message(
    "BLK-6523",
    Severity.WARNING,
    "informational",
    "This {type} Bundle was stored as a resource and not carried out: an import takes its resources one a line, the base URL takes it whole.",  # noqa: E501
    "Bundle {type} này được lưu như một tài nguyên, không được thực hiện: hãy nhập mỗi tài nguyên một dòng, hoặc gửi cả Bundle tới URL gốc.",  # noqa: E501
)
CUT_OFF = Message(
    "BLK-6524",
    Severity.FATAL,
    "incomplete",
    "it ends in the middle of packed data.",
    "tệp kết thúc giữa chừng dữ liệu nén.",
)
BAD_ID = Message("BLK-6513", _E, "value", "{id!r} is no id.", "{id!r} không phải id hợp lệ.")
REFUSED = Message("BLK-6514", _E, "processing", "The line was not stored.", "Dòng này không được lưu.")
CHECK_FAILED = Message(
    "BLK-6515",
    Severity.FATAL,
    "exception",
    "The check itself failed on this line; please report it: {reason}",
    "Chính bộ kiểm tra gặp lỗi ở dòng này; xin hãy báo lại: {reason}",
)
ACCEPTED = Message(
    "BLK-6516",
    Severity.INFORMATION,
    "informational",
    "The import was accepted; its status is at {url}.",
    "Đã nhận yêu cầu nhập; trạng thái tại {url}.",
)
CANCELLED = Message(
    "BLK-6517",
    Severity.INFORMATION,
    "informational",
    "The import ends; what was stored by now stays.",
    "Việc nhập dừng lại; những gì đã lưu vẫn còn.",
)
NOT_EMPTY = Message(
    "BLK-6518",
    _E,
    "conflict",
    "An InitialLoad needs a store without resources; this one has {count}.",
    "InitialLoad cần kho chưa có tài nguyên; kho này đã có {count}.",
)
NOTHING = Message(
    "BLK-6519",
    _E,
    "not-found",
    "There is nothing to import in {paths}: no .ndjson or .jsonl file, plain or as .gz or .zst.",
    "Không có gì để nhập trong {paths}: không có tệp .ndjson hay .jsonl, kể cả nén .gz hoặc .zst.",
)
