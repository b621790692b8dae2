"""What the models ask of the schema ``clean``, once more in Python, for an engine without PL/pgSQL.

PostgreSQL's functions (``warehouse/code/clean``) are the reference: each here has the name, the arguments and
the result of the one there, null for null or not, and ``tests/warehouse/test_spark_functions.py`` asks both the
same questions. Needs neither Spark nor a database.
"""

import re
import unicodedata
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from warehouse.derived.name_variants import variant_pairs

CODE = Path(__file__).parents[1] / "code" / "clean"
USUAL = re.compile(r"[0-9A-Za-z一-鿿.,%+/:_-]*")
COMPACT = re.compile(r"[0-9A-Za-z一-鿿.,%+-]*")
UNSEEN = re.compile(
    "[\u0001-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890"
    "\u0891\u08e2\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\ufff0-\ufffc\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)
DRAWN = re.compile(
    "[\u00b2\u00b3\u00b9\u00bc-\u00be\u2070-\u2079\u2080-\u2089\u2150-\u215f\u2189\u2460-\u249b\u24ea"
    "\u3251-\u325f\u32b1-\u32bf\U0001f100-\U0001f10a]"
)
BLANKS = re.compile(
    "[\u0009-\u000d\u0020\u0085\u00a0\u115f\u1160\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3000"
    "\u3164\uffa0]+"
)
WRAPPED = re.compile("= ?([\"“”'‘’]+)(.*)[\"“”'‘’]+", re.DOTALL)
QUOTES = re.compile("[ '`’‘\"“”]")
MARKS = re.compile(r"[-!-,./:-@\[-`{-~—–―‐−。、·•×…○□]*")
ERRORS = {"#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#N/A", "#NA", r"\N"}
NUMBER = re.compile("[1-9][0-9]{16}[0-9X]")
OLD_NUMBER = re.compile("[1-9][0-9]{14}")
TRAVEL_NUMBER = re.compile("[A-Z]{3}[0-9]{12}")
# What \s is in PostgreSQL's C.UTF-8.
SPACE = " \t-\r\u1680\u2000-\u2006\u2008-\u200a\u2028\u2029\u205f\u3000"
PLACES = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
WRITTEN = re.compile(
    r"(?<![0-9.])(?:([0-9]{17}[0-9Xx])(?:[0-9][0-9])?|([0-9]{15}))(?![0-9])"
    r"|(?<![A-Za-z])([A-Za-z]{3}[0-9]{12})(?![0-9])"
)


def as_seen(value: str | None) -> str | None:
    if value is None or USUAL.fullmatch(value):
        return value
    seen = UNSEEN.sub("", value.translate(_standard_characters()))
    if not DRAWN.search(seen):
        seen = unicodedata.normalize("NFKC", seen)
    seen = BLANKS.sub(" ", seen).strip(" ")
    wrapped = WRAPPED.fullmatch(seen)
    return (wrapped[2] if wrapped else seen).strip(" \"“”'‘’`")


def compact(value: str | None) -> str | None:
    if value is None or COMPACT.fullmatch(value):
        return value
    return QUOTES.sub("", as_seen(value) or "")


def is_missing(value: str | None) -> bool:
    if value is not None and re.search("[1-9]", value):
        return False
    told = _upper(compact(value))
    return (
        told is None
        or MARKS.fullmatch(told) is not None
        or told in ERRORS
        or told.strip(r"()<>[]{}\/-—.。*?") in _words_for_none()
    )


def has_lost_digits(value: str) -> bool:
    return bool(
        re.fullmatch(r"=?[0-9](\.[0-9]*E\+?|E\+)[0-9]{1,3}", value) or re.fullmatch(r"[0-9]{16,}\.0*", value)
    )


def is_placeholder(value: str) -> bool:
    return (len(value) >= 6 and _is_one_character(value)) or re.match("0?1234567", value) is not None


def check_character(number: str) -> str:
    total = sum(weight * (ord(digit) - 48) for weight, digit in zip(PLACES, number, strict=False))
    return "10X98765432"[total % 11]


def calendar_date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if 1850 <= year <= 2200 else None
    except ValueError:
        return None


def born_on(id_number: str | None) -> date | None:
    if id_number is None or len(id_number) != 18:
        return None
    return calendar_date(int(id_number[6:10]), int(id_number[10:12]), int(id_number[12:14]))


def sex_code(id_number: str | None) -> str | None:
    if id_number is None or len(id_number) != 18:
        return None
    return "1" if int(id_number[16]) % 2 else "2"


def id_number(value: str | None) -> str | None:
    told = value if value is not None and NUMBER.fullmatch(value) else _upper(compact(value))
    if told is None:
        return None
    if OLD_NUMBER.fullmatch(told) and told[-3:] < "996" and not is_placeholder(told):
        told = f"{told[:6]}19{told[6:]}"
        told += check_character(told)
    if NUMBER.fullmatch(told):
        return told if check_character(told) == told[-1] and born_on(told) else None
    if TRAVEL_NUMBER.fullmatch(told) and _travel_check_digit(told) == told[-1]:
        return told if _day_without_century(told[7:13]) else None
    return None


def id_number_note(value: str | None) -> str:
    is_valid = id_number(value) is not None
    told = _upper(compact(value))
    if value is None or told is None or is_missing(told) or re.fullmatch("0+", told):
        return "missing"
    if is_valid and told == value and not re.fullmatch("[0-9]{15}", told):
        return ""
    if is_placeholder(told):
        return "placeholder"
    if not is_valid and (has_lost_digits(told) or re.fullmatch("[0-9]{15}000", told)):
        return "lost_digits"
    notes = {
        "full_width": "[０-９Ｘｘ]",
        "apostrophe": "['’‘`]",
        "wrapped": f"\\A[{SPACE}]*[=＝]",
        "blanks": f"[{SPACE}\u00a0\u2000-\u200a\u202f\u3000]",
        "unseen": "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]",
        "lower_case": "[a-zｘ]",
    }
    found = [note for note, pattern in notes.items() if re.search(pattern, value)]
    return ",".join([*found, *_fault(told, is_valid)])


def surviving_digits(value: str | None) -> str | None:
    if value is None or (NUMBER.fullmatch(value) and not value.endswith("000")):
        return None
    told = _upper(compact(value)) or ""
    if (
        re.fullmatch(r"[1-9]\.[0-9]{14,16}E\+?17", told)
        or re.fullmatch(r"[1-9][0-9]{17}\.0+", told)
        or (re.fullmatch("[1-9][0-9]{14}000", told) and id_number(told) is None)
    ):
        digits = told.partition("E")[0].replace(".", "")[:15]
        return digits if digits[6:10] != "0000" else None
    return None


def stated_number(value: str | None) -> str | None:
    if value is not None and NUMBER.fullmatch(value) and not _is_one_character(value):
        return value
    told = _upper(compact(value))
    if told is None or is_missing(told) or _is_one_character(told):
        return None
    return None if re.fullmatch(r"[0-9](\.[0-9]{0,13})?E\+?[0-9]+", told) else told


def whole_number(value: str | None) -> str | None:
    told = _upper(compact(value))
    return None if told is None or has_lost_digits(told) else stated_number(value)


def identifier(value: str | None) -> str | None:
    if value is None or re.fullmatch("[0-9A-Za-z-]*[1-9][0-9A-Za-z-]*", value):
        return value
    told = re.sub(r"\A([0-9]{6,15})\.0+\Z", r"\1", compact(value) or "")
    if is_missing(told) or re.fullmatch("0+", told) or has_lost_digits(_upper(told) or ""):
        return None
    return told


def person_name(value: str | None) -> str | None:
    seen = as_seen(value)
    name = seen.replace(" ", "") if seen is not None else None
    if name is None or is_missing(name) or re.search("[*?□\ufffd]", name):
        return None
    return name.translate(_dots()).translate(_simplified())


def number_or_name(number: str | None, name: str | None) -> str | None:
    whole = whole_number(number)
    if whole is not None:
        return whole
    known = person_name(name)
    known = known if known is not None else compact(name)
    return None if known is None else known + (stated_number(number) or "")


def mask_id_number(value: str | None) -> str:
    if value is None or len(value) not in (15, 18):
        return "****"
    return value[:6] + "*" * (len(value) - 10) + value[-4:]


def mask_id_numbers_in(value: str | None) -> str | None:
    if value is None:
        return None
    for parts in WRITTEN.findall(value):
        written = next(part for part in parts if part)
        if id_number(written) is not None:
            hidden = len(written) // 2 - 1
            value = value.replace(written, written[:6] + "*" * hidden + written[6 + hidden :])
    return value


def age_years(born: date | None, counted_on: date | None) -> int | None:
    if born is None or counted_on is None:
        return None
    if counted_on < born:
        return -_whole_years(counted_on, born)
    is_day_before = (
        (born.month, born.day) == (2, 29)
        and (counted_on.month, counted_on.day) == (2, 28)
        and (counted_on + timedelta(days=1)).month == 3
    )
    return _whole_years(born, counted_on) + is_day_before


def age_band(years: int | None) -> str:
    if years is None:
        return "unknown"
    bands = ((18, "0-17"), (60, "18-59"), (80, "60-79"), (90, "80-89"))
    return next((band for below, band in bands if years < below), "90+")


def _whole_years(first: date, last: date) -> int:
    return last.year - first.year - ((last.month, last.day) < (first.month, first.day))


def _upper(value: str | None) -> str | None:
    """Character by character, as PostgreSQL: ß stays ß."""
    if value is None or value.isascii():
        return value and value.upper()
    return "".join(map(_upper_character, value))


def _upper_character(character: str) -> str:
    raised = (character.upper(), character.title(), character)
    return next(form for form in raised if len(form) == 1)


def _is_one_character(value: str) -> bool:
    """Also where there is none."""
    return not value.strip(value[:1]) if value else True


def _fault(told: str, is_valid: bool) -> list[str]:
    if is_valid:
        return ["upgraded_15"] if re.fullmatch("[0-9]{15}", told) else []
    if not re.fullmatch("[0-9]{15}|[0-9]{17}[0-9X]|[A-Z]{3}[0-9]{12}", told):
        return ["wrong_form"]
    is_date_wrong = (
        re.fullmatch("[0-9]{15}", told)
        or (len(told) == 18 and born_on(told) is None)
        or (len(told) == 15 and not _day_without_century(told[7:13]))
    )
    return ["wrong_date" if is_date_wrong else "wrong_check"]


def _travel_check_digit(number: str) -> str:
    values = (int(character, 36) for character in number[:14])
    return str(sum((7, 3, 1)[place % 3] * value for place, value in enumerate(values)) % 10)


def _day_without_century(yymmdd: str) -> bool:
    return calendar_date(2000 + int(yymmdd[:2]), int(yymmdd[2:4]), int(yymmdd[4:])) is not None


# Tables and lists of words stand in PostgreSQL's functions and are read from there: they are told once.


@cache
def _standard_characters() -> dict[int, int]:
    literals = re.findall(r"U&('[^;]*?')(?=,|\n    \))", _code("standard_characters"), re.DOTALL)
    former, now = (_unescaped("".join(re.findall("'([^']*)'", literal))) for literal in literals)
    return str.maketrans(former, now)


@cache
def _simplified() -> dict[int, str]:
    return str.maketrans(dict(variant_pairs()))


@cache
def _dots() -> dict[int, int]:
    variants, standard = re.findall(r"translate\(v, '(.+)', '(.+)'\)", _code("person_name"))[0]
    return str.maketrans(variants, standard)


@cache
def _words_for_none() -> frozenset[str]:
    words = _code("is_missing").partition("btrim(v, ")[2].partition(" in (")[2]
    return frozenset(re.findall("'([^']*)'", words))


def _code(function: str) -> str:
    return (CODE / f"{function}.sql").read_text(encoding="utf-8")


def _unescaped(literal: str) -> str:
    return re.sub(
        r"\\\+([0-9A-F]{6})|\\([0-9A-F]{4})", lambda found: chr(int(found[1] or found[2], 16)), literal
    )
