"""How two written names or numbers relate. Pure functions; Chinese is compared here and in
``clean.is_one_name``, not in an engine whose string distances count bytes."""

MIDDLE_DOT = "·"
DOUBLE_SURNAMES = frozenset(("欧阳", "上官", "诸葛", "司徒", "皇甫", "司马", "东方", "尉迟", "慕容", "令狐"))
# Length of the number without its check character, and with two of the year's digits left out.
FULL, SHORT = 18, 15


def surname(name: str) -> str:
    """The surname, or the first part of a name with a middle dot."""
    if MIDDLE_DOT in name:
        return name.split(MIDDLE_DOT)[0]
    return name[:2] if name[:2] in DOUBLE_SURNAMES else name[:1]


def near_forms(name: str) -> list[str]:
    """The name with one character left open: two names share a form where only that one differs.

    Only for names of three and more, and never the surname: 周荣生 gives 周_生 and 周荣_.
    """
    if len(name) < 3:
        return []
    return [f"{name[:place]}_{name[place + 1 :]}" for place in range(len(surname(name)), len(name))]


def full_form(number: str | None) -> str | None:
    """A badly written number in the shape of 18 characters, where it has nearly as many.

    15 digits get the century 19; nothing is corrected. None where too little is left to compare.
    """
    if number is None or len(set(number)) < 4 or number.startswith("12345678") or "E" in number:
        return None
    if len(number) == SHORT and number.isdigit():
        return f"{number[:6]}19{number[6:]}"
    return number if FULL - 1 <= len(number) <= FULL + 1 else None
