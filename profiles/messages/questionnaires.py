"""Findings about questionnaires and their answers: ``VAL-28xx``. https://hl7.org/fhir/R4/questionnaire.html"""

from __future__ import annotations

from conformance.issues import Message, Severity

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
COHORT_HAS_NO_SCORE = Message(
    "VAL-2830",
    Severity.ERROR,
    "business-rule",
    "A measure of a cohort has no score.",
    "Thước đo kiểu cohort không có điểm số.",
)
