"""The catalogue of what installing packages has to say: ids ``CNF-19xx``. https://hl7.org/fhir/R4/packages.html"""

from conformance.issues import Message, Severity


def _message(number: int, severity: Severity, code: str, en: str, vi: str) -> Message:
    return Message(f"CNF-{number}", severity, code, en, vi)


SOURCE_UNKNOWN = _message(
    1901,
    Severity.ERROR,
    "not-found",
    "{source} is neither a file or folder nor a package in the form name#version.",
    "{source} không phải tệp, thư mục hay gói dạng tên#phiên-bản.",
)
MANIFEST_BAD = _message(
    1902,
    Severity.ERROR,
    "invalid",
    "{place}: package.json cannot be used: {detail}.",
    "{place}: không dùng được package.json: {detail}.",
)
NOTHING_PUBLISHED = _message(
    1903,
    Severity.ERROR,
    "invalid",
    "{place} holds no conformance resource.",
    "{place} không chứa resource định nghĩa nào.",
)
MISSING = _message(
    1904,
    Severity.ERROR,
    "not-found",
    "{package} is needed by {by} and was not found. Sought: {tried}. A registry is named with --registry.",
    "{by} cần {package} nhưng không tìm thấy. Đã tìm: {tried}. Kho gói được chỉ bằng --registry.",
)
OTHER_FHIR = _message(
    1905,
    Severity.ERROR,
    "not-supported",
    "{package} is made for FHIR {found}; this server speaks R4 (4.0.1).",
    "{package} dành cho FHIR {found}; máy chủ này dùng R4 (4.0.1).",
)
FHIR_UNSTATED = _message(
    1906,
    Severity.WARNING,
    "incomplete",
    "{package} does not say which FHIR version it is made for; it is taken for R4.",
    "{package} không ghi phiên bản FHIR; được coi là R4.",
)
CHANGED = _message(
    1907,
    Severity.ERROR,
    "conflict",
    "{package} from {source} has the sha256 {found}, but {wanted} is installed under this name and version. "
    "If the change is meant: fhir-server package remove {package}",
    "{package} từ {source} có sha256 {found}, nhưng bản đã cài cùng tên và phiên bản có {wanted}. "
    "Nếu đúng là muốn thay: fhir-server package remove {package}",
)
IS_ANOTHER = _message(
    1908,
    Severity.ERROR,
    "conflict",
    "{place} should hold {wanted}, but it is {found}.",
    "{place} phải chứa {wanted}, nhưng lại là {found}.",
)
NOT_INSTALLED = _message(
    1909, Severity.ERROR, "not-found", "{package} is not installed.", "Gói {package} chưa được cài đặt."
)
STILL_NEEDED = _message(
    1910,
    Severity.ERROR,
    "business-rule",
    "{package} is needed by {by}: remove that first, or both at once.",
    "{by} đang cần {package}: hãy gỡ gói đó trước, hoặc gỡ cả hai cùng lúc.",
)
LOCK_DAMAGED = _message(
    1911,
    Severity.FATAL,
    "exception",
    "The list of installed packages is damaged ({path}: {detail}). Delete it and add the packages again.",
    "Danh sách gói đã cài bị hỏng ({path}: {detail}). Hãy xóa tệp này và cài lại các gói.",
)
COMPILED_ABSENT = _message(
    1912,
    Severity.FATAL,
    "not-found",
    "An installed package must be compiled again ({path} is absent). Run: fhir-server package add SOURCE",
    "Cần biên dịch lại một gói đã cài (thiếu {path}). Hãy chạy: fhir-server package add NGUỒN",
)
COMPILED_DAMAGED = _message(
    1913,
    Severity.FATAL,
    "exception",
    "An installed package is damaged ({path}: {detail}). Run: fhir-server package add SOURCE",
    "Một gói đã cài bị hỏng ({path}: {detail}). Hãy chạy: fhir-server package add NGUỒN",
)
COMPILING = _message(
    1914,
    Severity.INFORMATION,
    "informational",
    "{package}: compiling {files} files from {source}",
    "{package}: đang biên dịch {files} tệp từ {source}",
)
ALREADY = _message(
    1915,
    Severity.INFORMATION,
    "informational",
    "{package} is installed already.",
    "{package} đã được cài đặt.",
)
NOT_ADDED = _message(
    1916,
    Severity.WARNING,
    "incomplete",
    "{package} is needed by {by} and not installed; what it defines is unknown.",
    "{by} cần {package} nhưng gói này chưa cài; những gì gói đó định nghĩa sẽ không được biết.",
)
NOT_OFFERED = _message(
    1917,
    Severity.ERROR,
    "not-found",
    "{place} offers no such version of {package}.",
    "{place} không có phiên bản phù hợp của {package}.",
)
REMOVED = _message(1918, Severity.INFORMATION, "informational", "{package} is removed.", "Đã gỡ {package}.")
NONE_INSTALLED = _message(
    1919,
    Severity.INFORMATION,
    "informational",
    "No package is installed beside the specification.",
    "Chưa cài gói nào ngoài đặc tả FHIR.",
)
