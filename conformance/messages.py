"""The catalogue of what the codec, the primitive types and the definitions have to say: ids ``CNF-1xxx``.

Ranges: 10xx JSON, 11xx primitive types, 15xx definitions; 16xx are those of FHIRPath (``conformance.fhirpath``); 17xx
XML; 19xx those of packages (``conformance.packages``).
A template's ``{value}`` is the value that was found.
"""

from __future__ import annotations

from conformance.issues import Message, Severity


def _error(number: int, code: str, en: str, vi: str) -> Message:
    return Message(f"CNF-{number}", Severity.ERROR, code, en, vi)


def _fatal(number: int, code: str, en: str, vi: str) -> Message:
    return Message(f"CNF-{number}", Severity.FATAL, code, en, vi)


JSON_MALFORMED = _fatal(1001, "structure", "The content is not JSON: {detail}.", "Nội dung không phải JSON: {detail}.")
JSON_NOT_UTF8 = _fatal(
    1002,
    "structure",
    "The content is not UTF-8: byte {offset} fits no character.",
    "Nội dung không phải UTF-8: byte {offset} không thuộc ký tự nào.",
)
JSON_NOT_OBJECT = _fatal(
    1003,
    "structure",
    "A resource is a JSON object; this is {kind}.",
    "Resource phải là một đối tượng JSON; đây là {kind}.",
)
JSON_DUPLICATE_KEY = _error(
    1004,
    "structure",
    'The property "{key}" stands more than once in the same object.',
    'Thuộc tính "{key}" xuất hiện hơn một lần trong cùng một đối tượng.',
)
JSON_TOO_DEEP = _fatal(
    1005,
    "too-long",
    "The content is nested deeper than {limit} levels.",
    "Nội dung lồng nhau sâu hơn {limit} mức.",
)
JSON_NUMBER_TOO_LONG = _error(
    1006,
    "value",
    "A number has more than {limit} digits, or an exponent beyond ±{limit}.",
    "Có số dài hơn {limit} chữ số, hoặc số mũ vượt quá ±{limit}.",
)

NOT_BOOLEAN = _error(1101, "value", "true or false is expected here.", "Ở đây phải là true hoặc false.")
NOT_INTEGER = _error(1102, "value", "A whole JSON number is expected here.", "Ở đây phải là một số nguyên JSON.")
NOT_DECIMAL = _error(1103, "value", "A JSON number is expected here.", "Ở đây phải là một số JSON.")
NOT_STRING = _error(1104, "value", "A JSON string is expected here.", "Ở đây phải là một chuỗi JSON.")
OUT_OF_RANGE = _error(
    1105,
    "value",
    "{value} is outside the range of this type (32-bit; positiveInt from 1, unsignedInt from 0).",
    "{value} nằm ngoài phạm vi của kiểu này (32 bit; positiveInt từ 1, unsignedInt từ 0).",
)
EMPTY_STRING = _error(
    1106, "value", "A string must not be empty: leave the property out.", "Chuỗi không được rỗng: hãy bỏ thuộc tính."
)
CONTROL_CHARACTER = _error(
    1107,
    "value",
    "The text holds a control character other than tab, line feed and carriage return.",
    "Văn bản chứa ký tự điều khiển khác tab, xuống dòng và về đầu dòng.",
)
STRING_TOO_LONG = _error(
    1108, "too-long", "The text is longer than 1,048,576 characters.", "Văn bản dài hơn 1.048.576 ký tự."
)
BAD_URI = _error(
    1109, "value", '"{value}" is not a URI: it holds white space.', '"{value}" không phải URI: có khoảng trắng.'
)
RELATIVE_CANONICAL = _error(
    1119,
    "value",
    '"{value}" is not a canonical: it must be absolute, or a fragment such as "#part".',
    '"{value}" không phải canonical: phải là tuyệt đối, hoặc một phần như "#part".',
)
BAD_CODE = _error(
    1110,
    "value",
    '"{value}" is not a code: no white space at its ends, and only single blanks inside.',
    '"{value}" không phải mã: không có khoảng trắng ở hai đầu, bên trong chỉ có khoảng trắng đơn.',
)
BAD_ID = _error(
    1111,
    "value",
    '"{value}" is not an id: 1 to 64 letters, digits, "-" and ".".',
    '"{value}" không phải id: 1 đến 64 chữ cái, chữ số, "-" và ".".',
)
BAD_OID = _error(
    1112, "value", '"{value}" is not an OID such as urn:oid:1.2.3.', '"{value}" không phải OID dạng urn:oid:1.2.3.'
)
BAD_UUID = _error(
    1113,
    "value",
    '"{value}" is not a UUID such as urn:uuid:c757873d-ec9a-4326-a141-556f43239520.',
    '"{value}" không phải UUID dạng urn:uuid:c757873d-ec9a-4326-a141-556f43239520.',
)
BAD_BASE64 = _error(1114, "value", "The text is not base64.", "Văn bản không phải base64.")
BAD_DATE = _error(
    1115,
    "value",
    '"{value}" is not a date: YYYY, YYYY-MM or YYYY-MM-DD of the calendar.',
    '"{value}" không phải ngày: YYYY, YYYY-MM hoặc YYYY-MM-DD có trong lịch.',
)
BAD_DATE_TIME = _error(
    1116,
    "value",
    '"{value}" is not a dateTime: a date, or YYYY-MM-DDThh:mm:ss with a zone such as +07:00.',
    '"{value}" không phải dateTime: một ngày, hoặc YYYY-MM-DDThh:mm:ss kèm múi giờ như +07:00.',
)
BAD_INSTANT = _error(
    1117,
    "value",
    '"{value}" is not an instant: YYYY-MM-DDThh:mm:ss with a zone such as +07:00.',
    '"{value}" không phải instant: YYYY-MM-DDThh:mm:ss kèm múi giờ như +07:00.',
)
BAD_TIME = _error(1118, "value", '"{value}" is not a time hh:mm:ss.', '"{value}" không phải giờ dạng hh:mm:ss.')

DEFINITIONS_ABSENT = _fatal(
    1501,
    "not-found",
    "The FHIR R4 definitions are not installed ({directory}). Run: fhir-server init",
    "Chưa cài đặt định nghĩa FHIR R4 ({directory}). Hãy chạy: fhir-server init",
)
DEFINITIONS_DAMAGED = _fatal(
    1502,
    "exception",
    "The installed FHIR R4 definitions are damaged ({path}: {detail}). Run: fhir-server init",
    "Định nghĩa FHIR R4 đã cài đặt bị hỏng ({path}: {detail}). Hãy chạy: fhir-server init",
)
PACKAGE_UNREADABLE = _fatal(
    1503,
    "invalid",
    "{place} is not a FHIR package: {detail}.",
    "{place} không phải gói FHIR: {detail}.",
)
PACKAGE_WRONG = _fatal(
    1504,
    "invalid",
    "{place} holds {found}; {wanted} is needed.",
    "{place} chứa {found}; cần {wanted}.",
)
CHECKSUM_WRONG = _fatal(
    1505,
    "security",
    "{place} has the sha256 {found}, but {wanted} is expected: it was changed on its way. Delete it and try again.",
    "{place} có sha256 {found}, nhưng phải là {wanted}: tệp đã bị thay đổi. Hãy xóa và thử lại.",
)
PACKAGE_NOT_FOUND = _fatal(
    1506,
    "not-found",
    "The package {wanted} was not found: {tried}. Give its file with: fhir-server init --package FILE.tgz",
    "Không tìm thấy gói {wanted}: {tried}. Hãy chỉ ra tệp: fhir-server init --package TỆP.tgz",
)
DOWNLOAD_FAILED = _fatal(
    1507,
    "transient",
    "{place} could not be fetched: {detail}.",
    "Không tải được {place}: {detail}.",
)
STRUCTURE_UNUSABLE = _error(
    1508,
    "invalid",
    "The StructureDefinition {url} cannot be used: {detail}.",
    "Không dùng được StructureDefinition {url}: {detail}.",
)

XML_MALFORMED = _fatal(
    1701,
    "structure",
    "The content is not well-formed XML: {detail}.",
    "Nội dung không phải XML hợp lệ: {detail}.",
)
XML_DOCUMENT_TYPE = _fatal(
    1702,
    "security",
    "The document type declaration (DOCTYPE {name}) is refused: FHIR has neither document types nor entities.",
    "Khai báo kiểu tài liệu (DOCTYPE {name}) bị từ chối: FHIR không dùng DTD hay thực thể.",
)
XML_NOT_FHIR = _fatal(
    1703,
    "structure",
    'The root element "{name}" is in the namespace "{namespace}"; FHIR is http://hl7.org/fhir.',
    'Phần tử gốc "{name}" thuộc không gian tên "{namespace}"; của FHIR là http://hl7.org/fhir.',
)
XML_TOO_DEEP = _fatal(
    1704,
    "too-long",
    "The elements are nested deeper than {limit} levels of JSON.",
    "Các phần tử lồng nhau sâu hơn {limit} mức của JSON.",
)
XML_UNKNOWN_ATTRIBUTE = _error(
    1705,
    "structure",
    'The attribute "{name}" does not exist here.',
    'Thuộc tính "{name}" không tồn tại ở đây.',
)
XML_TEXT = _error(
    1706,
    "structure",
    'Text must not stand between elements ("{text}"): a value belongs into the attribute "value".',
    'Không được có văn bản giữa các phần tử ("{text}"): giá trị phải nằm trong thuộc tính "value".',
)
XML_NAMESPACE = _error(
    1707,
    "structure",
    'The element "{name}" is in the namespace "{namespace}"; FHIR is http://hl7.org/fhir.',
    'Phần tử "{name}" thuộc không gian tên "{namespace}"; của FHIR là http://hl7.org/fhir.',
)
XML_OUT_OF_ORDER = _error(
    1708,
    "structure",
    'The element "{name}" is out of order: it stands after "{after}".',
    'Phần tử "{name}" sai thứ tự: nó đứng sau "{after}".',
)
XML_INSTRUCTION = Message(
    "CNF-1709",
    Severity.WARNING,
    "structure",
    'The processing instruction "{name}" is ignored.',
    'Chỉ thị xử lý "{name}" bị bỏ qua.',
)
XML_ENCODING = Message(
    "CNF-1710",
    Severity.WARNING,
    "structure",
    "The content is {name}; FHIR asks for UTF-8.",
    "Nội dung dùng bảng mã {name}; FHIR yêu cầu UTF-8.",
)
XML_CHARACTER = _error(
    1711,
    "value",
    "The text cannot be written in XML: it holds the character U+{code}.",
    "Không ghi được văn bản này trong XML: có ký tự U+{code}.",
)
XML_NAME = _error(
    1712,
    "structure",
    'The property "{name}" cannot be written in XML.',
    'Không ghi được thuộc tính "{name}" trong XML.',
)
XML_NARRATIVE = _error(
    1713,
    "structure",
    "The narrative cannot be written in XML: it is not one well-formed div.",
    "Không ghi được phần tường thuật trong XML: không phải một thẻ div đúng cú pháp.",
)
XML_NO_RESOURCE_TYPE = _error(
    1714,
    "structure",
    "Without resourceType a resource cannot be written in XML.",
    "Không có resourceType thì không ghi được resource trong XML.",
)
