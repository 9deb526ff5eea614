"""Findings about objects, cardinality, choices and values: ``VAL-20xx`` to ``VAL-22xx``.

https://hl7.org/fhir/R4/json.html, https://hl7.org/fhir/R4/conformance-rules.html#cardinality
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
NOT_BY_REGEX = Message(
    "VAL-2214",
    Severity.ERROR,
    "value",
    "The value '{value}' is not of the form {regex}.",
    "Giá trị '{value}' không có dạng {regex}.",
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
