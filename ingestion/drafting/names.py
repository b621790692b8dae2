"""What the names of files say: the pattern they are made by, and whether they bring all or changes."""

import re
from typing import NamedTuple

from ingestion.drafting.words import initials_of, pinyin
from ingestion.file_names import MOST_DIGITS

_DATES = (
    (re.compile(r"(?<!\d)(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?!\d)"), "{YYYYMMDD}"),
    (
        re.compile(r"(?<!\d)(19|20)\d\d(?P<s>[-_.])(0[1-9]|1[0-2])(?P=s)(0[1-9]|[12]\d|3[01])(?!\d)"),
        "{YYYY}%s{MM}%s{DD}",
    ),
    (re.compile(r"(?<!\d)(19|20)\d\d(0[1-9]|1[0-2])(?!\d)"), "{YYYYMM}"),
    (re.compile(r"(?<!\d)(19|20)\d\d年(0?[1-9]|1[0-2])月(0?[1-9]|[12]\d|3[01])日"), "{YYYY}年{M}月{D}日"),
    (re.compile(r"(?<!\d)(19|20)\d\d年(0?[1-9]|1[0-2])月"), "{YYYY}年{M}月"),
    (re.compile(r"(?<!\d)(19|20)\d\d(?P<s>[-_.年])(0[1-9]|1[0-2])(?!\d)"), "{YYYY}%s{MM}"),
)  # fmt: skip
_PART = re.compile(r"(?<=\})([._-])(\d{1,2})([-_]|of)(\d{1,2})(?=\.)")
_NUMBER = re.compile(r"(?<=\})([._-]?)(\d{1,6})(?=\.)|(?<=_)()(\d{2,4})(?=\.)")
FULL = ("全量", "全部", "全", "full", "all", "total")
DELTA = ("增量", "变更", "变动", "变", "日增", "delta", "inc", "change", "chg")


class Named(NamedTuple):
    """pattern: in the words of a contract, null date where the name has none; mode: null where it says none."""

    pattern: str
    has_date: bool
    mode: str | None


def named(name: str) -> Named:
    """What one name says."""
    pattern, has_date = name, False
    for expression, shape in _DATES:
        found = expression.search(name)
        if found is None:
            continue
        if "%s" in shape:
            mark = found["s"]
            shape = shape % ((mark,) * shape.count("%s"))
        pattern, has_date = name[: found.start()] + shape + name[found.end() :], True
        break
    pattern = _PART.sub(r"\1{part}\3{parts}", pattern)
    if "{part}" not in pattern:
        pattern = _NUMBER.sub(lambda n: f"{n[1] or ''}{{n}}", pattern, count=1)
    # A long run of digits may be somebody's number.
    pattern = re.sub(rf"\d{{{MOST_DIGITS + 1},}}", "*", pattern)
    return Named(pattern, has_date, _mode(name))


def _mode(name: str) -> str | None:
    stem = name.rpartition(".")[0] or name
    pieces = {piece.lower() for piece in re.findall(r"[A-Za-z]+", stem)}
    for mode, words in (("delta", DELTA), ("full", FULL)):
        for word in words:
            if not word.isascii():
                whole, initials = pinyin(word).lower(), initials_of(word).lower()
                known = {whole} | ({initials} if len(initials) > 1 else set())
            else:
                known = {word}
            if (not word.isascii() and word in stem and len(word) > 1) or known & pieces:
                return mode
    return None
