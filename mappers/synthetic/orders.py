"""What is done and given in a visit: examination, tests, drugs, procedures, operation, supplies, bed, transport."""

from __future__ import annotations

from functools import cache

from mappers.synthetic import money, reference
from mappers.synthetic.bill import Bill, Row, Times
from mappers.synthetic.episode import Episode
from mappers.synthetic.facilities import Level
from mappers.synthetic.moment import at
from mappers.synthetic.reference import Item
from mappers.synthetic.stream import Stream

ONE = money.ONE


def write_orders(bill: Bill, stream: Stream) -> None:
    """Adds every row of the visit's plan to the bill."""
    episode = bill.episode
    if episode.kind.exam:
        _examination(bill, stream)
    _tests(bill, stream, episode.arrival + 14, episode.kind.tests)
    if episode.operation and episode.facility.level > Level.COMMUNE:
        _operation(bill, stream)
    if episode.kind.admitted:
        _ward(bill, stream)
    else:
        _treatments(bill, stream)
        _prescription(bill, stream)


def _examination(bill: Bill, stream: Stream) -> None:
    episode, exams = bill.episode, _exams(bill.episode.main.care, child=bill.episode.age < 16)
    when = episode.arrival + stream.between(4, 9)
    done: Row = {"NGUOI_THUC_HIEN": episode.doctor, "MA_KHOA": "K01"}
    bill.service(exams[0], ONE, Times(when, when + 2, when + 4), done)
    if len(exams) > 1 and not episode.kind.admitted and stream.chance(0.06):
        bill.service(exams[1], ONE, Times(when + 20, when + 22, when + 24), done, percent=30)


@cache
def _exams(care: str, *, child: bool) -> tuple[Item, ...]:
    exams = [item for item in reference.services() if item.place == "exam"]
    special = [item for item in exams if care in item.care or (child and "child" in item.care)]
    return (*special[:1], *(item for item in exams if "*" in item.care))


@cache
def _fitting_tests(care: str, level: Level, *, admitted: bool) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    """Tests of the disease, and tests of everybody."""
    place = "inp" if admitted else "out"
    found = [
        item
        for item in reference.services()
        if item.group in (1, 2, 3)
        and item.place in ("both", place)
        and not (level == Level.COMMUNE and item.price > 70_000_000)
    ]
    own = tuple(item for item in found if care in item.care)
    return own, tuple(item for item in found if "*" in item.care and item not in own)


def _tests(bill: Bill, stream: Stream, when: int, most: int) -> None:
    if not most:
        return
    episode = bill.episode
    own, common = _fitting_tests(episode.main.care, episode.facility.level, admitted=episode.kind.admitted)
    chosen = stream.some(own, stream.between(0, most)) + stream.some(common, stream.between(0, (most + 1) // 2))
    for item in chosen:
        done = when + stream.between(3, 20)
        cells: Row = {
            "MA_MAY": episode.facility.machine(item.machine, stream.below(3)),
            "NGUOI_THUC_HIEN": stream.pick(episode.facility.licences),
        }
        bill.service(item, ONE, Times(when, done, done + stream.between(15, 90)), cells)


def _operation(bill: Bill, stream: Stream) -> None:
    episode, item = bill.episode, reference.service(bill.episode.operation)
    when = at(episode.day + 1, 8, 30) if episode.nights >= 2 else episode.admission + 30
    cells: Row = {
        "NGUOI_THUC_HIEN": ";".join(stream.some(episode.facility.licences, 3)),
        "MA_PTTT_QT": episode.main.procedure,
        "PP_VO_CAM": stream.pick("112") if item.group == 8 else "",
    }
    bill.service(item, ONE, Times(when, when + 15, when + 65), cells)
    for supply in _supplies(episode.main.care, episode.main.code):
        _supply(bill, stream, supply, when, package="G1" if stream.chance(0.3) else "")


@cache
def _supplies(care: str, code: str) -> tuple[Item, ...]:
    special = {
        "I21.9": "N06.02.010",
        "S72.0": "N07.06.040",
        "S82.2": "N06.04.020",
        "S42.0": "N06.04.020",
        "H25.9": "N07.01.240",
    }
    dear = set(special.values()) - {special.get(code, "")}
    return tuple(
        item
        for item in reference.supplies()
        if (care in item.care or item.code == special.get(code)) and item.code not in dear
    )


def _supply(bill: Bill, stream: Stream, item: Item, when: int, package: str = "") -> None:
    count = 1 if item.price > 1_000_000_000 else stream.low(1, 4)
    cells: Row = {"TT_THAU": tender(bill.episode, stream), "GOI_VTYT": package}
    if item.price > 1_000_000_000:
        cells["MA_HIEU_SP"] = f"LOT{stream.below(10**8):08d}"
    bill.service(item, count * ONE, Times(when, when + 5), cells)


def tender(episode: Episode, stream: Stream) -> str:
    """TT_THAU: decision, package, group, year."""
    year = 2024 + (episode.number % 2)
    return f"{stream.between(101, 2999)}/QĐ-SYT;G{stream.between(1, 5)};N{stream.between(1, 5)};{year}"


def _ward(bill: Bill, stream: Stream) -> None:
    episode = bill.episode
    chosen = _chosen_drugs(bill, stream)
    syringes = [item for item in reference.supplies() if "*" in item.care]
    for day in range(episode.nights + 1):
        round_ = episode.admission + 15 if day == 0 else at(episode.day + day, 7, stream.between(5, 25))
        for item in chosen:
            _daily_dose(bill, stream, item, round_)
        if day and day % 3 == 0 and day < episode.nights:
            _tests(bill, stream, round_ + 5, 1)
        if stream.chance(0.5):
            _supply(bill, stream, stream.pick(syringes), round_ + 5)
    _treatments(bill, stream)
    _blood(bill, stream)
    _bed(bill, stream)


def _chosen_drugs(bill: Bill, stream: Stream) -> list[Item]:
    episode = bill.episode
    fitting = _drugs(episode.main.care, child=episode.age < 7, admitted=episode.kind.admitted)
    chosen = stream.some(fitting, stream.between(min(1, episode.kind.drugs), episode.kind.drugs))
    arv = [item for item in reference.drugs() if "arv" in item.care] if episode.main.care == "hiv" else []
    return arv + chosen


@cache
def _drugs(care: str, *, child: bool, admitted: bool) -> tuple[Item, ...]:
    place = "inp" if admitted else "out"
    wanted = {care, "child"} if child else {care}
    found = tuple(item for item in reference.drugs() if wanted & item.care and item.place in ("both", place))
    return tuple(item for item in found if "child" in item.care or not child or item.place == "inp") or found


def _daily_dose(bill: Bill, stream: Stream, item: Item, round_: int) -> None:
    count = item.daily or 1
    text = f"{count} {item.cells['DON_VI_TINH'].lower()}/ngày, dùng {count} lần"
    _give(
        bill,
        item,
        count * ONE,
        Times(round_ + 3, round_ + 30),
        {"LIEU_DUNG": text, "TT_THAU": tender(bill.episode, stream)},
    )


def _prescription(bill: Bill, stream: Stream) -> None:
    episode = bill.episode
    days = drug_days(episode)
    for item in _chosen_drugs(bill, stream):
        count = item.daily * days or 1
        each = f"{item.daily or 1} {item.cells['DON_VI_TINH'].lower()}/ngày x {days} ngày"
        _give(
            bill,
            item,
            count * ONE,
            Times(episode.end - 20, episode.end - 5),
            {"LIEU_DUNG": each, "TT_THAU": tender(episode, stream)},
        )


def drug_days(episode: Episode) -> int:
    """Days that a prescription of the visit lasts."""
    return (
        28 + 2 * (episode.number % 2)
        if episode.kind.days == "drugs" or episode.kind.code == "07"
        else 5 + episode.number % 3
    )


def _give(bill: Bill, item: Item, quantity: int, times: Times, cells: Row) -> None:
    cells |= {
        "CACH_DUNG": _DIRECTIONS.get(item.cells["DUONG_DUNG"][:1], ""),
        "MA_PP_CHEBIEN": "SAO" if item.code.startswith("05V") else "",
    }
    bill.drug(item, quantity, times, cells)


_DIRECTIONS = {
    "1": "Uống sau ăn",
    "2": "Tiêm, truyền theo y lệnh",
    "3": "Bôi lớp mỏng lên vùng tổn thương",
    "6": "Nhỏ 2 giọt/lần",
}


def _treatments(bill: Bill, stream: Stream) -> None:
    episode = bill.episode
    fitting = _procedures(episode.main.care, admitted=episode.kind.admitted)
    if not fitting or (episode.kind.days == "0" and not stream.chance(0.25)):
        return
    chosen = stream.some(fitting, stream.between(1, 2))
    for day in range(episode.nights + 1):
        when = _session(episode, stream, day)
        for item in chosen:
            count = 24 * ONE if item.cells["DON_VI_TINH"] == "Giờ" else ONE
            bill.service(
                item,
                count,
                Times(when, when + 10, when + 40),
                {"NGUOI_THUC_HIEN": stream.pick(episode.facility.licences)},
            )
        if episode.kind.days == "0" or chosen[0].price > 300_000_000:
            return


def _session(episode: Episode, stream: Stream, day: int) -> int:
    first = (episode.admission or episode.arrival) + 45
    return first if day == 0 else at(episode.day + day, 8, stream.between(0, 15))


@cache
def _procedures(care: str, *, admitted: bool) -> tuple[Item, ...]:
    place = "inp" if admitted else "out"
    return tuple(
        item
        for item in reference.services()
        if item.group in (8, 18) and care in item.care and item.place in ("both", place)
    )


def _blood(bill: Bill, stream: Stream) -> None:
    fitting = [item for item in reference.blood() if bill.episode.main.care in item.care]
    if fitting and bill.episode.kind.code == "03" and stream.chance(0.08):
        item, when = stream.pick(fitting), bill.episode.admission + 60
        bill.drug(
            item, stream.between(1, 2) * ONE, Times(when, when + 40), {"LIEU_DUNG": "Truyền tĩnh mạch theo y lệnh"}
        )
        bill.service(reference.service("BM.0001.1370"), ONE, Times(when, when + 30), {})


def _bed(bill: Bill, stream: Stream) -> None:
    episode = bill.episode
    if not episode.kind.bed:
        return
    item = reference.service(_bed_code(episode))
    count = (episode.nights or 1) * ONE
    percent = 50 if item.group == 15 and stream.chance(0.04) else 100
    cells: Row = {"MA_GIUONG": f"H{stream.between(1, 180):03d}"}
    bill.service(item, count, Times(episode.admission, episode.admission, episode.end), cells, percent=percent)
    if episode.nights and stream.chance(0.02):
        bill.service(reference.service("KC.0001"), count, Times(episode.admission, episode.admission), {})


def _bed_code(episode: Episode) -> str:
    if episode.kind.bed != "internal":
        return {"day": "K16.1923", "observation": "K01.1970"}[episode.kind.bed]
    if episode.emergency and episode.nights < 3:
        return "K02.1906"
    if episode.age < 16:
        return "K18.1911"
    if episode.operation:
        return "K19.1927"
    return "K03.1917" if episode.facility.level >= Level.PROVINCE else "K11.1918"


def transport(bill: Bill, stream: Stream, to: str) -> None:
    """Adds the ride to the facility that the patient is referred to."""
    item = reference.service("VC.00000")
    cells: Row = {"MA_DICH_VU": f"VC.{to}", "MA_XANG_DAU": "E5RON92"}
    bill.service(item, stream.between(8, 120) * ONE, Times(bill.episode.end - 10, bill.episode.end - 5), cells)


def service_days(bill: Bill) -> int:
    """Calendar days on which a service was given."""
    return len({charge.row["NGAY_TH_YL"][:8] for charge in bill.charges if charge.table == "XML3"}) or 1
