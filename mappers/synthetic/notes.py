"""Clinical notes (XML5), with the vital-sign string that the claim tables prescribe."""

from __future__ import annotations

from mappers.synthetic.bill import BLANK, Row
from mappers.synthetic.episode import Episode
from mappers.synthetic.moment import at, stamp
from mappers.synthetic.stream import Stream

_COURSE = (
    "Bệnh nhân tỉnh, tiếp xúc tốt, da niêm mạc hồng.",
    "Bệnh nhân tỉnh, đỡ đau, ăn uống được.",
    "Còn mệt nhẹ, không sốt, bụng mềm.",
    "Tim đều, phổi thông khí rõ, không rale.",
    "Đỡ ho, ngủ được, đại tiểu tiện bình thường.",
    "Vết thương khô, không sưng nề.",
)


def vital_signs(episode: Episode, stream: Stream) -> str:
    """``CSST<M75_T37_HA120/70_NT18_HL2>``, with signs that fit the age."""
    age = episode.age
    pulse = 140 - age * 5 if age < 12 else 78
    breaths = 40 - age * 2 if age < 10 else 18
    signs = [f"M{pulse + stream.between(-10, 14)}", f"T{_temperature(stream)}"]
    if age >= 3:
        top = 90 + age * 2 if age < 16 else 112 + age // 3
        signs.append(
            f"HA{(top + stream.between(-12, 18)) // 10 * 10}/{(top * 2 // 3 + stream.between(-6, 8)) // 10 * 10}"
        )
    signs.append(f"NT{breaths + stream.between(-1, 3)}")
    if stream.chance(0.5):
        signs.append(f"SP{stream.between(93, 99)}")
    if episode.kind.admitted:
        signs.append(f"HL{stream.between(2, 3)}")
    return f"CSST<{'_'.join(signs)}>"


def _temperature(stream: Stream) -> str:
    tenths = 370 if stream.chance(0.4) else stream.low(362, 392)
    return f"{tenths // 10}.{tenths % 10}" if tenths % 10 else str(tenths // 10)


def notes(episode: Episode, stream: Stream) -> list[Row]:
    """One note per day of the stay, at the morning round."""
    if not episode.kind.noted:
        return []
    days = range(episode.nights + 1)
    written = [day for day in days if day == 0 or episode.kind.admitted or stream.chance(0.7)]
    return [_note(episode, stream, day, number) for number, day in enumerate(written, 1)]


def _note(episode: Episode, stream: Stream, day: int, number: int) -> Row:
    first = episode.admission or episode.arrival
    when = first + 12 if day == 0 else at(episode.day + day, 7, stream.between(0, 30))
    course = episode.care.complaint + "." if day == 0 else stream.pick(_COURSE)
    operated = bool(episode.operation) and day == min(1, episode.nights)
    return BLANK["XML5"] | {
        "MA_LK": episode.visit_id,
        "STT": str(number),
        "DIEN_BIEN_LS": f"{course} {vital_signs(episode, stream)}",
        "GIAI_DOAN_BENH": "Giai đoạn 2" if episode.main.care == "onco" else "",
        "HOI_CHAN": "Hội chẩn trước mổ: thống nhất chỉ định phẫu thuật" if operated else "",
        "PHAU_THUAT": "Phẫu thuật theo chỉ định, diễn biến thuận lợi" if operated else "",
        "THOI_DIEM_DBLS": stamp(when),
        "NGUOI_THUC_HIEN": episode.doctor,
    }
