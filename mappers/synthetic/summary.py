"""The summary row of a visit (XML1): the person, the diagnoses, the end of the visit, the totals."""

from __future__ import annotations

from dataclasses import dataclass

from mappers.synthetic import facilities, money
from mappers.synthetic.bill import BLANK, Row, Totals
from mappers.synthetic.episode import Episode
from mappers.synthetic.facilities import Level
from mappers.synthetic.moment import day_text, stamp
from mappers.synthetic.stream import Stream, Weighted


@dataclass(frozen=True, slots=True)
class Discharge:
    """How the visit ended: MA_LOAI_RV, KET_QUA_DTRI, and the facility referred to."""

    kind: str
    outcome: str
    to: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """What the rows add up to, SO_NGAY_DTRI, and the minute of payment (0: not yet)."""

    totals: Totals
    days: int
    paid: int


_OUTCOMES = Weighted((("1", 22), ("2", 68), ("3", 9), ("4", 1)))
_KINDS = Weighted((("1", 930), ("2", 40), ("3", 4), ("4", 22), ("5", 4)))


def discharge(episode: Episode, stream: Stream) -> Discharge:
    """Drawn for the episode; only a person's last visit can end in death."""
    if not episode.kind.admitted:
        return Discharge("1", stream.pick("2223"))
    if episode.is_last and episode.age > 60 and stream.chance(0.02):
        return Discharge("1", "5")
    kind = _KINDS.draw(stream)
    if kind in "25" and episode.facility.level < Level.PROVINCE:
        return Discharge(kind, "3", facilities.local(episode.facility.province, 1).code)
    return Discharge("1" if kind in "25" else kind, _OUTCOMES.draw(stream))


def benefit(episode: Episode, insured: int) -> int:
    """MUC_HUONG of the visit for its insured total; 0 without insurance."""
    insurance = episode.person.insurance
    if insurance is None or not episode.is_insured:
        return 0
    if episode.entitlement == "3.1":
        return insurance.level * 40 // 100
    if insured < money.SMALL_COST or episode.facility.level == Level.COMMUNE:
        return 100
    return insurance.level


def summary(episode: Episode, ended: Discharge, account: Account, stream: Stream) -> Row:
    """The XML1 row."""
    row = BLANK["XML1"] | {"MA_LK": episode.visit_id, "STT": "1"}
    row |= _person(episode)
    row |= _insurance(episode, stream)
    row |= _clinical(episode, stream)
    row |= _stay(episode, ended, account, stream)
    row |= _totals(episode, account.totals)
    return row


def _person(episode: Episode) -> Row:
    person = episode.person
    weight = person.weight(episode.day)
    return {
        "MA_BN": f"{int(episode.facility.code[2:]) % 7 + 1}{person.index * 7_919 % 10_000_000:07d}",
        "HO_TEN": person.name,
        "SO_CCCD": person.document,
        "NGAY_SINH": person.birth_text,
        "GIOI_TINH": str(person.sex),
        "NHOM_MAU": person.blood,
        "MA_QUOCTICH": person.nationality,
        "MA_DANTOC": person.ethnicity,
        "MA_NGHE_NGHIEP": person.occupation,
        "DIA_CHI": person.address,
        "MATINH_CU_TRU": person.province.code,
        "MAHUYEN_CU_TRU": person.ward.old_district,
        "MAXA_CU_TRU": person.ward.code,
        "DIEN_THOAI": person.phone,
        "MA_KHUVUC": person.area,
        "CAN_NANG": money.amount_text(weight, trim=episode.facility.software.trim),
    }


def _insurance(episode: Episode, stream: Stream) -> Row:
    row: Row = {"MA_DOITUONG_KCB": episode.entitlement}
    if episode.cards:
        row |= {
            "MA_THE_BHYT": ";".join(card.number for card in episode.cards),
            "MA_DKBD": ";".join(card.facility for card in episode.cards),
            "GT_THE_TU": ";".join(card.first for card in episode.cards),
            "GT_THE_DEN": ";".join(card.last for card in episode.cards),
        }
        if episode.age >= 18 and stream.chance(0.5):
            row["NAM_NAM_LIEN_TUC"] = f"{stream.between(2015, 2024)}0101"
    if episode.referred:
        row["MA_NOI_DI"] = facilities.local(episode.person.province, stream.pick((0, 3, 6))).code
        row["GIAY_CHUYEN_TUYEN"] = f"{stream.between(1, 9999)}/GCT"
    return row


def _clinical(episode: Episode, stream: Stream) -> Row:
    main = episode.main
    injured = main.care == "trauma"
    row: Row = {
        "LY_DO_VV": episode.care.complaint,
        "CHAN_DOAN_VAO": main.name,
        "CHAN_DOAN_RV": "; ".join(diagnosis.name for diagnosis in (main, *episode.others)),
        "MA_BENH_CHINH": main.code,
        "MA_BENH_KT": ";".join(diagnosis.code for diagnosis in episode.others),
        "MA_BENH_YHCT": _TRADITIONAL.get(main.code, ""),
        "MA_PTTT_QT": main.procedure if episode.operation else "",
        "MA_TAI_NAN": stream.pick("1248") if injured else "0",
        "PP_DIEU_TRI": episode.care.treatment,
        "GHI_CHU": episode.care.note,
    }
    if episode.kind.admitted:
        row |= {
            "LY_DO_VNT": f"{main.name}, cần theo dõi và điều trị tại khoa",
            "MA_LY_DO_VNT": f"{stream.between(1, 9):02d}",
        }
    if main.code in ("O80.0", "O82.0"):
        row["CAN_NANG_CON"] = str(stream.between(26, 38) * 100)
        if stream.chance(0.02):
            row["CAN_NANG_CON"] += f";{stream.between(24, 32) * 100}"
    return row


_TRADITIONAL = {
    "M54.5": "U62.392.4",
    "M54.4": "U62.391.6",
    "M54.2": "U62.291.3",
    "M47.8": "U62.321",
    "G51.0": "U58.471",
    "M75.0": "U62.261",
}


def _stay(episode: Episode, ended: Discharge, account: Account, stream: Stream) -> Row:
    settled = stamp(account.paid or episode.end)
    returns = ended.kind == "1" and ended.outcome != "5" and (episode.kind.days == "drugs" or stream.chance(0.35))
    return {
        "NGAY_VAO": stamp(episode.arrival),
        "NGAY_VAO_NOI_TRU": stamp(episode.admission) if episode.admission else "",
        "NGAY_RA": stamp(episode.end),
        "SO_NGAY_DTRI": str(account.days),
        "KET_QUA_DTRI": ended.outcome,
        "MA_LOAI_RV": ended.kind,
        "MA_NOI_DEN": ended.to,
        "NGAY_TTOAN": stamp(account.paid) if account.paid else "",
        "NAM_QT": settled[:4],
        "THANG_QT": settled[4:6].lstrip("0"),
        "MA_LOAI_KCB": episode.kind.code,
        "MA_KHOA": episode.department,
        "MA_CSKCB": episode.facility.code,
        "NGAY_TAI_KHAM": day_text(episode.last_day + 28) if returns else "",
        "MA_HSBA": f"{stamp(episode.arrival)[2:4]}.{episode.number:08d}",
        "MA_TTDV": episode.facility.head,
    }


def _totals(episode: Episode, totals: Totals) -> Row:
    amounts = {
        "T_THUOC": totals.drugs,
        "T_VTYT": totals.supplies,
        "T_TONGCHI_BV": totals.hospital,
        "T_TONGCHI_BH": totals.insured,
        "T_BNTT": totals.self_pay,
        "T_BNCCT": totals.copayment,
        "T_BHTT": totals.fund,
        "T_NGUONKHAC": totals.other,
        "T_BHTT_GDV": totals.fund_by_service,
    }
    trim = episode.facility.software.trim
    return {column: money.amount_text(value, trim=trim) for column, value in amounts.items()}
