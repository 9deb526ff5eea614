"""The catalogue of what can be wrong with a differential. Ids SNP-15xx.

https://hl7.org/fhir/R4/profiling.html#snapshot
"""

from conformance.issues import Message, Severity

NOTHING_STATED = Message(
    "SNP-1501",
    Severity.ERROR,
    "required",
    "{url} has neither a differential nor a snapshot.",
    "{url} không có differential lẫn snapshot.",
)
BASE_UNKNOWN = Message(
    "SNP-1502",
    Severity.ERROR,
    "not-found",
    "{url} builds on {base}, which is not known.",
    "{url} dựa trên {base}, nhưng không tìm thấy định nghĩa này.",
)
BASE_CIRCULAR = Message(
    "SNP-1503",
    Severity.ERROR,
    "business-rule",
    "{url} builds on itself.",
    "{url} dựa trên chính nó.",
)
ELEMENT_UNKNOWN = Message(
    "SNP-1504",
    Severity.ERROR,
    "structure",
    "{element}: the base has no such element.",
    "{element}: định nghĩa gốc không có phần tử này.",
)
MIN_WIDENED = Message(
    "SNP-1505",
    Severity.ERROR,
    "business-rule",
    "{element}: min {stated} is less than the base's {base}.",
    "{element}: min {stated} nhỏ hơn giá trị {base} của định nghĩa gốc.",
)
MAX_WIDENED = Message(
    "SNP-1506",
    Severity.ERROR,
    "business-rule",
    "{element}: max {stated} is more than the base's {base}.",
    "{element}: max {stated} lớn hơn giá trị {base} của định nghĩa gốc.",
)
TYPE_WIDENED = Message(
    "SNP-1507",
    Severity.ERROR,
    "business-rule",
    "{element}: type {stated} is none of the base's ({base}).",
    "{element}: kiểu {stated} không thuộc các kiểu của định nghĩa gốc ({base}).",
)
BINDING_WIDENED = Message(
    "SNP-1508",
    Severity.ERROR,
    "business-rule",
    "{element}: a {stated} binding is weaker than the base's {base} one.",
    "{element}: ràng buộc mã mức {stated} yếu hơn mức {base} của định nghĩa gốc.",
)
SLICING_MISSING = Message(
    "SNP-1509",
    Severity.ERROR,
    "structure",
    "{element}: slices are stated, but nothing says how the element is sliced.",
    "{element}: có khai báo slice nhưng không có quy tắc slicing.",
)
PROFILE_UNKNOWN = Message(
    "SNP-1510",
    Severity.WARNING,
    "not-found",
    "{element}: {canonical} is not known; nothing is taken from it.",
    "{element}: không tìm thấy {canonical}; không kế thừa gì từ đó.",
)
PROFILE_CIRCULAR = Message(
    "SNP-1511",
    Severity.WARNING,
    "business-rule",
    "{element}: {canonical} leads back to the structure in work; nothing is taken from it.",
    "{element}: {canonical} dẫn ngược về cấu trúc đang xử lý; không kế thừa gì từ đó.",
)
CONTENT_UNKNOWN = Message(
    "SNP-1512",
    Severity.ERROR,
    "not-found",
    "{element}: there is no element {reference} to repeat.",
    "{element}: không có phần tử {reference} để lặp lại.",
)
STATED_TWICE = Message(
    "SNP-1513",
    Severity.WARNING,
    "duplicate",
    "{element} is stated more than once; the later statement adds to the earlier.",
    "{element} được khai báo nhiều lần; khai báo sau bổ sung cho khai báo trước.",
)
SLICING_CLOSED = Message(
    "SNP-1514",
    Severity.ERROR,
    "business-rule",
    "{element}: the base's slicing is closed, slice {slice} cannot be added.",
    "{element}: slicing của định nghĩa gốc đã đóng, không thể thêm slice {slice}.",
)
NAMED_NOT_SLICED = Message(
    "SNP-1515",
    Severity.WARNING,
    "structure",
    "{element} is not sliced; what slice {slice} states holds for the element itself.",
    "{element} không được chia slice; nội dung của slice {slice} áp dụng cho chính phần tử.",
)
RESLICE_UNKNOWN = Message(
    "SNP-1516",
    Severity.ERROR,
    "structure",
    "{element}: there is no slice {parent} that {slice} could divide further.",
    "{element}: không có slice {parent} để {slice} chia nhỏ tiếp.",
)
SLICES_EXCEED = Message(
    "SNP-1517",
    Severity.ERROR,
    "business-rule",
    "{element}: its slices ask for {sum} at least, the element allows {max}.",
    "{element}: các slice đòi hỏi tối thiểu {sum}, nhưng phần tử chỉ cho phép {max}.",
)
ROOT_DIFFERS = Message(
    "SNP-1518",
    Severity.ERROR,
    "structure",
    "The differential is about {stated}, the base about {base}.",
    "Differential nói về {stated}, còn định nghĩa gốc nói về {base}.",
)
BASE_UNUSABLE = Message(
    "SNP-1519",
    Severity.ERROR,
    "structure",
    "{url} cannot be read: {detail}",
    "Không đọc được {url}: {detail}",
)
