"""What an export has to say. Ids are permanent."""

from conformance.issues import Message, Severity

_E = Severity.ERROR

NOT_ASYNC = Message(
    "BLK-6401",
    _E,
    "required",
    "$export answers asynchronously only: send the header Prefer: respond-async.",
    "$export chỉ trả lời không đồng bộ: hãy gửi tiêu đề Prefer: respond-async.",
)
NO_GROUP = Message(
    "BLK-6402",
    _E,
    "required",
    "Group/$export needs the id of a group: Group/[id]/$export.",
    "Group/$export cần mã của nhóm: Group/[id]/$export.",
)
UNKNOWN_PARAMETER = Message(
    "BLK-6403",
    _E,
    "not-supported",
    "$export does not know the parameter {parameter!r}.",
    "$export không có tham số {parameter!r}.",
)
BAD_VALUE = Message(
    "BLK-6404",
    _E,
    "value",
    "{parameter} of $export cannot be {value!r}: {expected} is expected.",
    "{parameter} của $export không thể là {value!r}: cần {expected}.",
)
OUTSIDE = Message(
    "BLK-6405",
    _E,
    "not-supported",
    "None of the types {types} is part of the Patient compartment.",
    "Không loại nào trong {types} thuộc phạm vi (compartment) của Patient.",
)
NO_PATIENTS_HERE = Message(
    "BLK-6406",
    _E,
    "not-supported",
    "The parameter patient is for Patient and Group exports, by POST.",
    "Tham số patient chỉ dùng cho xuất theo Patient hoặc Group, bằng POST.",
)
MISSING_PATIENT = Message(
    "BLK-6407",
    _E,
    "not-found",
    "There is no {patient} among the patients of this export.",
    "Không có {patient} trong số bệnh nhân của lần xuất này.",
)
RESULT_PARAMETER = Message(
    "BLK-6408",
    _E,
    "not-supported",
    "A query of _typeFilter only selects; {parameter} shapes an answer.",
    "Truy vấn trong _typeFilter chỉ để chọn; {parameter} là tham số định dạng kết quả.",
)
CONTRADICTION = Message(
    "BLK-6409",
    _E,
    "invalid",
    "{one} and {other} cannot be asked for together.",
    "Không thể yêu cầu {one} và {other} cùng lúc.",
)
IGNORED = Message(
    "BLK-6410",
    Severity.WARNING,
    "informational",
    "Not taken into account: {reason}",
    "Đã bỏ qua: {reason_vi}",
)
NO_FILE = Message(
    "BLK-6411",
    _E,
    "not-found",
    "There is no file {file} (any more).",
    "Không có (hoặc không còn) tệp {file}.",
)
BAD_RANGE = Message(
    "BLK-6412",
    _E,
    "invalid",
    "The range {range!r} lies outside of the {size} bytes of the file.",
    "Khoảng {range!r} nằm ngoài {size} byte của tệp.",
)
PLACE_FAILED = Message(
    "BLK-6413",
    Severity.FATAL,
    "no-store",
    "The place of the exported files does not serve: {error}.",
    "Nơi chứa tệp xuất không hoạt động: {error}.",
)
NO_OBJECT_STORES = Message(
    "BLK-6414",
    _E,
    "not-supported",
    "{place} is an object store; for these, install the package with its extra: pip install 'vn-fhir-server[objects]'.",
    "{place} là kho đối tượng; hãy cài thêm: pip install 'vn-fhir-server[objects]'.",
)
CANCELLED = Message(
    "BLK-6415",
    Severity.INFORMATION,
    "informational",
    "The export ends, and what it made is removed.",
    "Việc xuất dừng lại và các tệp đã tạo sẽ bị xóa.",
)
ACCEPTED = Message(
    "BLK-6416",
    Severity.INFORMATION,
    "informational",
    "The export was accepted; its status is at {url}.",
    "Đã nhận yêu cầu xuất; trạng thái tại {url}.",
)
NO_PATIENTS = Message(
    "BLK-6417",
    Severity.WARNING,
    "informational",
    "Members of Group/{group} that are not Patients of this server, so that nothing is exported of them: {count}.",
    "Số thành viên của Group/{group} không phải Patient trên máy chủ này nên không được xuất: {count}.",
)
