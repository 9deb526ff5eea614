"""Defects of rows, tables and files. Each function gives the place, or None where it does not apply."""

from __future__ import annotations

from mappers.synthetic.defects.place import Place
from mappers.synthetic.stream import Stream
from mappers.synthetic.writer import Hoso

#: Spellings that other systems use for columns of XML1.
_VARIANTS = {
    "MATINH_CU_TRU": "MA_TINH_CU_TRU",
    "MA_BENH_KT": "MA_BENHKHAC",
    "MA_LOAI_KCB": "MA_LOAIKCB",
    "T_NGUONKHAC": "T_NGUON_KHAC",
    "PP_DIEU_TRI": "PP_DIEUTRI",
}


def duplicate_row(claim: Hoso, stream: Stream) -> Place | None:
    """A priced row written twice: the total of XML1 no longer fits."""
    rows = claim.tables.get("XML3", [])
    row = stream.pick(rows) if rows else None
    if row is None or row["THANH_TIEN_BV"] in ("0", "0.00"):
        return None
    rows.append(row | {"STT": str(len(rows) + 1)})
    return Place("XML1", 1, "T_TONGCHI_BV", claim.tables["XML1"][0]["T_TONGCHI_BV"])


def tag_variant(claim: Hoso, stream: Stream) -> Place | None:
    """A tag in the spelling of another system."""
    column = stream.pick(tuple(_VARIANTS))
    variant = _VARIANTS[column]
    claim.text_edits["XML1"] = lambda text: text.replace(f"<{column}>", f"<{variant}>").replace(
        f"</{column}>", f"</{variant}>"
    )
    return Place("XML1", 1, column, claim.tables["XML1"][0][column])


def unknown_tag(claim: Hoso, stream: Stream) -> Place | None:
    """A column of the hospital's own."""
    tag = stream.pick(("MA_LOI_NOI_BO", "GHI_CHU_NOI_BO"))
    claim.text_edits["XML1"] = lambda text: text.replace("</TONG_HOP>", f"<{tag}>x1</{tag}></TONG_HOP>")
    return Place("XML1", 1, tag, "x1")


def unescaped_vital_sign(claim: Hoso, _stream: Stream) -> Place | None:
    """``CSST<M75…>`` written into the XML as it is."""
    rows = claim.tables.get("XML5", [])
    if not rows or "<" not in rows[0]["DIEN_BIEN_LS"]:
        return None
    claim.text_edits["XML5"] = _unescaped
    return Place("XML5", 1, "DIEN_BIEN_LS", rows[0]["DIEN_BIEN_LS"])


def _unescaped(text: str) -> str:
    plain = text.replace("<DIEN_BIEN_LS><![CDATA[", "<DIEN_BIEN_LS>", 1).replace(
        "]]></DIEN_BIEN_LS>", "</DIEN_BIEN_LS>", 1
    )
    return plain.replace("CSST&lt;", "CSST<", 1).replace("&gt;", ">", 1)


def bad_base64(claim: Hoso, stream: Stream) -> Place | None:
    """NOIDUNGFILE that is neither base64 nor XML."""
    table = stream.pick(tuple(claim.tables))
    if table == "XML1":
        return None
    claim.content_edits[table] = lambda text: f"%{text[1:-7].strip('<>')}"
    return Place(table, None, "NOIDUNGFILE")


def missing_summary(claim: Hoso, _stream: Stream) -> Place | None:
    """No XML1."""
    if len(claim.tables) == 1:
        return None
    del claim.tables["XML1"]
    return Place("XML1", None, "")


def missing_results(claim: Hoso, _stream: Stream) -> Place | None:
    """Laboratory or imaging services without XML4."""
    services = claim.tables.get("XML3", [])
    if "XML4" not in claim.tables or not any(row["MA_NHOM"] in ("1", "2") for row in services):
        return None
    del claim.tables["XML4"]
    return Place("XML4", None, "")


def truncated_file(claim: Hoso, _stream: Stream) -> Place | None:
    """The file ends inside the HOSO."""
    claim.cut = True
    return Place("", None, "")
