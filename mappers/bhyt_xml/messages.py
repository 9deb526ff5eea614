"""What reading a claim envelope may have to say. 51xx file, 52xx table, 53xx value, 54xx row, 55xx visit."""

from __future__ import annotations

from conformance.issues import Message, Severity
from mappers.bhyt_xml.rule_messages import *  # noqa: F403 - one catalogue in two files

_FATAL, _ERROR, _WARNING, _INFO = Severity.FATAL, Severity.ERROR, Severity.WARNING, Severity.INFORMATION

NOT_A_CLAIM = Message(
    "MAP-5101",
    _FATAL,
    "structure",
    "No claim (HOSO) was found in this file.",
    "Không tìm thấy hồ sơ (HOSO) nào trong tệp.",
)
CUT_OFF = Message(
    "MAP-5102",
    _ERROR,
    "incomplete",
    "The file ends inside a claim (HOSO): that claim is not mapped, its bytes are kept.",
    "Tệp bị cắt giữa một hồ sơ (HOSO): hồ sơ đó không được chuyển đổi, dữ liệu gốc được giữ lại.",
)
NOT_CLOSED = Message(
    "MAP-5103",
    _ERROR,
    "incomplete",
    "The envelope is not closed: the file was probably cut off.",
    "Phong bì hồ sơ không có thẻ đóng: tệp có thể đã bị cắt.",
)
DTD_REFUSED = Message(
    "MAP-5104",
    _ERROR,
    "security",
    "A document type declaration is refused; its entities are never expanded: {value}",
    "Không chấp nhận khai báo DOCTYPE; các thực thể không bao giờ được mở rộng: {value}",
)
COUNT_DIFFERS = Message(
    "MAP-5105",
    _WARNING,
    "value",
    "SOLUONGHOSO says {value} claims, the file holds {found}.",
    "SOLUONGHOSO ghi {value} hồ sơ, trong tệp có {found}.",
)
TOO_LARGE = Message(
    "MAP-5106",
    _ERROR,
    "too-long",
    "A claim of more than {limit} bytes is not read.",
    "Hồ sơ lớn hơn {limit} byte không được đọc.",
)
STRAY = Message(
    "MAP-5107",
    _ERROR,
    "structure",
    "Tables outside any claim (HOSO) are not mapped: {value}",
    "Bảng nằm ngoài hồ sơ (HOSO) không được chuyển đổi: {value}",
)
SIGNATURE = Message(
    "MAP-5108",
    _INFO,
    "informational",
    "The signature of the sender (CHUKYDONVI) is not checked.",
    "Chữ ký của đơn vị (CHUKYDONVI) chưa được kiểm tra.",
)
NO_HOSO = Message(
    "MAP-5109",
    _WARNING,
    "structure",
    "The file has no HOSO elements; each {value} begins a claim.",
    "Tệp không có thẻ HOSO; mỗi {value} được coi là bắt đầu một hồ sơ.",
)
ENCODING = Message(
    "MAP-5110",
    _ERROR,
    "structure",
    "The text is not valid {encoding}; unreadable bytes became U+FFFD.",
    "Văn bản không đúng mã {encoding}; các byte không đọc được thay bằng U+FFFD.",
)

NOT_BASE64 = Message(
    "MAP-5201",
    _ERROR,
    "structure",
    "The content is neither base64 nor XML; the table is kept raw.",
    "Nội dung không phải base64 hay XML; bảng được giữ nguyên dạng gốc.",
)
BASE64_REPAIRED = Message(
    "MAP-5202",
    _WARNING,
    "structure",
    "The base64 padding was missing and has been completed.",
    "Phần đệm base64 bị thiếu đã được bổ sung.",
)
NOT_XML = Message(
    "MAP-5203",
    _ERROR,
    "structure",
    "The table is not well-formed XML ({detail}); its complete rows were read.",
    "Bảng không phải XML hợp lệ ({detail}); các dòng nguyên vẹn vẫn được đọc.",
)
ROW_NOT_XML = Message(
    "MAP-5204",
    _ERROR,
    "structure",
    "The row is not well-formed XML ({detail}) and is kept raw only.",
    "Dòng không phải XML hợp lệ ({detail}) và chỉ được giữ dạng gốc.",
)
ESCAPED = Message(
    "MAP-5205",
    _WARNING,
    "structure",
    "An unescaped < or & in the text was repaired: {value}",
    "Ký tự < hoặc & chưa mã hóa trong nội dung đã được sửa: {value}",
)
ENTITY = Message(
    "MAP-5206",
    _ERROR,
    "security",
    "A reference to an entity that XML does not define was kept as text: {value}",
    "Tham chiếu thực thể không thuộc XML được giữ như văn bản: {value}",
)
UNREAD_TABLE = Message(
    "MAP-5207",
    _WARNING,
    "not-supported",
    "Table {table} is not mapped by this version; its {count} rows are kept raw.",
    "Bảng {table} chưa được chuyển đổi ở phiên bản này; {count} dòng được giữ dạng gốc.",
)
MISSING_XML1 = Message(
    "MAP-5208",
    _ERROR,
    "required",
    "Without table XML1 no visit can be made; {count} rows are kept raw.",
    "Thiếu bảng XML1 nên không thể lập lượt khám; {count} dòng được giữ dạng gốc.",
)
MISSING_TABLE = Message(
    "MAP-5209", _WARNING, "required", "Table {table} is missing: {reason}.", "Thiếu bảng {table}: {reason_vi}."
)
MISSING_PAID_TABLE = Message(
    "MAP-5214", _ERROR, "required", "Table {table} is missing: {reason}.", "Thiếu bảng {table}: {reason_vi}."
)
REPEATED_TABLE = Message(
    "MAP-5210",
    _WARNING,
    "duplicate",
    "Table {table} comes more than once in this claim; all its rows are read.",
    "Bảng {table} xuất hiện nhiều lần trong hồ sơ; mọi dòng đều được đọc.",
)
SECOND_SUMMARY = Message(
    "MAP-5211",
    _ERROR,
    "duplicate",
    "A second XML1 row in one claim is not mapped; it is kept raw.",
    "Dòng XML1 thứ hai trong cùng hồ sơ không được chuyển đổi, chỉ giữ dạng gốc.",
)
WRONG_LABEL = Message(
    "MAP-5212",
    _WARNING,
    "value",
    "LOAIHOSO says {value}, the content is {found}; it was read as {found}.",
    "LOAIHOSO ghi {value} nhưng nội dung là {found}; đã đọc như {found}.",
)
EMPTY_TABLE = Message(
    "MAP-5213", _WARNING, "structure", "Table {table} holds no row.", "Bảng {table} không có dòng nào."
)
CONTROL = Message(
    "MAP-5215",
    _WARNING,
    "structure",
    "Control characters, which XML does not allow, were read as spaces in this row, the first ({value}) in {field}.",
    "Ký tự điều khiển mà XML không cho phép được đọc là dấu cách trong dòng này, ký tự đầu tiên ({value}) ở {field}.",
)

MISSING = Message("MAP-5301", _ERROR, "required", "{field} is required and empty.", "{field} bắt buộc nhưng để trống.")
MISSING_MINOR = Message(
    "MAP-5302", _WARNING, "required", "{field} is required and empty.", "{field} bắt buộc nhưng để trống."
)
BAD_DATE = Message(
    "MAP-5303",
    _ERROR,
    "value",
    "{field} is not a date: '{value}'. It is left out.",
    "{field} không phải ngày hợp lệ: '{value}'. Giá trị bị bỏ qua.",
)
DATE_REPAIRED = Message(
    "MAP-5304",
    _WARNING,
    "value",
    "{field} '{value}' is not in the official format; read as {read}.",
    "{field} '{value}' không đúng định dạng; được hiểu là {read}.",
)
BAD_NUMBER = Message(
    "MAP-5305",
    _ERROR,
    "value",
    "{field} is not a number: '{value}'. It is left out.",
    "{field} không phải số: '{value}'. Giá trị bị bỏ qua.",
)
NUMBER_REPAIRED = Message(
    "MAP-5306",
    _WARNING,
    "value",
    "{field} '{value}' has a comma; read as {read}.",
    "{field} '{value}' có dấu phẩy; được hiểu là {read}.",
)
ZERO_RESTORED = Message(
    "MAP-5307",
    _WARNING,
    "value",
    "{field} '{value}' lost its leading zero; read as {read}.",
    "{field} '{value}' bị mất số 0 ở đầu; được hiểu là {read}.",
)
OUT_OF_LIST = Message(
    "MAP-5308",
    _WARNING,
    "code-invalid",
    "{field} '{value}' is not in its code list.",
    "{field} '{value}' không có trong danh mục.",
)
TOO_LONG = Message(
    "MAP-5309",
    _WARNING,
    "too-long",
    "{field} has {length} characters, the limit is {limit}.",
    "{field} dài {length} ký tự, giới hạn là {limit}.",
)
TAG_VARIANT = Message(
    "MAP-5310", _WARNING, "structure", "Tag {sent} was read as {field}.", "Thẻ {sent} được đọc như {field}."
)
UNKNOWN_TAG = Message(
    "MAP-5311",
    _WARNING,
    "structure",
    "Tag {field} is not part of {table}; its value is kept raw: '{value}'",
    "Thẻ {field} không thuộc bảng {table}; giá trị được giữ dạng gốc: '{value}'",
)
DUPLICATE_TAG = Message(
    "MAP-5312",
    _ERROR,
    "duplicate",
    "Tag {field} comes twice in one row; this value was not used: '{value}'",
    "Thẻ {field} xuất hiện hai lần trong một dòng; giá trị này không được dùng: '{value}'",
)
BAD_FORMAT = Message(
    "MAP-5313",
    _WARNING,
    "value",
    "{field} '{value}' does not have the form {form}.",
    "{field} '{value}' không đúng dạng {form}.",
)
NEGATIVE = Message("MAP-5314", _ERROR, "value", "{field} is negative: {value}.", "{field} có giá trị âm: {value}.")
NESTED = Message(
    "MAP-5315",
    _ERROR,
    "structure",
    "{field} holds elements instead of text; kept as its text: '{value}'",
    "{field} chứa thẻ con thay vì văn bản; giữ lại phần chữ: '{value}'",
)
ZERO_SURPLUS = Message(
    "MAP-5316",
    _INFO,
    "value",
    "{field} '{value}' has a surplus zero; read as {read}.",
    "{field} '{value}' thừa số 0 ở đầu; được hiểu là {read}.",
)
