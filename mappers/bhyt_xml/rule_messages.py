"""Rules between columns, rows and tables that a claim may break. 54xx row, 55xx visit; see ``messages``."""

from __future__ import annotations

from conformance.issues import Message, Severity

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING

AMOUNT_DIFFERS = Message(
    "MAP-5401",
    _WARNING,
    "business-rule",
    "{field} is {value}, the formula gives {expected}.",
    "{field} là {value}, theo công thức là {expected}.",
)
TIME_ORDER = Message(
    "MAP-5402",
    _WARNING,
    "business-rule",
    "{field} {value} is before {other} {limit}.",
    "{field} {value} trước {other} {limit}.",
)
OUTSIDE_STAY = Message(
    "MAP-5403",
    _WARNING,
    "business-rule",
    "{field} {value} is outside the stay.",
    "{field} {value} nằm ngoài thời gian điều trị.",
)
OTHER_VISIT = Message(
    "MAP-5404",
    _ERROR,
    "business-rule",
    "MA_LK '{value}' is not that of XML1 ('{expected}'); the row is kept raw only.",
    "MA_LK '{value}' khác MA_LK của XML1 ('{expected}'); dòng chỉ được giữ dạng gốc.",
)
NO_CODE = Message(
    "MAP-5405",
    _ERROR,
    "required",
    "The row has neither MA_DICH_VU nor MA_VAT_TU.",
    "Dòng không có MA_DICH_VU và cũng không có MA_VAT_TU.",
)
GROUP_ELSEWHERE = Message(
    "MAP-5406",
    _WARNING,
    "business-rule",
    "MA_NHOM {value} does not belong in {table}.",
    "MA_NHOM {value} không thuộc bảng {table}.",
)
VITAL_UNREAD = Message(
    "MAP-5407",
    _WARNING,
    "value",
    "This part of the vital signs was not understood: '{value}'. The text keeps it.",
    "Không hiểu phần dấu hiệu sinh tồn: '{value}'. Văn bản vẫn giữ nguyên.",
)

CARDS_DIFFER = Message(
    "MAP-5501",
    _ERROR,
    "business-rule",
    "{field} lists {found} values for {expected} cards (portal code 20); it is not assigned to any card.",
    "{field} có {found} giá trị cho {expected} thẻ (mã lỗi 20); không gán cho thẻ nào.",
)
CCCD_MISFIT = Message(
    "MAP-5502",
    _WARNING,
    "business-rule",
    "SO_CCCD '{value}' does not fit the year of birth and sex; it is not used as the identity of this person.",
    "SO_CCCD '{value}' không khớp năm sinh và giới tính; không dùng làm định danh của người bệnh.",
)
NO_IDENTITY = Message(
    "MAP-5503",
    _WARNING,
    "required",
    "No citizen id, insurance number or MA_BN: the person is known by this visit only.",
    "Không có CCCD, số bảo hiểm hay MA_BN: người bệnh chỉ được nhận biết qua lượt khám này.",
)
TOTAL_DIFFERS = Message(
    "MAP-5504",
    _WARNING,
    "business-rule",
    "{field} is {value}, the rows add up to {expected}.",
    "{field} là {value}, tổng các dòng là {expected}.",
)
DAYS_DIFFER = Message(
    "MAP-5505",
    _WARNING,
    "business-rule",
    "SO_NGAY_DTRI is {value}, the times give {expected}.",
    "SO_NGAY_DTRI là {value}, theo thời gian là {expected}.",
)
NO_MA_LK = Message(
    "MAP-5506",
    _ERROR,
    "required",
    "Without MA_LK or a facility no visit can be made; the claim is kept raw.",
    "Thiếu MA_LK hoặc mã cơ sở nên không thể lập lượt khám; hồ sơ được giữ dạng gốc.",
)
TOO_MANY_DISEASES = Message(
    "MAP-5507",
    _WARNING,
    "business-rule",
    "{field} lists {found} codes, at most 12 are allowed.",
    "{field} có {found} mã, tối đa 12.",
)
UNLIKELY_ENTITLEMENT = Message(
    "MAP-5508",
    _WARNING,
    "business-rule",
    "MA_DOITUONG_KCB 1.7 (newborn) on a person born {born}.",
    "MA_DOITUONG_KCB 1.7 (trẻ sơ sinh) cho người sinh {born}.",
)
FACILITY_DIFFERS = Message(
    "MAP-5509",
    _WARNING,
    "business-rule",
    "MA_CSKCB is '{value}', the envelope says '{expected}'.",
    "MA_CSKCB là '{value}', phong bì ghi '{expected}'.",
)
