"""Catalogue of validation findings: ``VAL-2xxx``. An id keeps its meaning for ever; texts may be improved.

Ranges by cause: 20xx resource and object shape, 21xx cardinality and choice, 22xx values, 23xx terminology,
24xx references and contained, 25xx extensions, 26xx narrative, 27xx profiles, 28xx questionnaires,
29xx Bundles.
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

ID_TWICE = Message(
    "VAL-2015",
    Severity.ERROR,
    "duplicate",
    "Another element of the resource has the id '{id}'.",
    "Một phần tử khác của tài nguyên có cùng id '{id}'.",
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

TOO_FEW_BY_PROFILE = Message(
    "VAL-2105",
    Severity.ERROR,
    "required",
    "{path}: at least {min} required, found {found} (profile {profile}).",
    "{path}: cần ít nhất {min}, tìm thấy {found} (hồ sơ {profile}).",
)
TOO_MANY_BY_PROFILE = Message(
    "VAL-2106",
    Severity.ERROR,
    "structure",
    "{path}: at most {max} allowed, found {found} (profile {profile}).",
    "{path}: cho phép nhiều nhất {max}, tìm thấy {found} (hồ sơ {profile}).",
)
SLICE_MISSING = Message(
    "VAL-2107",
    Severity.ERROR,
    "required",
    "Slice {path}: at least {min} required, found {found} (profile {profile}).",
    "Lát cắt {path}: cần ít nhất {min}, tìm thấy {found} (hồ sơ {profile}).",
)
NO_SLICE_MATCHES = Message(
    "VAL-2108",
    Severity.ERROR,
    "structure",
    "The element belongs to no slice of {path}, and the slicing is closed (profile {profile}).",
    "Phần tử không thuộc lát cắt nào của {path} trong khi việc cắt lát là đóng (hồ sơ {profile}).",
)
SLICES_AMBIGUOUS = Message(
    "VAL-2109",
    Severity.ERROR,
    "structure",
    "The element belongs to more than one slice: {slices} (profile {profile}).",
    "Phần tử thuộc nhiều hơn một lát cắt: {slices} (hồ sơ {profile}).",
)
SLICE_OUT_OF_ORDER = Message(
    "VAL-2110",
    Severity.ERROR,
    "structure",
    "Slice {slice} must not come after slice {after} (profile {profile}).",
    "Lát cắt {slice} không được đứng sau lát cắt {after} (hồ sơ {profile}).",
)
NOT_AT_END = Message(
    "VAL-2111",
    Severity.ERROR,
    "structure",
    "Elements outside of the slices of {path} must come last (profile {profile}).",
    "Các phần tử ngoài lát cắt của {path} phải đứng cuối (hồ sơ {profile}).",
)
TYPE_NOT_ALLOWED = Message(
    "VAL-2112",
    Severity.ERROR,
    "structure",
    "The type {found} is not allowed here; allowed: {allowed} (profile {profile}).",
    "Kiểu {found} không được phép ở đây; chỉ cho phép: {allowed} (hồ sơ {profile}).",
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

NOT_IN_FIXED = Message(
    "VAL-2205",
    Severity.ERROR,
    "value",
    "'{name}' is not part of the fixed value.",
    "'{name}' không thuộc giá trị cố định.",
)
MISSING_OF_FIXED = Message(
    "VAL-2206",
    Severity.ERROR,
    "value",
    "'{name}' must be {expected}, as in the fixed value.",
    "'{name}' phải là {expected} như trong giá trị cố định.",
)
BELOW_MINIMUM = Message(
    "VAL-2207",
    Severity.ERROR,
    "value",
    "{value} is less than the least allowed value {bound}.",
    "{value} nhỏ hơn giá trị nhỏ nhất cho phép {bound}.",
)
ABOVE_MAXIMUM = Message(
    "VAL-2208",
    Severity.ERROR,
    "value",
    "{value} is greater than the greatest allowed value {bound}.",
    "{value} lớn hơn giá trị lớn nhất cho phép {bound}.",
)
TOO_LONG = Message(
    "VAL-2209",
    Severity.ERROR,
    "too-long",
    "The value has {length} characters, at most {most} are allowed.",
    "Giá trị có {length} ký tự, chỉ cho phép nhiều nhất {most}.",
)
TOO_SHORT = Message(
    "VAL-2210",
    Severity.ERROR,
    "value",
    "The value has {length} characters, at least {least} are required.",
    "Giá trị có {length} ký tự, cần ít nhất {least}.",
)
VALUE_REQUIRED = Message(
    "VAL-2211",
    Severity.ERROR,
    "required",
    "The element must have a value; an extension in its place is not enough.",
    "Phần tử phải có giá trị; phần mở rộng thay thế là chưa đủ.",
)
INVARIANT = Message(
    "VAL-2220",
    Severity.ERROR,
    "invariant",
    "Constraint {key} does not hold: {human}",
    "Ràng buộc {key} không thỏa: {human}",
)
INVARIANT_NOT_EVALUATED = Message(
    "VAL-2221",
    Severity.INFORMATION,
    "not-supported",
    "{key} could not be evaluated: {human}",
    "Không đánh giá được {key}: {human}",
)

IDENTIFIER_NO_URI = Message(
    "VAL-2212",
    Severity.ERROR,
    "value",
    "The value of an identifier of urn:ietf:rfc:3986 must be a whole URI, found '{value}'.",
    "Giá trị của định danh thuộc urn:ietf:rfc:3986 phải là một URI đầy đủ, tìm thấy '{value}'.",
)
ATTACHMENT_SIZE = Message(
    "VAL-2213",
    Severity.ERROR,
    "value",
    "The stated size is {stated} bytes, the data has {found}.",
    "Kích thước khai báo là {stated} byte, dữ liệu có {found}.",
)
CODE_NOT_IN_SET = Message(
    "VAL-2301",
    Severity.ERROR,
    "code-invalid",
    "'{code}' is not in the value set {value_set} ({strength}).",
    "'{code}' không thuộc tập giá trị {value_set} ({strength}).",
)
CONCEPT_NOT_IN_SET = Message(
    "VAL-2302",
    Severity.ERROR,
    "code-invalid",
    "None of the codings ({codes}) is in the value set {value_set} ({strength}).",
    "Không mã nào ({codes}) thuộc tập giá trị {value_set} ({strength}).",
)
CODE_MISSING = Message(
    "VAL-2303",
    Severity.ERROR,
    "code-invalid",
    "A code from the required value set {value_set} must be given.",
    "Phải có một mã thuộc tập giá trị bắt buộc {value_set}.",
)

CODE_NOT_CHECKED = Message(
    "VAL-2304",
    Severity.WARNING,
    "not-supported",
    "Whether '{code}' is in the value set {value_set} cannot be told here.",
    "Ở đây không thể biết '{code}' có thuộc tập giá trị {value_set} hay không.",
)

SYSTEM_RELATIVE = Message(
    "VAL-2310",
    Severity.ERROR,
    "code-invalid",
    "The system must be absolute, found '{system}'.",
    "system phải là tuyệt đối, tìm thấy '{system}'.",
)
SYSTEM_IS_VALUE_SET = Message(
    "VAL-2311",
    Severity.ERROR,
    "code-invalid",
    "{system} is a value set, not a code system.",
    "{system} là tập giá trị, không phải hệ mã.",
)
SYSTEM_IS_SUPPLEMENT = Message(
    "VAL-2312",
    Severity.ERROR,
    "code-invalid",
    "{system} is a supplement of a code system; codes are those of the system itself.",
    "{system} là phần bổ sung của hệ mã; phải dùng mã của chính hệ mã đó.",
)
CODE_UNKNOWN = Message(
    "VAL-2313",
    Severity.ERROR,
    "code-invalid",
    "The code '{code}' is not in the code system {system}.",
    "Mã '{code}' không có trong hệ mã {system}.",
)
WRONG_DISPLAY = Message(
    "VAL-2314",
    Severity.ERROR,
    "value",
    "The display '{display}' is not that of the code; expected: {expected}.",
    "Tên hiển thị '{display}' không khớp với mã; cần là: {expected}.",
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

CONTAINED_UNUSED = Message(
    "VAL-2412",
    Severity.ERROR,
    "invariant",
    "Nothing refers to the contained resource '{id}', nor does it refer to what contains it (dom-3).",
    "Không có gì tham chiếu tới tài nguyên được chứa '{id}', nó cũng không tham chiếu tới tài nguyên chứa nó (dom-3).",
)
TARGET_MEETS_NO_PROFILE = Message(
    "VAL-2409",
    Severity.ERROR,
    "structure",
    "'{reference}' meets none of the allowed profiles: {profiles}.",
    "'{reference}' không thỏa hồ sơ nào được phép: {profiles}.",
)
TARGET_NOT_BUNDLED = Message(
    "VAL-2410",
    Severity.ERROR,
    "required",
    "'{reference}' must be in the same Bundle or contained, but is not.",
    "'{reference}' phải nằm trong cùng Bundle hoặc được chứa, nhưng không có.",
)
WRONG_AGGREGATION = Message(
    "VAL-2411",
    Severity.ERROR,
    "structure",
    "'{reference}' is {found}; allowed: {allowed}.",
    "'{reference}' là {found}; chỉ cho phép: {allowed}.",
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

EXTENSION_UNKNOWN = Message(
    "VAL-2505",
    Severity.WARNING,
    "not-found",
    "The extension {url} is not known, so it was not checked.",
    "Không biết phần mở rộng {url} nên chưa kiểm tra.",
)
MODIFIER_EXTENSION_UNKNOWN = Message(
    "VAL-2506",
    Severity.ERROR,
    "not-supported",
    "The modifier extension {url} is not known, so the meaning of the resource is not.",
    "Không biết phần mở rộng điều chỉnh {url} nên không rõ ý nghĩa của tài nguyên.",
)
MODIFIER_EXPECTED = Message(
    "VAL-2507",
    Severity.ERROR,
    "structure",
    "The extension {url} changes the meaning: it must be a modifierExtension.",
    "Phần mở rộng {url} làm thay đổi ý nghĩa: phải đặt trong modifierExtension.",
)
MODIFIER_NOT_EXPECTED = Message(
    "VAL-2508",
    Severity.ERROR,
    "structure",
    "The extension {url} does not change the meaning: it must not be a modifierExtension.",
    "Phần mở rộng {url} không làm thay đổi ý nghĩa: không được đặt trong modifierExtension.",
)
EXTENSION_PART_UNKNOWN = Message(
    "VAL-2509",
    Severity.ERROR,
    "structure",
    "'{url}' is not a part of the extension {of}.",
    "'{url}' không phải là thành phần của phần mở rộng {of}.",
)
EXTENSION_MISPLACED = Message(
    "VAL-2510",
    Severity.ERROR,
    "structure",
    "The extension {url} may not stand here; allowed: {allowed}.",
    "Phần mở rộng {url} không được đặt ở đây; chỉ cho phép: {allowed}.",
)
EXTENSION_CONTEXT_INVARIANT = Message(
    "VAL-2511",
    Severity.ERROR,
    "structure",
    "The extension {url} may only stand where {expression} holds.",
    "Phần mở rộng {url} chỉ được đặt ở nơi {expression} đúng.",
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

XHTML_NOT_BASIC = Message(
    "VAL-2604",
    Severity.ERROR,
    "invariant",
    "The narrative must hold only basic formatting elements and attributes (txt-1).",
    "Phần tường thuật chỉ được chứa các phần tử và thuộc tính định dạng cơ bản (txt-1).",
)
XHTML_ELEMENT = Message(
    "VAL-2605",
    Severity.ERROR,
    "structure",
    "The element '{name}' is not allowed in a narrative.",
    "Phần tử '{name}' không được phép trong phần tường thuật.",
)
XHTML_ATTRIBUTE = Message(
    "VAL-2606",
    Severity.ERROR,
    "structure",
    "The attribute '{name}' is not allowed in a narrative.",
    "Thuộc tính '{name}' không được phép trong phần tường thuật.",
)
XHTML_LINK = Message(
    "VAL-2607",
    Severity.ERROR,
    "not-found",
    "The link '{link}' leads nowhere in the narrative or the resource.",
    "Liên kết '{link}' không trỏ tới đâu trong phần tường thuật hay tài nguyên.",
)
LANGUAGES_FORBIDDEN = Message(
    "VAL-2610",
    Severity.ERROR,
    "business-rule",
    "The narrative must have no language sections, found: {found} (profile {profile}).",
    "Phần tường thuật không được có mục theo ngôn ngữ, tìm thấy: {found} (hồ sơ {profile}).",
)
LANGUAGES_MISSING = Message(
    "VAL-2611",
    Severity.ERROR,
    "business-rule",
    "The narrative must have language sections (profile {profile}).",
    "Phần tường thuật phải có các mục theo ngôn ngữ (hồ sơ {profile}).",
)
LANGUAGE_MISSING = Message(
    "VAL-2612",
    Severity.ERROR,
    "business-rule",
    "The narrative must have a section in '{wanted}', found: {found} (profile {profile}).",
    "Phần tường thuật phải có mục bằng '{wanted}', tìm thấy: {found} (hồ sơ {profile}).",
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
NO_PROFILE_MATCHES = Message(
    "VAL-2704",
    Severity.ERROR,
    "structure",
    "The element meets none of the allowed profiles: {profiles}.",
    "Phần tử không thỏa hồ sơ nào được phép: {profiles}.",
)
UNKNOWN_TYPE_PROFILE = Message(
    "VAL-2705",
    Severity.WARNING,
    "not-found",
    "The profile {profile} that this element must meet is not known.",
    "Không biết hồ sơ {profile} mà phần tử này phải thỏa.",
)

ITEM_UNKNOWN = Message(
    "VAL-2802",
    Severity.ERROR,
    "not-found",
    "The questionnaire has no item '{link}'.",
    "Bảng hỏi không có mục '{link}'.",
)
ITEM_MISPLACED = Message(
    "VAL-2803",
    Severity.ERROR,
    "structure",
    "The questionnaire has the item '{link}' at another place.",
    "Trong bảng hỏi, mục '{link}' nằm ở chỗ khác.",
)
ITEM_OUT_OF_ORDER = Message(
    "VAL-2804",
    Severity.ERROR,
    "structure",
    "The item '{link}' stands before one that it follows in the questionnaire.",
    "Mục '{link}' không theo thứ tự của bảng hỏi.",
)
ANSWER_MISSING = Message(
    "VAL-2805",
    Severity.ERROR,
    "required",
    "The required item '{link}' has no answer.",
    "Mục bắt buộc '{link}' chưa có câu trả lời.",
)
ANSWER_NOT_ENABLED = Message(
    "VAL-2806",
    Severity.ERROR,
    "business-rule",
    "The item '{link}' is answered although it is not enabled.",
    "Mục '{link}' có câu trả lời dù không được kích hoạt.",
)
GROUP_MISSING = Message(
    "VAL-2807",
    Severity.ERROR,
    "required",
    "The required group '{link}' has no items.",
    "Nhóm bắt buộc '{link}' không có mục nào.",
)
ANSWERED_TWICE = Message(
    "VAL-2808",
    Severity.ERROR,
    "business-rule",
    "The item '{link}' may have only one answer.",
    "Mục '{link}' chỉ được có một câu trả lời.",
)
TOO_FEW_ANSWERS = Message(
    "VAL-2809",
    Severity.ERROR,
    "business-rule",
    "At least {min} answers are required, found {found}.",
    "Cần ít nhất {min} câu trả lời, tìm thấy {found}.",
)
TOO_MANY_ANSWERS = Message(
    "VAL-2810",
    Severity.ERROR,
    "business-rule",
    "At most {max} answers are allowed, found {found}.",
    "Chỉ cho phép nhiều nhất {max} câu trả lời, tìm thấy {found}.",
)
NO_ANSWERS_HERE = Message(
    "VAL-2811",
    Severity.ERROR,
    "structure",
    "An item of type '{type}' has no answers.",
    "Mục kiểu '{type}' không có câu trả lời.",
)
ITEMS_BELOW_QUESTION = Message(
    "VAL-2812",
    Severity.ERROR,
    "structure",
    "The items below the question '{link}' must stand below its answers.",
    "Các mục con của câu hỏi '{link}' phải nằm dưới câu trả lời.",
)
ANSWER_TYPE = Message(
    "VAL-2813",
    Severity.ERROR,
    "structure",
    "The answer is of type {found}; allowed: {allowed}.",
    "Câu trả lời có kiểu {found}; chỉ cho phép: {allowed}.",
)
UNIT_NOT_ALLOWED = Message(
    "VAL-2814",
    Severity.ERROR,
    "code-invalid",
    "The unit '{unit}' is not allowed for this answer.",
    "Đơn vị '{unit}' không được phép cho câu trả lời này.",
)
ANSWER_TARGET_UNKNOWN = Message(
    "VAL-2815",
    Severity.ERROR,
    "structure",
    "'{type}' in the reference {reference} is not a resource type.",
    "'{type}' trong tham chiếu {reference} không phải là loại tài nguyên.",
)
OPTION_TYPE = Message(
    "VAL-2816",
    Severity.ERROR,
    "structure",
    "None of the options is of type {type}.",
    "Không có lựa chọn nào thuộc kiểu {type}.",
)
NOT_AN_OPTION = Message(
    "VAL-2817",
    Severity.ERROR,
    "code-invalid",
    "'{value}' is none of the options.",
    "'{value}' không thuộc các lựa chọn.",
)
NOT_COMPARABLE = Message(
    "VAL-2818",
    Severity.ERROR,
    "value",
    "{value} cannot be compared with {bound}.",
    "Không thể so sánh {value} với {bound}.",
)
TOO_MANY_PLACES = Message(
    "VAL-2819",
    Severity.ERROR,
    "value",
    "{value} has more than {most} decimal places.",
    "{value} có nhiều hơn {most} chữ số thập phân.",
)
MIME_TYPE = Message(
    "VAL-2820",
    Severity.ERROR,
    "value",
    "The content type {found} is not allowed; allowed: {allowed}.",
    "Kiểu nội dung {found} không được phép; chỉ cho phép: {allowed}.",
)
ATTACHMENT_TOO_LARGE = Message(
    "VAL-2821",
    Severity.ERROR,
    "too-long",
    "The attachment has {size} bytes, at most {most} are allowed.",
    "Tệp đính kèm có {size} byte, chỉ cho phép nhiều nhất {most}.",
)
OPTION_EXCLUSIVE = Message(
    "VAL-2822",
    Severity.ERROR,
    "business-rule",
    "'{value}' excludes all other answers.",
    "'{value}' loại trừ mọi câu trả lời khác.",
)

FULL_URL_MISSING = Message(
    "VAL-2901",
    Severity.ERROR,
    "required",
    "The entry needs a fullUrl, the identity of its resource.",
    "Mục này cần fullUrl, là danh tính của tài nguyên.",
)
FULL_URL_RELATIVE = Message(
    "VAL-2902",
    Severity.ERROR,
    "value",
    "The fullUrl must be absolute, found '{url}'.",
    "fullUrl phải là tuyệt đối, tìm thấy '{url}'.",
)
FULL_URL_WITHOUT_ID = Message(
    "VAL-2903",
    Severity.ERROR,
    "value",
    "The fullUrl {url} looks like that of a server, but the resource has no id.",
    "fullUrl {url} giống địa chỉ trên máy chủ nhưng tài nguyên không có id.",
)
FULL_URL_DIFFERS = Message(
    "VAL-2904",
    Severity.ERROR,
    "value",
    "The fullUrl {url} looks like that of a server, so it must end with {expected}.",
    "fullUrl {url} giống địa chỉ trên máy chủ nên phải kết thúc bằng {expected}.",
)
NOT_IN_DOCUMENT = Message(
    "VAL-2905",
    Severity.ERROR,
    "not-found",
    "The document does not hold '{reference}'.",
    "Tài liệu không chứa '{reference}'.",
)
SEVERAL_IN_DOCUMENT = Message(
    "VAL-2906",
    Severity.ERROR,
    "multiple-matches",
    "'{reference}' leads to {count} entries of the document.",
    "'{reference}' trỏ tới {count} mục của tài liệu.",
)
ENTRY_UNREACHED = Message(
    "VAL-2907",
    Severity.ERROR,
    "business-rule",
    "No chain of references joins the entry {url} with the first one.",
    "Không có chuỗi tham chiếu nào nối mục {url} với mục đầu tiên.",
)
NO_OUTCOME = Message(
    "VAL-2908",
    Severity.ERROR,
    "structure",
    "An entry with the mode outcome holds an OperationOutcome, not {found}.",
    "Mục có mode là outcome phải chứa OperationOutcome, không phải {found}.",
)
RESULT_WITHOUT_ID = Message(
    "VAL-2909",
    Severity.ERROR,
    "required",
    "A search result must have an id.",
    "Kết quả tìm kiếm phải có id.",
)
RESULT_OF_OTHER_TYPE = Message(
    "VAL-2910",
    Severity.ERROR,
    "structure",
    "The search asked for {expected}, found {found}.",
    "Yêu cầu tìm kiếm là {expected}, tìm thấy {found}.",
)
CONCEPT_COUNT = Message(
    "VAL-2320",
    Severity.ERROR,
    "value",
    "The code system says that it has {stated} concepts, it has {found}.",
    "Hệ mã ghi có {stated} khái niệm nhưng thực tế có {found}.",
)
CONCEPTS_NOT_EXPECTED = Message(
    "VAL-2321",
    Severity.ERROR,
    "structure",
    "The code system says that its content is not present, but it has concepts.",
    "Hệ mã ghi không kèm nội dung nhưng lại có khái niệm.",
)
PROPERTY_TWICE = Message(
    "VAL-2322",
    Severity.ERROR,
    "duplicate",
    "The property '{name}' is defined twice.",
    "Thuộc tính '{name}' được định nghĩa hai lần.",
)
PROPERTY_TYPE = Message(
    "VAL-2323",
    Severity.ERROR,
    "value",
    "The property '{code}' is of type {expected}, found {found}.",
    "Thuộc tính '{code}' có kiểu {expected}, tìm thấy {found}.",
)
PROPERTY_CODE = Message(
    "VAL-2324",
    Severity.ERROR,
    "value",
    "{uri} is the property '{expected}', not '{found}'.",
    "{uri} là thuộc tính '{expected}', không phải '{found}'.",
)
CONDITION_UNKNOWN = Message(
    "VAL-2823",
    Severity.ERROR,
    "not-found",
    "The condition leads to the item '{link}', which does not exist.",
    "Điều kiện trỏ tới mục '{link}' không tồn tại.",
)
CONDITION_INSIDE = Message(
    "VAL-2824",
    Severity.ERROR,
    "business-rule",
    "The condition leads to '{link}', the item itself or one inside of it.",
    "Điều kiện trỏ tới '{link}', là chính mục này hoặc mục nằm trong nó.",
)
TYPE_WITHOUT_NAMESPACE = Message(
    "VAL-2710",
    Severity.ERROR,
    "value",
    "'{type}' is no type of FHIR, so it must be an absolute URL.",
    "'{type}' không phải là kiểu của FHIR nên phải là URL tuyệt đối.",
)
TYPE_OF_BASE = Message(
    "VAL-2711",
    Severity.ERROR,
    "value",
    "'{type}' is the type of the base, a new one must be given.",
    "'{type}' là kiểu của cấu trúc gốc, phải đặt kiểu mới.",
)
PATH_OF_OTHER_TYPE = Message(
    "VAL-2712",
    Severity.ERROR,
    "value",
    "The path '{path}' must begin with '{type}'.",
    "Đường dẫn '{path}' phải bắt đầu bằng '{type}'.",
)
NO_SNAPSHOT = Message(
    "VAL-2713",
    Severity.ERROR,
    "structure",
    "The definition is not sound: {reason}",
    "Định nghĩa không hợp lệ: {reason}",
)
CANONICAL_OF_OTHER_TYPE = Message(
    "VAL-2415",
    Severity.ERROR,
    "structure",
    "{canonical} is a {found}; allowed: {allowed}.",
    "{canonical} là {found}; chỉ cho phép: {allowed}.",
)
TARGET_NOT_FOUND = Message(
    "VAL-2413",
    Severity.ERROR,
    "not-found",
    "'{reference}' leads to nothing that can be found.",
    "Không tìm thấy đích của '{reference}'.",
)
TARGET_IS_OTHER = Message(
    "VAL-2414",
    Severity.ERROR,
    "structure",
    "'{reference}' leads to an entry that is a {found}.",
    "'{reference}' trỏ tới một mục là {found}.",
)
FIXED_BY_BASE = Message(
    "VAL-2714",
    Severity.ERROR,
    "value",
    "The base fixes this value to {expected}, so it cannot be {found}.",
    "Cấu trúc gốc cố định giá trị này là {expected} nên không thể là {found}.",
)
SEVERAL_TARGETS = Message(
    "VAL-2416",
    Severity.ERROR,
    "multiple-matches",
    "'{reference}' leads to {count} entries of the Bundle.",
    "'{reference}' trỏ tới {count} mục của Bundle.",
)
FILTER_VALUE = Message(
    "VAL-2325",
    Severity.ERROR,
    "value",
    "The property holds Codings, so the value must be system#code, found '{value}'.",
    "Thuộc tính chứa Coding nên giá trị phải có dạng system#code, tìm thấy '{value}'.",
)
COHORT_HAS_NO_SCORE = Message(
    "VAL-2830",
    Severity.ERROR,
    "business-rule",
    "A measure of a cohort has no score.",
    "Thước đo kiểu cohort không có điểm số.",
)
