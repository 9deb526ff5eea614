"""Every kind of bad input gives an issue with its place, and the rest of the file is still mapped."""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Iterator

import pytest

from mappers.bhyt_xml import messages
from mappers.bhyt_xml.schema.tables import TABLES
from mappers.registry import detect
from mappers.units import ISSUE_KEYS, MapIssue, Unit
from strategies.claim_source import (
    drug,
    envelope,
    file_xml,
    hoso_xml,
    inpatient,
    note,
    of_type,
    read,
    result,
    service,
    summary,
    table_xml,
    unit_of,
)  # fmt: skip

GOOD = hoso_xml({"XML1": [summary(MA_LK="LK0002")], "XML2": [drug(MA_LK="LK0002")]})


def found(issues: list[MapIssue], message: object) -> list[MapIssue]:
    return [issue for issue in issues if issue.rule == message.id]


def one(unit: Unit, message: object) -> MapIssue:
    matching = found(unit.issues, message)
    assert len(matching) == 1, [issue.as_dict() for issue in unit.issues]
    return matching[0]


def changed(table: str, row: int = 0, **values: str) -> Unit:
    tables = inpatient()
    tables[table][row] |= values
    return unit_of(tables)


def is_mapped(unit: Unit) -> bool:
    return bool(of_type(unit, "Encounter")) and bool(of_type(unit, "Claim"))


def test_a_good_claim_has_no_issue() -> None:
    units, issues = read(envelope(hoso_xml(inpatient())))
    assert issues == []
    assert units[0].issues == []


def test_issue_lines_have_the_published_keys_in_order() -> None:
    issue = changed("XML1", NGAY_VAO="31/31/2025").issues[0].as_dict()
    assert tuple(issue) == ISSUE_KEYS
    assert (issue["table"], issue["row"], issue["field"], issue["hoso"]) == ("XML1", 1, "NGAY_VAO", 1)
    assert issue["text_vi"] != issue["text_en"]


class TestEnvelope:
    @pytest.mark.parametrize("name", ["undefined", "unicode_escape", "utf-7", "idna", "hex", "tcvn3", "x" * 50])
    def test_declared_encoding_that_is_none(self, name: str) -> None:
        claim = hoso_xml({"XML1": [summary(LY_DO_VV="\\ud800 " + "Sốt cao")]}, "plain")
        units, _ = read(envelope(claim, prolog=f'<?xml version="1.0" encoding="{name}"?>'))
        assert found(units[0].issues, messages.ENCODING)
        assert "Nguyễn Văn An" in str(of_type(units[0], "Patient"))

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
    @pytest.mark.parametrize("style", ["base64", "plain"])
    def test_utf_16_with_and_without_byte_order_mark(self, encoding: str, style: str) -> None:
        data = envelope(hoso_xml(inpatient(), style)).decode().replace('"utf-8"', '"utf-16"').encode(encoding)
        assert detect(data[:4096]) is not None
        units, issues = read(data)
        assert not issues
        assert units[0].resources[:-1] == unit_of(inpatient()).resources[:-1]

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
    def test_base64_of_any_encoding_and_a_line_end(self, encoding: str) -> None:
        xml = '<?xml version="1.0" encoding="utf-16"?>\n' + table_xml("XML1", [summary()]) + "\n"
        body = base64.b64encode(xml.encode(encoding)).decode()
        claim = f"<HOSO><FILEHOSO><LOAIHOSO>XML1</LOAIHOSO><NOIDUNGFILE>{body}</NOIDUNGFILE></FILEHOSO></HOSO>"
        units, _ = read(envelope(claim))
        assert is_mapped(units[0])
        assert not found(units[0].issues, messages.ENCODING)

    def test_tags_that_close_themselves(self) -> None:
        claim = hoso_xml({"XML1": [summary()]}, extra="<FILEHOSO /><HOSO />")
        units, issues = read(envelope(claim).replace(b"<DANHSACHHOSO>", b"<DANHSACHHOSO><HOSO/><HOSO />"))
        assert [is_mapped(unit) for unit in units] == [True]
        assert not issues

    @pytest.mark.parametrize("at", [0.4, 0.6, 0.8])
    def test_cut_off_keeps_the_whole_claims(self, at: float) -> None:
        whole = envelope(hoso_xml(inpatient()), GOOD)
        first_end = whole.index(b"</HOSO>") + 7
        cut = whole[: first_end + int((len(whole) - first_end) * at)]
        units, issues = read(cut)
        assert is_mapped(units[0])
        assert units[1].resources == []
        assert units[1].source
        assert {issue.rule for issue in issues} >= {messages.CUT_OFF.id, messages.NOT_CLOSED.id}
        assert all(issue.is_error for issue in found(issues, messages.CUT_OFF))

    @pytest.mark.parametrize("data", [b"", b"not xml at all", b"PK\x03\x04zip", b"{}", b"<html><body/></html>"])
    def test_not_a_claim(self, data: bytes) -> None:
        units, issues = read(data)
        assert units == []
        assert [issue.rule for issue in issues] == [messages.NOT_A_CLAIM.id]
        assert detect(data) is None

    def test_xml_bomb_is_refused_and_the_rest_mapped(self) -> None:
        levels = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
        prolog = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">{levels}]>'
        tables = inpatient()
        bomb = table_xml("XML1", [summary(GHI_CHU="BOMB")]).replace("BOMB", "&a9;")
        claim = hoso_xml({}, extra=file_xml("XML1", bomb) + file_xml("XML2", table_xml("XML2", tables["XML2"])))
        units, issues = read(envelope(claim, GOOD, prolog=prolog))
        assert found(issues, messages.DTD_REFUSED)
        assert one(units[0], messages.ENTITY).field == "GHI_CHU"
        assert "&a9;" in str(of_type(units[0], "Encounter"))
        assert is_mapped(units[1])

    def test_external_entity_inside_a_table_is_not_read(self) -> None:
        xml = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + table_xml("XML1", [summary(GHI_CHU="HERE")])
        unit = read(envelope(hoso_xml({}, extra=file_xml("XML1", xml.replace("HERE", "&x;")))))[0][0]
        assert one(unit, messages.DTD_REFUSED).table == "XML1"
        assert "root:" not in str(unit.resources)
        assert "&x;" in str(of_type(unit, "Encounter"))

    def test_count_that_differs(self) -> None:
        issues = read(envelope(GOOD, count=3))[1]
        assert [(issue.rule, issue.value) for issue in issues] == [(messages.COUNT_DIFFERS.id, "3")]

    @pytest.mark.parametrize(
        ("sent", "read_as", "is_told"),
        [
            ("202508061030", "202508061030", False),
            ("20250806103015", "202508061030", True),
            ("06082025", "20250806", True),
            ("06/08/2025", "20250806", True),
            ("2025-08-06T10:30:00", "202508061030", True),
            ("20251399", "", True),
            ("hôm qua", "", True),
            ("", "", False),
        ],
    )
    def test_day_of_the_file_is_a_day(self, sent: str, read_as: str, *, is_told: bool) -> None:
        data = envelope(GOOD).replace(b">20250806<", f">{sent}<".encode())
        units, issues = read(data)
        assert units[0].submitted == read_as
        assert [issue.field for issue in issues] == ["NGAYLAP"] * is_told
        recorded = of_type(units[0], "Provenance")[0]["recorded"]
        assert recorded == ("2025-08-06T00:00:00+07:00" if read_as else "2025-08-05T15:00:00+07:00")
        assert is_mapped(units[0])

    def test_claim_that_is_not_closed_before_the_next(self) -> None:
        units, issues = read(envelope(hoso_xml(inpatient()).removesuffix("</HOSO>"), GOOD))
        assert units[0].resources == []
        assert is_mapped(units[1])
        assert found(issues, messages.CUT_OFF)[0].hoso == 1


class TestContent:
    @pytest.mark.parametrize("style", ["base64", "plain", "cdata", "escaped"])
    def test_every_style_gives_the_same_resources(self, style: str) -> None:
        unit = read(envelope(hoso_xml(inpatient(), style)))[0][0]
        expected = unit_of(inpatient())
        assert unit.issues == []
        assert unit.resources[:-1] == expected.resources[:-1]

    def test_base64_with_line_breaks_and_without_padding(self) -> None:
        packed = base64.encodebytes(table_xml("XML1", [summary()]).encode()).decode().rstrip("=\n")
        claim = f"<HOSO><FILEHOSO><LOAIHOSO>XML1</LOAIHOSO><NOIDUNGFILE>{packed}</NOIDUNGFILE></FILEHOSO></HOSO>"
        unit = read(envelope(claim))[0][0]
        assert is_mapped(unit)

    def test_wrong_base64_names_the_table(self) -> None:
        broken = "<FILEHOSO><LOAIHOSO>XML2</LOAIHOSO><NOIDUNGFILE>!!!not base64!!!</NOIDUNGFILE></FILEHOSO>"
        tables = inpatient()
        del tables["XML2"]
        unit = read(envelope(hoso_xml(tables, extra=broken)))[0][0]
        assert one(unit, messages.NOT_BASE64).table == "XML2"
        assert is_mapped(unit)

    @pytest.mark.parametrize("body", ["<NOIDUNGFILE />", "<NOIDUNGFILE/>", "<NOIDUNGFILE> </NOIDUNGFILE>", ""])
    def test_table_without_content_is_empty(self, body: str) -> None:
        kept = {name: rows for name, rows in inpatient().items() if name != "XML4"}
        empty = f"<FILEHOSO><LOAIHOSO>XML%s</LOAIHOSO>{body}</FILEHOSO>"
        units, _ = read(envelope(hoso_xml(kept, extra=empty % 4 + empty % 6)))
        assert [(issue.rule, issue.table) for issue in units[0].issues] == [(messages.EMPTY_TABLE.id, "XML4")]
        assert units[0].rows["XML6"] == 0
        assert "security" not in of_type(units[0], "Encounter")[0]["meta"]

    def test_missing_table(self) -> None:
        tables = inpatient()
        del tables["XML2"]
        issue = one(unit_of(tables), messages.MISSING_PAID_TABLE)
        assert (issue.table, issue.is_error) == ("XML2", True)

    def test_missing_summary_makes_no_visit_and_keeps_the_raw_rows(self) -> None:
        tables = inpatient()
        del tables["XML1"]
        unit = unit_of(tables)
        assert one(unit, messages.MISSING_XML1).table == "XML1"
        assert unit.resources == []
        assert unit.shared == []
        assert unit.rows["XML3"] == 4
        assert unit.source

    def test_unread_table_is_counted(self) -> None:
        body = "<DSACH_GIAYCHUNGSINH><DU_LIEU_GIAY_CHUNG_SINH/><DU_LIEU_GIAY_CHUNG_SINH/></DSACH_GIAYCHUNGSINH>"
        xml = f"<CHI_TIEU_DU_LIEU_GIAY_CHUNG_SINH>{body}</CHI_TIEU_DU_LIEU_GIAY_CHUNG_SINH>"
        unit = read(envelope(hoso_xml(inpatient(), extra=file_xml("XML9", xml))))[0][0]
        assert "2 rows" in one(unit, messages.UNREAD_TABLE).text_en
        assert unit.rows["XML9"] == 2

    @pytest.mark.parametrize("style", ["base64", "plain"])
    def test_unescaped_vital_signs_are_repaired(self, style: str) -> None:
        xml = table_xml("XML5", [note()]).replace("&lt;", "<").replace("&gt;", ">")
        tables = inpatient()
        del tables["XML5"]
        unit = read(envelope(hoso_xml(tables, extra=file_xml("XML5", xml, style))))[0][0]
        issue = one(unit, messages.ESCAPED)
        assert (issue.table, issue.row, issue.field) == ("XML5", 1, "DIEN_BIEN_LS")
        assert of_type(unit, "ClinicalImpression")[0]["summary"] == note()["DIEN_BIEN_LS"]
        assert len([item for item in of_type(unit, "Observation") if "vital-signs" in str(item["category"])]) == 6

    @pytest.mark.parametrize("style", ["base64", "plain", "cdata"])
    @pytest.mark.parametrize("sent", ["\x0b", "\x00", "\x1f", "&#x0B;", "&#11;", "&#0;", "&#xFFFE;", "&#xd800;"])
    def test_control_characters_do_not_lose_the_row(self, style: str, sent: str) -> None:
        xml = table_xml("XML1", [summary(LY_DO_VV="Sốt@cao", GHI_CHU="a@b")]).replace("@", sent)
        rows = table_xml("XML2", [drug(), drug(STT="2", CACH_DUNG="Sau@ăn")]).replace("@", sent)
        units, _ = read(envelope(f"<HOSO>{file_xml('XML1', xml, style)}{file_xml('XML2', rows, style)}</HOSO>"))
        assert is_mapped(units[0])
        assert "Sốt cao" in str(of_type(units[0], "Encounter"))
        assert "Sau ăn" in str(of_type(units[0], "MedicationRequest"))
        told = found(units[0].issues, messages.CONTROL)
        assert [(issue.table, issue.row, issue.field) for issue in told] == [
            ("XML1", 1, "LY_DO_VV"),
            ("XML2", 2, "CACH_DUNG"),
        ]

    def test_a_broken_row_does_not_hide_the_others(self) -> None:
        row = TABLES["XML2"].row
        xml = table_xml("XML2", [drug(), drug(STT="2"), drug(STT="3")]).replace("<STT>2</STT>", "<STT>2</STX>")
        tables = inpatient()
        del tables["XML2"]
        unit = read(envelope(hoso_xml(tables, extra=file_xml("XML2", xml))))[0][0]
        assert (one(unit, messages.ROW_NOT_XML).row, one(unit, messages.ROW_NOT_XML).field) == (2, row)
        assert len(of_type(unit, "MedicationRequest")) == 2

    def test_a_label_that_is_wrong(self) -> None:
        tables = inpatient()
        rows = table_xml("XML4", tables.pop("XML4"))
        unit = read(envelope(hoso_xml(tables, extra=file_xml("XML5", rows))))[0][0]
        assert one(unit, messages.WRONG_LABEL).table == "XML4"
        assert of_type(unit, "DiagnosticReport")

    def test_namespaces_bom_and_missing_declaration(self) -> None:
        whole = envelope(hoso_xml(inpatient(), "plain"), prolog="").decode()
        spaced = whole.replace("<GIAMDINHHS>", '<GIAMDINHHS xmlns="urn:x" xmlns:xsi="urn:y">')
        assert is_mapped(read(b"\xef\xbb\xbf" + spaced.encode())[0][0])
        assert is_mapped(read(whole.encode("utf-16"))[0][0])

    def test_files_without_hoso(self) -> None:
        files = "".join(file_xml(name, table_xml(name, rows)) for name, rows in inpatient().items())
        second = file_xml("XML1", table_xml("XML1", [summary(MA_LK="LK0003")]))
        units, issues = read(f"<HS>{files}{second}</HS>".encode())
        assert [is_mapped(unit) for unit in units] == [True, True]
        assert [issue.rule for issue in issues] == [messages.NO_HOSO.id]

    def test_bare_tables_without_any_envelope(self) -> None:
        tables = "".join(table_xml(name, rows) for name, rows in inpatient().items())
        units, _ = read(f"<HS>{tables}</HS>".encode())
        assert is_mapped(units[0])
        assert len(of_type(units[0], "MedicationRequest")) == 1


class TestValues:
    def test_bad_date_is_left_out(self) -> None:
        unit = changed("XML2", NGAY_YL="20250231")
        issue = one(unit, messages.BAD_DATE)
        assert (issue.table, issue.row, issue.field, issue.value) == ("XML2", 1, "NGAY_YL", "20250231")
        assert "authoredOn" not in of_type(unit, "MedicationRequest")[0]

    @pytest.mark.parametrize(
        ("sent", "read_as"),
        [
            ("010820250900", "2025-08-01T09:00:00+07:00"),
            ("01/08/2025 09:00", "2025-08-01T09:00:00+07:00"),
            ("2025-08-01 09:00:00", "2025-08-01T09:00:00+07:00"),
            ("20250801090000", "2025-08-01T09:00:00+07:00"),
            ("01082025", "2025-08-01"),
            ("20250801", "2025-08-01"),
        ],
    )
    def test_dates_in_another_form_are_repaired(self, sent: str, read_as: str) -> None:
        unit = changed("XML2", NGAY_YL=sent)
        assert one(unit, messages.DATE_REPAIRED).value == sent
        assert of_type(unit, "MedicationRequest")[0]["authoredOn"] == read_as

    @pytest.mark.parametrize(("sent", "value"), [("10,5", "10.5"), ("1,234.50", "1234.50")])
    def test_number_with_a_comma_is_repaired(self, sent: str, value: str) -> None:
        unit = changed("XML2", SO_LUONG=sent)
        assert one(unit, messages.NUMBER_REPAIRED).field == "SO_LUONG"
        assert str(of_type(unit, "MedicationDispense")[0]["quantity"]["value"]) == value

    @pytest.mark.parametrize("sent", ["1,500", "mười", "1e5", "NaN", "--3", "9" * 40])
    def test_number_of_uncertain_meaning_is_left_out(self, sent: str) -> None:
        unit = changed("XML2", SO_LUONG=sent)
        assert one(unit, messages.BAD_NUMBER).value == sent
        assert "value" not in of_type(unit, "MedicationDispense")[0]["quantity"]

    @pytest.mark.parametrize(
        ("field", "sent", "path"),
        [("MA_DANTOC", "1", "Patient"), ("MA_LOAI_KCB", "3", "Encounter"), ("MATINH_CU_TRU", "1", "Patient")],
    )
    def test_lost_leading_zero_is_restored(self, field: str, sent: str, path: str) -> None:
        unit = changed("XML1", **{field: sent})
        assert one(unit, messages.ZERO_RESTORED).field == field
        good = {item["id"]: item for item in of_type(unit_of(inpatient()), path)}
        assert of_type(unit, path)[0] == good[of_type(unit, path)[0]["id"]]

    @pytest.mark.parametrize(
        ("table", "official", "variant"),
        [
            ("XML1", "MA_BENH_KT", "MA_BENHKHAC"),
            ("XML1", "MATINH_CU_TRU", "MA_TINH_CU_TRU"),
            ("XML1", "MA_LOAI_KCB", "MA_LOAIKCB"),
            ("XML1", "PP_DIEU_TRI", "PP_DIEUTRI"),
            ("XML2", "TYLE_TT_BH", "TY_LE_TT"),
            ("XML2", "T_NGUONKHAC", "T_NGUON_KHAC"),
            ("XML3", "MA_VAT_TU", "MAVATTU"),
            ("XML5", "DIEN_BIEN_LS", "DIEN_BIEN"),
        ],
    )
    def test_tag_variants_are_accepted(self, table: str, official: str, variant: str) -> None:
        tables = inpatient()
        row = tables[table][0]
        tables[table][0] = {variant if name == official else name: value for name, value in row.items()}
        unit = unit_of(tables)
        assert one(unit, messages.TAG_VARIANT).field == official
        assert unit.resources[:-1] == unit_of(inpatient()).resources[:-1]

    def test_duplicate_and_unknown_tags(self) -> None:
        xml = table_xml("XML2", [drug()]).replace("<STT>", "<MA_THUOC>99.9</MA_THUOC><MA_LA>x</MA_LA><STT>")
        xml = xml.replace("<MA_THUOC>40.67</MA_THUOC>", "").replace("<STT>", "<MA_THUOC>40.67</MA_THUOC><STT>")
        tables = inpatient()
        del tables["XML2"]
        unit = read(envelope(hoso_xml(tables, extra=file_xml("XML2", xml))))[0][0]
        assert one(unit, messages.DUPLICATE_TAG).value == "40.67"
        assert (one(unit, messages.UNKNOWN_TAG).field, one(unit, messages.UNKNOWN_TAG).value) == ("MA_LA", "x")

    def test_too_long_is_a_warning_and_kept(self) -> None:
        unit = changed("XML2", TT_THAU="Q" * 60)
        assert one(unit, messages.TOO_LONG).severity == "warning"
        assert "Q" * 60 in str(of_type(unit, "Claim"))

    def test_missing_required(self) -> None:
        assert one(changed("XML1", HO_TEN=""), messages.MISSING).field == "HO_TEN"
        assert one(changed("XML1", DIA_CHI=""), messages.MISSING_MINOR).field == "DIA_CHI"

    def test_out_of_list(self) -> None:
        unit = changed("XML1", KET_QUA_DTRI="77")
        assert one(unit, messages.OUT_OF_LIST).field == "KET_QUA_DTRI"
        outcome = next(e for e in of_type(unit, "Encounter")[0]["extension"] if e["url"].endswith("treatment-outcome"))
        assert outcome["valueCoding"] == {"code": "77"}, "kept, but not as a code of a list that does not have it"


class TestRules:
    def test_unequal_card_lists(self) -> None:
        unit = changed("XML1", MA_THE_BHYT="DN4010123456789;HT2010123456789", GT_THE_TU="20250101;20250201")
        fields = {issue.field for issue in found(unit.issues, messages.CARDS_DIFFER)}
        assert fields == {"MA_DKBD", "GT_THE_DEN"}
        assert "20" in found(unit.issues, messages.CARDS_DIFFER)[0].text_en
        coverages = of_type(unit, "Coverage")
        assert [item["period"]["start"] for item in coverages] == ["2025-02-01", "2025-01-01"]
        assert "20251231" in str(of_type(unit, "Encounter"))

    def test_a_list_of_cards_may_end_with_a_card_that_has_no_date(self) -> None:
        cards = {"MA_THE_BHYT": "DN4010123456789;QN5010123456789", "MA_DKBD": "01001;01002"}
        unit = changed("XML1", **cards, GT_THE_TU="20250101;20250701", GT_THE_DEN="20250630;")
        assert not unit.issues
        periods = [item["period"] for item in of_type(unit, "Coverage")]
        assert [(item["start"], item.get("end")) for item in periods] == [
            ("2025-07-01", None),
            ("2025-01-01", "2025-06-30"),
        ]

    @pytest.mark.parametrize(
        ("field", "changes"),
        [
            ("NGAY_RA", {"NGAY_RA": "202507011500", "NGAY_VAO_NOI_TRU": ""}),
            ("NGAY_RA", {"NGAY_VAO_NOI_TRU": "202509011500"}),
            ("NGAY_VAO_NOI_TRU", {"NGAY_VAO_NOI_TRU": "202507011500"}),
            ("GT_THE_DEN", {"GT_THE_TU": "20251231", "GT_THE_DEN": "20250101"}),
        ],
    )
    def test_an_end_before_its_start_is_told_and_no_period(self, field: str, changes: dict[str, str]) -> None:
        unit = changed("XML1", **changes)
        assert [issue.field for issue in found(unit.issues, messages.TIME_ORDER)] == [field]
        periods = list(_periods([*unit.resources, *unit.shared]))
        assert all(item["start"] <= item["end"] for item in periods if {"start", "end"} <= item.keys())

    def test_composed_and_decomposed_letters_are_the_same(self) -> None:
        plain, apart = unit_of(inpatient()), inpatient()
        for rows in apart.values():
            for row in rows:
                row |= {name: unicodedata.normalize("NFD", text) for name, text in row.items()}
        unit = unit_of(apart)
        assert not unit.issues
        assert unit.shared == plain.shared
        assert unit.resources[:-1] == plain.resources[:-1]

    @pytest.mark.parametrize("sent", ["1985-05-12T00:00:00", "12/05/1985 00:00", "19850512000000"])
    def test_midnight_is_no_time_of_birth(self, sent: str) -> None:
        patient = of_type(changed("XML1", NGAY_SINH=sent), "Patient")[0]
        assert patient["birthDate"] == "1985-05-12"
        assert "birthTime" not in str(patient)

    @pytest.mark.parametrize("sent", ["01 001", "01\t001"])
    def test_a_facility_with_white_space_makes_no_broken_uri(self, sent: str) -> None:
        unit = changed("XML1", MA_CSKCB=sent)
        assert unit.key == unit_of(inpatient()).key
        sources = {item["meta"]["source"] for item in unit.resources if "source" in item["meta"]}
        assert sources
        assert not any(" " in source or "\t" in source for source in sources)

    @pytest.mark.parametrize("sent", [";", ";;", " ; ; "])
    def test_a_list_of_nothing_is_nothing(self, sent: str) -> None:
        lists = {name: sent for name, column in TABLES["XML1"].columns.items() if column.is_list}
        unit = changed("XML1", **lists)
        assert "'valueString': ''" not in str(unit.resources)
        assert is_mapped(unit)

    def test_rows_of_another_visit_are_not_mapped(self) -> None:
        unit = changed("XML2", MA_LK="LK9999")
        issue = one(unit, messages.OTHER_VISIT)
        assert (issue.table, issue.row, issue.value) == ("XML2", 1, "LK9999")
        assert of_type(unit, "MedicationRequest") == []

    @pytest.mark.parametrize(
        ("table", "field", "value"),
        [("XML2", "THANH_TIEN_BV", "299000"), ("XML3", "THANH_TIEN_BH", "250000"), ("XML2", "T_NGUONKHAC", "5000")],
    )
    def test_money_formulas(self, table: str, field: str, value: str) -> None:
        rules = found(changed(table, **{field: value}).issues, messages.AMOUNT_DIFFERS)
        assert field in {issue.field for issue in rules}

    def test_rounding_is_tolerated(self) -> None:
        assert found(changed("XML2", THANH_TIEN_BV="300000.40", T_BNTT="0.40").issues, messages.AMOUNT_DIFFERS) == []

    def test_official_example_of_support_to_a_facility(self) -> None:
        unit = changed(
            "XML3",
            row=3,
            SO_LUONG="1",
            DON_GIA_BV="10000000",
            DON_GIA_BH="10000000",
            THANH_TIEN_BV="10000000",
            TYLE_TT_BH="50",
            THANH_TIEN_BH="3500000",
            T_NGUONKHAC="3000000",
            T_NGUONKHAC_CL="3000000",
            T_BHTT="2800000",
            T_BNCCT="700000",
            T_BNTT="3500000",
        )
        assert found(unit.issues, messages.AMOUNT_DIFFERS) == []

    def test_totals(self) -> None:
        issue = one(changed("XML1", T_THUOC="300003"), messages.TOTAL_DIFFERS)
        assert (issue.field, issue.value) == ("T_THUOC", "300003")
        assert found(changed("XML1", T_THUOC="300002").issues, messages.TOTAL_DIFFERS) == []

    def test_time_order_and_stay(self) -> None:
        assert one(changed("XML3", NGAY_KQ="202508010800"), messages.TIME_ORDER).field == "NGAY_KQ"
        unit = changed("XML5", THOI_DIEM_DBLS="202509010800")
        assert one(unit, messages.OUTSIDE_STAY).table == "XML5"

    def test_days_of_treatment(self) -> None:
        assert "5" in one(changed("XML1", SO_NGAY_DTRI="9"), messages.DAYS_DIFFER).text_en

    def test_unread_vital_sign(self) -> None:
        unit = changed("XML5", DIEN_BIEN_LS="CSST<M75_T37_ABC_HA120>")
        assert [issue.value for issue in found(unit.issues, messages.VITAL_UNREAD)] == ["ABC", "HA120"]

    @pytest.mark.parametrize(
        ("sent", "told"),
        [
            ("CSST<M0_T0_HA0/0_NT00_SP0.0_HL2>", ["M0", "T0", "HA0/0", "NT00", "SP0.0"]),
            ("CSST&lt;M75&gt; ổn", ["CSST&lt;M75&gt; ổn"]),
            ("Khám: CSST<M75_T37", ["CSST<M75_T37"]),
            ("CSST ổn định, M<80", []),
        ],
    )
    def test_vital_signs_that_are_none_are_told(self, sent: str, told: list[str]) -> None:
        unit = changed("XML5", DIEN_BIEN_LS=sent)
        assert [issue.value for issue in found(unit.issues, messages.VITAL_UNREAD)] == told
        categories = [item for item in of_type(unit, "Observation") if "vital-signs" in str(item["category"])]
        assert [item["code"]["coding"][0]["code"] for item in categories] == ["29463-7"]

    def test_result_row_without_summary_of_its_service(self) -> None:
        unit = unit_of(inpatient() | {"XML4": [result(MA_DICH_VU="99.9999.9999")]})
        assert "basedOn" not in of_type(unit, "DiagnosticReport")[0]

    def test_row_without_any_code(self) -> None:
        unit = unit_of(inpatient() | {"XML3": [service(MA_DICH_VU="", MA_VAT_TU="")]})
        assert one(unit, messages.NO_CODE).row == 1


def _periods(value: object) -> Iterator[dict]:
    if isinstance(value, dict):
        if "start" in value:
            yield value
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from _periods(item)
