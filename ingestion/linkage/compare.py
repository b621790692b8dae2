"""How two written names or numbers relate. Pure functions; Chinese is compared here, not in an engine
whose string distances count bytes."""

from functools import lru_cache

from pypinyin import Style, lazy_pinyin

MIDDLE_DOT = "·"
DOUBLE_SURNAMES = frozenset(("欧阳", "上官", "诸葛", "司徒", "皇甫", "司马", "东方", "尉迟", "慕容", "令狐"))
# As a surname these are read differently than in words.
SURNAME_READINGS = {
    "单": "shan", "查": "zha", "仇": "qiu", "解": "xie", "区": "ou", "乐": "yue", "曾": "zeng",
    "任": "ren", "朴": "piao", "盖": "ge", "缪": "miao", "尉": "wei", "燕": "yan", "纪": "ji", "冼": "xian",
}  # fmt: skip
# Length of the number without its check character, and with two of the year's digits left out.
FULL, SHORT = 18, 15


def surname(name: str) -> str:
    """The surname, or the first part of a name with a middle dot."""
    if MIDDLE_DOT in name:
        return name.split(MIDDLE_DOT)[0]
    return name[:2] if name[:2] in DOUBLE_SURNAMES else name[:1]


@lru_cache(maxsize=200_000)
def pinyin(name: str) -> str:
    """How a name sounds, without tones and middle dot: ``解红玉`` is ``xie hong yu``.

    Characters without a reading stay as they are, so that two of them are never taken as equal.
    """
    name = name.replace(MIDDLE_DOT, "")
    readings = lazy_pinyin(list(name), style=Style.NORMAL, errors="default")
    if name[:1] in SURNAME_READINGS and name[:2] not in DOUBLE_SURNAMES:
        readings[0] = SURNAME_READINGS[name[0]]
    return " ".join(readings)


def near_forms(name: str) -> list[str]:
    """The name with one character left open: two names share a form where only that one differs.

    Only for names of three and more, and never the surname: 周荣生 gives 周_生 and 周荣_.
    """
    if len(name) < 3:
        return []
    return [f"{name[:place]}_{name[place + 1 :]}" for place in range(len(surname(name)), len(name))]


def conflict(one: str, other: str) -> bool:
    """Can these not be one person's name written twice? No character in common, and another sound."""
    return not set(one) & set(other) and pinyin(one) != pinyin(other)


def full_form(number: str | None) -> str | None:
    """A badly written number in the shape of 18 characters, where it has nearly as many.

    15 digits get the century 19; nothing is corrected. None where too little is left to compare.
    """
    if number is None or len(set(number)) < 4 or number.startswith("12345678") or "E" in number:
        return None
    if len(number) == SHORT and number.isdigit():
        return f"{number[:6]}19{number[6:]}"
    return number if FULL - 1 <= len(number) <= FULL + 1 else None
