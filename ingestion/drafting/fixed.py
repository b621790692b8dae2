"""Fields in lines of fixed width, guessed from what stands below one another: an identity number and a date are
known wherever they stand, other fields by the change from digits to letters to words and by their padding."""

import re
from collections import Counter
from collections.abc import Callable, Sequence

from stdnum.cn import ric

from ingestion.drafting.values import Column

SHORTEST_LINE = 12
LINES_LOOKED_AT = 1000
_NUMBER = re.compile(r"[1-9]\d{5}(19|20)\d{9}[\dX]")
_ANY_NUMBER = re.compile(r"(?=([1-9]\d{5}(?:19|20)\d{9}[\dX]))")
DATE_MARKS = "-./:"
# A kind of line is told by so many characters, and shows between so many lines.
LONGEST_MARK, FEWEST_BETWEEN = 2, 3
_DAY = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
# What may be somebody's number although nobody can check it: any long run of digits but a padded count, 15 digits with
# a day of birth, a passport (no letter before a day, as in H20250630, nor before a padded count).
_MAY_BE_NUMBER = re.compile(
    r"(?<!\d)[1-9]\d{14}"
    r"|[1-9]\d{7}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}"
    r"|(?<![A-Z])(?![A-Z]((19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])|000))[A-Z]{1,2}\d{7}"
)
_WORD = re.compile(r"[^\x00-\x7f\u3000]")


def width_of(lines: Sequence[str], encoding: str) -> tuple[int, str] | None:
    """Length of nearly all lines and its unit (bytes, else characters); null where they differ."""
    data = [line for line in lines if line.strip()][:LINES_LOOKED_AT]
    for unit, lengths in (
        ("bytes", [len(line.encode(_plain(encoding))) for line in data]),
        ("characters", [len(line) for line in data]),
    ):
        if unit == "bytes" and encoding.startswith("utf-16"):
            continue
        ((length, count),) = Counter(lengths).most_common(1) or [(0, 0)]
        if length >= SHORTEST_LINE and count >= 2 and count >= 0.7 * len(data):
            return length, unit
    return None


def ends_of(lines: Sequence[str], encoding: str, unit: str) -> tuple[int, str, bool]:
    """Whether the first line describes the file (1, else 0), and how a last one that closes it begins (else empty).

    They begin as no other line does (H, 00; T, 99) and hold nothing that could be somebody's: no number, right or
    wrong, and no word where the others have their names. The last: whether one begins so and may be somebody's all
    the same, which is for a person to say.
    """
    middle = lines[1:-1]
    if len(middle) < FEWEST_BETWEEN or 2 * sum(map(_names_somebody, middle)) < len(middle):
        return 0, "", False
    first, mark, is_open = 0, "", False
    words = Counter(place for line in middle for place in _words_at(line, encoding, unit))
    names = {place for place, count in words.items() if 2 * count >= len(middle)}
    for length in range(LONGEST_MARK, 0, -1):
        begins = {line[:length] for line in middle}
        if len(begins) > 1:
            continue
        for end in (lines[0], lines[-1]):
            if end[:length] in begins or _names_somebody(end):
                continue
            if may_be_somebody(end) or names & _words_at(end, encoding, unit):
                is_open = True
            elif end is lines[0]:
                first = 1
            else:
                mark = end[:length]
    return first, mark, is_open


def may_be_somebody(line: str) -> bool:
    """Whether what could be a number of a person stands in a line, right or wrong."""
    return bool(_ANY_NUMBER.search(line) or _MAY_BE_NUMBER.search(line))


def _words_at(line: str, encoding: str, unit: str) -> set[int]:
    """Where words in Chinese begin: names stand below one another."""
    cells = _cells(line, encoding, unit)
    words = [_WORD.fullmatch(cell) is not None or cell == "" for cell in cells]
    return {place for place, is_word in enumerate(words) if is_word and not (place and words[place - 1])}


def _names_somebody(line: str) -> bool:
    return any(ric.calc_check_digit(number) == number[17] for number in _ANY_NUMBER.findall(line))


def columns_of(lines: Sequence[str], encoding: str, width: int, unit: str) -> list[Column]:
    """Fields with their positions and values, of the lines that have the width."""
    rows = [cells for line in lines if len(cells := _cells(line, encoding, unit)) == width]
    columns = []
    for start, end in _fields(rows[:LINES_LOOKED_AT], width):
        column = Column(f"第{start + 1}-{end}位", position=(start + 1, end - start))
        for cells in rows:
            column.values.append("".join(cells[start:end]).strip())
        columns.append(column)
    return columns


def _plain(encoding: str) -> str:
    return encoding.removesuffix("-sig")


def _cells(line: str, encoding: str, unit: str) -> list[str]:
    """What stands at each place: of a character of several bytes the first place has it, the others nothing."""
    if unit == "characters":
        return list(line)
    cells = []
    for character in line:
        cells += [character, *[""] * (len(character.encode(_plain(encoding))) - 1)]
    return cells


def _fields(rows: Sequence[Sequence[str]], width: int) -> list[tuple[int, int]]:
    """Start (from 0) and end of each field."""
    taken = _known(rows, width, 18, _is_number)
    taken += _known(rows, width, 8, lambda text: bool(_DAY.fullmatch(text)), taken)
    inside = {place for start, end in taken for place in range(start, end)}
    kinds = [_kind(rows, place) for place in range(width)]
    fields, start = list(taken), None
    for place in [*range(width), width]:
        is_free = place < width and place not in inside
        if start is not None and (not is_free or _breaks(kinds, start, place)):
            fields.append((start, place))
            start = None
        if is_free and start is None and kinds[place] != " ":
            start = place
    return sorted(piece for field in fields for piece in _with_sex_apart(rows, *field))


def _with_sex_apart(rows: Sequence[Sequence[str]], start: int, end: int) -> list[tuple[int, int]]:
    """A letter that is M or F in every line says the sex, whatever letters stand beside it."""
    for place in range(start, end):
        met = {row[place] for row in rows}
        if end - start > 1 and met == {"M", "F"}:
            return [one for one in ((start, place), (place, place + 1), (place + 1, end)) if one[0] < one[1]]
    return [(start, end)]


def _known(
    rows: Sequence[Sequence[str]],
    width: int,
    length: int,
    test: Callable[[str], bool],
    taken: Sequence[tuple[int, int]] = (),
) -> list[tuple[int, int]]:
    """Where most lines that have something there have what the test knows, the best first."""
    found = []
    for start in range(width - length + 1):
        texts = ["".join(row[start : start + length]) for row in rows]
        given = [text for text in texts if text.strip()]
        hits = sum(map(test, given))
        if given and hits >= 2 and hits >= 0.6 * len(given):
            found.append((hits / len(given), start, start + length))
    chosen: list[tuple[int, int]] = []
    for _, start, end in sorted(found, key=lambda one: (-one[0], one[1])):
        if all(end <= other or start >= after for other, after in (*taken, *chosen)):
            chosen.append((start, end))
    return chosen


def _is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text)) and ric.calc_check_digit(text) == text[17]


def _kind(rows: Sequence[Sequence[str]], place: int) -> str:
    """W where words stand, A letters, D digits, a blank where nothing does."""
    met = Counter(_class(row[place]) for row in rows)
    del met[""]
    for kind in "WAD":
        if met[kind]:
            return kind
    return " "


def _class(cell: str) -> str:
    if cell == "" or not cell.isascii():
        return "W"
    if cell.isdigit() or cell in DATE_MARKS:  # 2015.3.8 below 20180102
        return "D"
    return "" if cell == " " else "A"


def _breaks(kinds: Sequence[str], start: int, place: int) -> bool:
    """Whether a field that begins at start has ended before a place."""
    if place >= len(kinds):
        return True
    here, before = kinds[place], kinds[place - 1]
    if kinds[start] == "W":  # words are padded with blanks; what follows them without is another field
        return here != " " and before == " "
    return (here != before and here != " ") or (before == " " and here != " ")
