"""Catalogue of validation findings: ``VAL-2xxx``. An id keeps its meaning for ever; texts may be improved.

Ranges by cause: 20xx resource and object shape, 21xx cardinality and choice, 22xx values, 23xx terminology,
24xx references and contained, 25xx extensions, 26xx narrative, 27xx profiles.
"""

from __future__ import annotations

from conformance.issues import Message, Severity

NOT_AN_OBJECT = Message(
    "VAL-2001",
    Severity.ERROR,
    "structure",
    "{type} must be a JSON object, not {found}.",
    "{type} phải là một đối tượng JSON, không phải {found}.",
)
UNKNOWN_ELEMENT = Message(
    "VAL-2002",
    Severity.ERROR,
    "structure",
    "Unknown element '{name}' in {type}.",
    "Phần tử '{name}' không có trong {type}.",
)
NO_RESOURCE_TYPE = Message(
    "VAL-2003",
    Severity.ERROR,
    "structure",
    "A resource must name its type in 'resourceType'.",
    "Tài nguyên phải nêu loại của nó trong 'resourceType'.",
)
UNKNOWN_RESOURCE_TYPE = Message(
    "VAL-2004",
    Severity.ERROR,
    "structure",
    "'{type}' is not a resource type of FHIR R4.",
    "'{type}' không phải là loại tài nguyên của FHIR R4.",
)
TOO_DEEP = Message(
    "VAL-2005",
    Severity.FATAL,
    "too-long",
    "The resource is nested too deeply to be checked.",
    "Tài nguyên lồng nhau quá sâu, không thể kiểm tra.",
)
EMPTY_OBJECT = Message(
    "VAL-2006",
    Severity.ERROR,
    "structure",
    "An object must not be empty.",
    "Đối tượng không được rỗng.",
)
ID_ONLY = Message(
    "VAL-2007",
    Severity.ERROR,
    "invariant",
    "An element must have a value or children besides its id (ele-1).",
    "Ngoài id, phần tử phải có giá trị hoặc phần tử con (ele-1).",
)
NULL = Message(
    "VAL-2008",
    Severity.ERROR,
    "structure",
    "null is not a value; leave the element out.",
    "null không phải là giá trị; hãy bỏ phần tử này.",
)
ARRAY_EXPECTED = Message(
    "VAL-2009",
    Severity.ERROR,
    "structure",
    "The element repeats, so it must be a JSON array.",
    "Phần tử này lặp lại được nên phải là mảng JSON.",
)
ARRAY_NOT_ALLOWED = Message(
    "VAL-2010",
    Severity.ERROR,
    "structure",
    "The element does not repeat, so it must not be a JSON array.",
    "Phần tử này không lặp lại nên không được là mảng JSON.",
)
EMPTY_ARRAY = Message(
    "VAL-2011",
    Severity.ERROR,
    "structure",
    "An array must not be empty; leave the element out.",
    "Mảng không được rỗng; hãy bỏ phần tử này.",
)
NULL_ITEM = Message(
    "VAL-2012",
    Severity.ERROR,
    "structure",
    "null stands only where the other array of a primitive ('{other}') has the content of this position.",
    "null chỉ được dùng khi mảng song song của kiểu cơ bản ('{other}') có nội dung ở vị trí này.",
)
UNEQUAL_ARRAYS = Message(
    "VAL-2013",
    Severity.WARNING,
    "structure",
    "'{name}' has {length} positions and '{other}' has {other_length}: fill the shorter one with null.",
    "'{name}' có {length} vị trí còn '{other}' có {other_length}: hãy điền null vào mảng ngắn hơn.",
)
STOPPED = Message(
    "VAL-2014",
    Severity.INFORMATION,
    "too-costly",
    "There are so many problems here that the rest was not checked.",
    "Có quá nhiều lỗi ở đây nên phần còn lại chưa được kiểm tra.",
)

TOO_FEW = Message(
    "VAL-2101",
    Severity.ERROR,
    "required",
    "{path}: at least {min} required, found {found}.",
    "{path}: cần ít nhất {min}, tìm thấy {found}.",
)
TOO_MANY = Message(
    "VAL-2102",
    Severity.ERROR,
    "structure",
    "{path}: at most {max} allowed, found {found}.",
    "{path}: cho phép nhiều nhất {max}, tìm thấy {found}.",
)
TWO_CHOICES = Message(
    "VAL-2103",
    Severity.ERROR,
    "structure",
    "Only one type of {path} may be present, found: {found}.",
    "Chỉ được có một kiểu của {path}, tìm thấy: {found}.",
)
NOT_ALLOWED = Message(
    "VAL-2104",
    Severity.ERROR,
    "structure",
    "{path} is not allowed here.",
    "{path} không được phép ở đây.",
)

NOT_FIXED = Message(
    "VAL-2203",
    Severity.ERROR,
    "value",
    "The value must be exactly {expected}.",
    "Giá trị phải đúng bằng {expected}.",
)
NOT_PATTERN = Message(
    "VAL-2204",
    Severity.ERROR,
    "value",
    "The value must contain {expected}.",
    "Giá trị phải chứa {expected}.",
)

CODE_NOT_IN_SET = Message(
    "VAL-2301",
    Severity.ERROR,
    "code-invalid",
    "'{code}' is not in the required value set {value_set}.",
    "'{code}' không thuộc tập giá trị bắt buộc {value_set}.",
)
CONCEPT_NOT_IN_SET = Message(
    "VAL-2302",
    Severity.ERROR,
    "code-invalid",
    "None of the codings ({codes}) is in the required value set {value_set}.",
    "Không mã nào ({codes}) thuộc tập giá trị bắt buộc {value_set}.",
)
CODE_MISSING = Message(
    "VAL-2303",
    Severity.ERROR,
    "code-invalid",
    "A code from the required value set {value_set} must be given.",
    "Phải có một mã thuộc tập giá trị bắt buộc {value_set}.",
)

BAD_REFERENCE = Message(
    "VAL-2401",
    Severity.ERROR,
    "value",
    "'{reference}' is not a reference: give Type/id, an absolute URL, urn:uuid:, urn:oid: or #id.",
    "'{reference}' không phải là tham chiếu: hãy dùng Type/id, URL tuyệt đối, urn:uuid:, urn:oid: hoặc #id.",
)
WRONG_TARGET = Message(
    "VAL-2402",
    Severity.ERROR,
    "structure",
    "The reference leads to {found}; allowed: {allowed}.",
    "Tham chiếu trỏ tới {found}; chỉ cho phép: {allowed}.",
)
TYPE_DISAGREES = Message(
    "VAL-2403",
    Severity.ERROR,
    "structure",
    "Reference.type says {declared}, the reference leads to {found}.",
    "Reference.type ghi {declared} nhưng tham chiếu trỏ tới {found}.",
)
CONTAINED_NOT_FOUND = Message(
    "VAL-2404",
    Severity.ERROR,
    "not-found",
    "The resource contains no '{reference}'.",
    "Tài nguyên không chứa '{reference}'.",
)
CONTAINED_IN_CONTAINED = Message(
    "VAL-2405",
    Severity.ERROR,
    "invariant",
    "A contained resource must not contain others (dom-2).",
    "Tài nguyên được chứa không được chứa tài nguyên khác (dom-2).",
)
CONTAINED_WITHOUT_ID = Message(
    "VAL-2406",
    Severity.ERROR,
    "required",
    "A contained resource must have an id.",
    "Tài nguyên được chứa phải có id.",
)
CONTAINED_TWICE = Message(
    "VAL-2407",
    Severity.ERROR,
    "duplicate",
    "Two contained resources have the id '{id}'.",
    "Hai tài nguyên được chứa có cùng id '{id}'.",
)
CONTAINED_META = Message(
    "VAL-2408",
    Severity.ERROR,
    "invariant",
    "A contained resource must not have meta.{name} ({key}).",
    "Tài nguyên được chứa không được có meta.{name} ({key}).",
)

EXTENSION_BOTH = Message(
    "VAL-2502",
    Severity.ERROR,
    "invariant",
    "An extension must have a value or extensions, not both (ext-1).",
    "Phần mở rộng phải có giá trị hoặc phần mở rộng con, không được có cả hai (ext-1).",
)
EXTENSION_NEITHER = Message(
    "VAL-2503",
    Severity.ERROR,
    "invariant",
    "An extension must have a value or extensions (ext-1).",
    "Phần mở rộng phải có giá trị hoặc phần mở rộng con (ext-1).",
)
EXTENSION_URL_RELATIVE = Message(
    "VAL-2504",
    Severity.ERROR,
    "value",
    "The url of an extension must be absolute, found '{url}'.",
    "url của phần mở rộng phải là tuyệt đối, tìm thấy '{url}'.",
)

BAD_XHTML = Message(
    "VAL-2601",
    Severity.ERROR,
    "structure",
    "The narrative is not well-formed XHTML: {reason}.",
    "Phần tường thuật không phải XHTML đúng cú pháp: {reason}.",
)
XHTML_ROOT = Message(
    "VAL-2602",
    Severity.ERROR,
    "structure",
    "The narrative must be one <div> in the namespace http://www.w3.org/1999/xhtml.",
    "Phần tường thuật phải là một <div> trong không gian tên http://www.w3.org/1999/xhtml.",
)
XHTML_DOCTYPE = Message(
    "VAL-2603",
    Severity.ERROR,
    "security",
    "The narrative must not declare a document type or entities.",
    "Phần tường thuật không được khai báo kiểu tài liệu hoặc thực thể.",
)

UNKNOWN_PROFILE = Message(
    "VAL-2701",
    Severity.WARNING,
    "not-found",
    "The profile {profile} is not known, so it was not checked.",
    "Không biết hồ sơ {profile} nên chưa kiểm tra theo hồ sơ này.",
)
PROFILE_OF_OTHER_TYPE = Message(
    "VAL-2702",
    Severity.ERROR,
    "structure",
    "The profile {profile} is about {expected}, the resource is {found}.",
    "Hồ sơ {profile} dành cho {expected}, còn tài nguyên là {found}.",
)
PROFILE_UNUSABLE = Message(
    "VAL-2703",
    Severity.WARNING,
    "not-supported",
    "The profile {profile} cannot be used, so it was not checked: {reason}",
    "Không dùng được hồ sơ {profile} nên chưa kiểm tra theo hồ sơ này: {reason}",
)
