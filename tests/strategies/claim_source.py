"""Synthetic claim envelopes for the tests: rows as dicts, written as base64, plain or CDATA."""

from __future__ import annotations

import base64
import io
from xml.sax.saxutils import escape

from mappers.bhyt_xml import BHYT_XML
from mappers.bhyt_xml.schema.tables import TABLES
from mappers.units import MapContext, MapIssue, Raw, Unit

Row = dict[str, str]
Tables = dict[str, list[Row]]
CONTEXT = MapContext(key=b"a key of the tests")

_LIST = {
    "XML2": "DSACH_CHI_TIET_THUOC",
    "XML3": "DSACH_CHI_TIET_DVKT",
    "XML4": "DSACH_CHI_TIET_CLS",
    "XML5": "DSACH_CHI_TIET_DIEN_BIEN_BENH",
}


def summary(**changes: str) -> Row:
    """XML1 of an in-patient with one card; every column has a value."""
    row = {
        "MA_LK": "LK0001", "STT": "1", "MA_BN": "BN77", "HO_TEN": "Nguyễn Văn An", "SO_CCCD": "001085012345",
        "NGAY_SINH": "198505120000", "GIOI_TINH": "1", "NHOM_MAU": "O+", "MA_QUOCTICH": "000", "MA_DANTOC": "01",
        "MA_NGHE_NGHIEP": "22110", "DIA_CHI": "Số 5 phố Huế", "MATINH_CU_TRU": "01", "MAHUYEN_CU_TRU": "001",
        "MAXA_CU_TRU": "00070", "DIEN_THOAI": "0912345678", "MA_THE_BHYT": "DN4010123456789", "MA_DKBD": "01001",
        "GT_THE_TU": "20250101", "GT_THE_DEN": "20251231", "NGAY_MIEN_CCT": "20250301", "LY_DO_VV": "Sốt cao",
        "LY_DO_VNT": "Theo dõi viêm phổi", "MA_LY_DO_VNT": "L01", "CHAN_DOAN_VAO": "Sốt chưa rõ nguyên nhân",
        "CHAN_DOAN_RV": "Viêm phổi", "MA_BENH_CHINH": "J18.9", "MA_BENH_KT": "I10;E11.9", "MA_BENH_YHCT": "U50.1",
        "MA_PTTT_QT": "33.22", "MA_DOITUONG_KCB": "1.3", "MA_NOI_DI": "01900", "MA_NOI_DEN": "01901",
        "MA_TAI_NAN": "1", "NGAY_VAO": "202508010830", "NGAY_VAO_NOI_TRU": "202508011000", "NGAY_RA": "202508051500",
        "GIAY_CHUYEN_TUYEN": "GCT-55", "SO_NGAY_DTRI": "5", "PP_DIEU_TRI": "Kháng sinh", "KET_QUA_DTRI": "2",
        "MA_LOAI_RV": "1", "GHI_CHU": "Uống thuốc đủ liều", "NGAY_TTOAN": "202508051600", "T_THUOC": "300000",
        "T_VTYT": "20000", "T_TONGCHI_BV": "1220000", "T_TONGCHI_BH": "1220000", "T_BNTT": "0", "T_BNCCT": "244000",
        "T_BHTT": "976000", "T_NGUONKHAC": "0", "T_BHTT_GDV": "976000", "NAM_QT": "2025", "THANG_QT": "8",
        "MA_LOAI_KCB": "03", "MA_KHOA": "K03", "MA_CSKCB": "01001", "MA_KHUVUC": "K1", "CAN_NANG": "61.50",
        "CAN_NANG_CON": "3000", "NAM_NAM_LIEN_TUC": "20200101", "NGAY_TAI_KHAM": "20250820", "MA_HSBA": "HS9",
        "MA_TTDV": "0123456788", "DU_PHONG": "dp1",
    }  # fmt: skip
    return row | changes


def _lines(price: str, amount: str, fund: str, own: str) -> Row:
    return {
        "TYLE_TT_BH": "100", "SO_LUONG": "10", "THANH_TIEN_BV": amount, "THANH_TIEN_BH": amount,
        "T_NGUONKHAC_NSNN": "0", "T_NGUONKHAC_VTNN": "0", "T_NGUONKHAC_VTTN": "0", "T_NGUONKHAC_CL": "0",
        "T_NGUONKHAC": "0", "MUC_HUONG": "80", "T_BNTT": "0", "T_BNCCT": own, "T_BHTT": fund, "MA_KHOA": "K03",
        "MA_BAC_SI": "000111/HNO-CCHN;000222/HNO-CCHN", "NGAY_YL": "202508010900", "NGAY_TH_YL": "202508010930",
        "MA_PTTT": "1", "VET_THUONG_TP": "", "PHAM_VI": "1", "MA_LK": "LK0001", "TT_THAU": "QD1;G1;N1;2025",
        "DU_PHONG": "dp",
    } | ({"DON_GIA": price} if price else {})  # fmt: skip


def drug(**changes: str) -> Row:
    """A drug row of XML2 with every column."""
    row = {
        "STT": "1", "MA_THUOC": "40.67", "MA_PP_CHEBIEN": "CB1", "MA_CSKCB_THUOC": "01001", "MA_NHOM": "4",
        "TEN_THUOC": "Amoxicilin", "DON_VI_TINH": "Viên", "HAM_LUONG": "500mg", "DUONG_DUNG": "1.01",
        "DANG_BAO_CHE": "Viên nang", "LIEU_DUNG": "2 viên x 2 lần/ngày", "CACH_DUNG": "Sau ăn",
        "SO_DANG_KY": "VD-1-20", "MA_DICH_VU": "DV-THUOC", "NGUON_CTRA": "1",
    }  # fmt: skip
    return _lines("30000", "300000", "240000", "60000") | row | changes


def service(**changes: str) -> Row:
    """A row of XML3 with every column that a service has."""
    row = {
        "STT": "1", "MA_DICH_VU": "22.0121.1369", "MA_PTTT_QT": "90.5", "MA_VAT_TU": "", "MA_NHOM": "1",
        "GOI_VTYT": "G1",
        "TEN_VAT_TU": "", "TEN_DICH_VU": "Tổng phân tích tế bào máu", "MA_XANG_DAU": "X1", "DON_VI_TINH": "Lần",
        "DON_GIA_BV": "30000", "DON_GIA_BH": "30000", "TYLE_TT_DV": "100", "T_TRANTT": "0", "MA_GIUONG": "H001",
        "NGUOI_THUC_HIEN": "000333/HNO-CCHN", "MA_BENH": "J18.9", "MA_BENH_YHCT": "U50.1", "NGAY_KQ": "202508011100",
        "PP_VO_CAM": "1", "VI_TRI_TH_DVKT": "7", "MA_MAY": "HH.1.01001.A", "MA_HIEU_SP": "SP1", "TAI_SU_DUNG": "1",
    }  # fmt: skip
    return _lines("", "300000", "240000", "60000") | row | changes


def result(**changes: str) -> Row:
    """A row of XML4 with every column."""
    row = {
        "MA_LK": "LK0001", "STT": "1", "MA_DICH_VU": "22.0121.1369", "MA_CHI_SO": "WBC", "TEN_CHI_SO": "Bạch cầu",
        "GIA_TRI": "11.20", "DON_VI_DO": "G/L", "MO_TA": "", "KET_LUAN": "Bạch cầu tăng", "NGAY_KQ": "202508011100",
        "MA_BS_DOC_KQ": "000444/HNO-CCHN", "DU_PHONG": "dp4",
    }  # fmt: skip
    return row | changes


def note(**changes: str) -> Row:
    """A row of XML5 with vital signs and every column."""
    row = {
        "MA_LK": "LK0001", "STT": "1", "DIEN_BIEN_LS": "Tỉnh. CSST<M75_T37.5_HA120/70_NT18_SP97_HL2> Phổi có ran",
        "GIAI_DOAN_BENH": "Toàn phát", "HOI_CHAN": "Hội chẩn khoa", "PHAU_THUAT": "Không", "DU_PHONG": "dp5",
        "THOI_DIEM_DBLS": "202508020800", "NGUOI_THUC_HIEN": "000111/HNO-CCHN;000555/HNO-CCHN",
    }  # fmt: skip
    return row | changes


def inpatient() -> Tables:
    """A visit that uses every column: drugs, tests, an operation, a supply, a bed, results and notes."""
    half = {"SO_LUONG": "1", "THANH_TIEN_BV": "300000", "THANH_TIEN_BH": "300000"}
    price = {"DON_GIA_BV": "300000", "DON_GIA_BH": "300000"}
    return {
        "XML1": [summary()],
        "XML2": [drug()],
        "XML3": [
            service(),
            service(STT="2", MA_DICH_VU="03.2387.0212", TEN_DICH_VU="Nội soi phế quản", MA_NHOM="18", **half, **price),
            service(
                STT="3", MA_DICH_VU="", MA_PTTT_QT="", TEN_DICH_VU="", MA_VAT_TU="N03.01.010",
                TEN_VAT_TU="Bơm tiêm", MA_NHOM="10",
                SO_LUONG="10", DON_GIA_BV="2000", DON_GIA_BH="2000", THANH_TIEN_BV="20000", THANH_TIEN_BH="20000",
                T_BHTT="16000", T_BNCCT="4000",
            ),
            service(STT="4", MA_DICH_VU="K03.1900", TEN_DICH_VU="Giường nội khoa", MA_NHOM="15", **half, **price),
        ],
        "XML4": [result(), result(STT="2", MA_CHI_SO="XQ", TEN_CHI_SO="X quang", GIA_TRI="", MO_TA="Mờ đáy phổi phải")],
        "XML5": [note()],
    }  # fmt: skip


def table_xml(name: str, rows: list[Row]) -> str:
    """One table as XML, columns in the order given."""
    table = TABLES[name]
    body = "".join(
        f"<{table.row}>{''.join(f'<{tag}>{escape(value)}</{tag}>' for tag, value in row.items())}</{table.row}>"
        for row in rows
    )
    return body if name == "XML1" else f"<{table.root}><{_LIST[name]}>{body}</{_LIST[name]}></{table.root}>"


def file_xml(label: str, xml: str, style: str = "base64") -> str:
    """One FILEHOSO in one of the ways in which exports write it."""
    if style == "base64":
        content = base64.b64encode(f'<?xml version="1.0" encoding="utf-8"?>{xml}'.encode()).decode()
    else:
        content = {"plain": xml, "cdata": f"<![CDATA[{xml}]]>", "escaped": escape(xml)}[style]
    return f"<FILEHOSO><LOAIHOSO>{label}</LOAIHOSO><NOIDUNGFILE>{content}</NOIDUNGFILE></FILEHOSO>"


def hoso_xml(tables: Tables, style: str = "base64", extra: str = "") -> str:
    """One HOSO."""
    files = "".join(file_xml(name, table_xml(name, rows), style) for name, rows in tables.items())
    return f"<HOSO>{files}{extra}</HOSO>"


def envelope(*claims: str, prolog: str = '<?xml version="1.0" encoding="utf-8"?>', count: int | None = None) -> bytes:
    """A whole envelope of these HOSO elements."""
    return (
        f"{prolog}<GIAMDINHHS><THONGTINDONVI><MACSKCB>01001</MACSKCB></THONGTINDONVI><THONGTINHOSO>"
        f"<NGAYLAP>20250806</NGAYLAP><SOLUONGHOSO>{len(claims) if count is None else count}</SOLUONGHOSO>"
        f"<DANHSACHHOSO>{''.join(claims)}</DANHSACHHOSO></THONGTINHOSO><CHUKYDONVI/></GIAMDINHHS>"
    ).encode()


def read(data: bytes, file: str = "claims.xml", context: MapContext = CONTEXT) -> tuple[list[Unit], list[MapIssue]]:
    """(units, file-level issues) of one file."""
    pieces = list(BHYT_XML.split(io.BytesIO(data), file))
    units = [BHYT_XML.translate(piece, context) for piece in pieces if isinstance(piece, Raw)]
    return units, [piece for piece in pieces if isinstance(piece, MapIssue)]


def unit_of(tables: Tables) -> Unit:
    """The unit of a file of one claim."""
    units, _ = read(envelope(hoso_xml(tables)))
    return units[0]


def of_type(unit: Unit, kind: str) -> list[dict]:
    """The unit's resources of one type, shared ones included."""
    return [item for item in (*unit.resources, *unit.shared) if item["resourceType"] == kind]
