"""Seeded values of the primitive types, of many forms each. https://hl7.org/fhir/R4/datatypes.html#primitive"""

from __future__ import annotations

import base64
from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxyàáảãạằếỗợứABCĐÊXYZ0123456789 .,;:!?()-/'\"&<>%+*=@#_~^|中文🩺\n\t"
NAME = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-."

_HEAD = '<div xmlns="http://www.w3.org/1999/xhtml"'
NARRATIVES = (
    f"{_HEAD}>Xin chào</div>",
    f"{_HEAD}><p>a &lt; b &amp; &#273;&#x1EC7;</p><hr/></div>",
    f'{_HEAD} xml:lang="vi" lang="vi"><h1>Bệnh sử</h1><ul class="x"><li><b>1</b><br/></li></ul></div>',
    f'{_HEAD}><table border="1"><thead><tr><th>A</th></tr></thead><tbody><tr><td/></tr></tbody></table></div>',
    f'{_HEAD}><a href="https://example.org/a?b=c&amp;d=e">x</a><a name="here"/><a href="#here">y</a></div>',
    f'{_HEAD}><img src="data:image/png;base64,iVBORw0KGgo=" alt="ảnh"/></div>',
    f'{_HEAD}><!-- a comment --><p style="color: red" id="p1" title="t">x<sub>2</sub><sup>3</sup></p></div>',
    f"{_HEAD}><dl><dt>A</dt><dd>B</dd></dl><blockquote><p>q</p></blockquote><pre> x\n y</pre><code>z</code></div>",
)


def text(random: Random, least: int = 1, most: int = 14) -> str:
    """A text that is not blank, Vietnamese letters, signs and line breaks among it."""
    return random.choice("xĐắ1") + "".join(random.choices(LETTERS, k=random.randint(least - 1, most)))


def name(random: Random, most: int = 12) -> str:
    """An id."""
    return "".join(random.choices(NAME, k=random.randint(1, most)))


def day(random: Random) -> str:
    return f"{random.randint(1, 9999):04}-{random.randint(1, 12):02}-{random.randint(1, 28):02}"


def time(random: Random) -> str:
    seconds = f"{random.randint(0, 59):02}" + random.choice(["", "", f".{random.randint(0, 10**9)}"])
    return f"{random.randint(0, 23):02}:{random.randint(0, 59):02}:{seconds}"


def instant(random: Random) -> str:
    zone = random.choice(["Z", "+07:00", "-03:30", "+14:00", "-12:00", "+00:00"])
    return f"{day(random)}T{time(random)}{zone}"


def date(random: Random) -> str:
    return day(random)[: random.choice([4, 7, 10])]


def date_time(random: Random) -> str:
    return date(random) if random.random() < 0.5 else instant(random)


def decimal(random: Random) -> Decimal | int:
    if random.random() < 0.3:
        return random.randint(-(10**6), 10**6)
    return Decimal(random.randint(-(10**9), 10**9)).scaleb(random.randint(-18, 6))


def uuid(random: Random) -> str:
    digits = f"{random.getrandbits(128):032x}"
    return f"urn:uuid:{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def oid(random: Random) -> str:
    return "urn:oid:" + ".".join([str(random.randint(0, 2)), *(str(random.randint(0, 9999)) for _ in range(3))])


def url(random: Random) -> str:
    return random.choice(["https://example.org/", "http://a.vn:80/b/", "mailto:a@b.vn?", "ftp://x/"]) + name(random)


def uri(random: Random) -> str:
    return random.choice([url, uuid, oid, lambda _: "urn:vn:x:1", lambda r: f"{url(r)}#{name(r)}"])(random)


def canonical(random: Random) -> str:
    return f"https://example.org/{name(random)}" + random.choice(["", "", "|1.0", "|2024-01", f"|1#{name(random, 4)}"])


def code(random: Random) -> str:
    return random.choice(["a", "A-1", "x y", "đường", "1.2.3", "<=", "a/b", "%"]) + random.choice(["", "2", " z"])


def data(random: Random) -> str:
    content = base64.b64encode(random.randbytes(random.randint(1, 30))).decode()
    return content if random.random() < 0.8 else f"{content[:4]}\r\n {content[4:]}"


#: Type name -> a value of it.
PRIMITIVES: dict[str, Callable[[Random], Any]] = {
    "base64Binary": data,
    "boolean": lambda random: random.random() < 0.5,
    "canonical": canonical,
    "code": code,
    "date": date,
    "dateTime": date_time,
    "decimal": decimal,
    "id": lambda random: name(random, random.choice([1, 12, 64])),
    "instant": instant,
    "integer": lambda random: random.choice([0, -(2**31), 2**31 - 1, random.randint(-99, 99)]),
    "markdown": text,
    "oid": oid,
    "positiveInt": lambda random: random.choice([1, 2**31 - 1, random.randint(1, 99)]),
    "string": text,
    "time": time,
    "unsignedInt": lambda random: random.choice([0, 2**31 - 1, random.randint(0, 99)]),
    "uri": uri,
    "url": url,
    "uuid": uuid,
    "xhtml": lambda random: random.choice(NARRATIVES),
}
