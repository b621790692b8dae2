"""Names of files by pattern, as a sender makes them: ``ZJFF{YYYYMMDD}.{part}-{parts}.txt``.

``{YYYYMMDD}`` and ``{YYYYMM}`` (its last day), or ``{YYYY}``, ``{MM}`` and ``{DD}`` apart, give the
business date, ``{M}`` and ``{D}`` with one digit or two; ``{n}`` is the number of a file among
those of its day; ``{part}`` of ``{parts}`` belong together; ``*`` is anything. All else stands for itself.
"""

import calendar
import hashlib
import os
import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from ingestion.vocabulary import unknown_word

_DIGITS = frozenset("0123456789")
# Of each placeholder: the groups it is made of, with the fewest and the most digits.
PLACEHOLDERS: dict[str, tuple[tuple[str, int, int], ...]] = {
    "YYYYMMDD": (("YYYY", 4, 4), ("MM", 2, 2), ("DD", 2, 2)),
    "YYYYMM": (("YYYY", 4, 4), ("MM", 2, 2)),
    "YYYY": (("YYYY", 4, 4),),
    "MM": (("MM", 2, 2),),
    "DD": (("DD", 2, 2),),
    "M": (("MM", 1, 2),),
    "D": (("DD", 1, 2),),
    "n": (("n", 1, 6),),
    "part": (("part", 1, 2),),
    "parts": (("parts", 1, 2),),
}
STAR = "star"
# In a row, separators aside: a day with a sequence number has ten, a telephone number eleven.
MOST_DIGITS = 10
# A month or day of one digit or two ends where no digit follows, and begins where none can stand before it.
_OPEN_ENDED = re.compile(r"\{[MD]\}(?=[0-9{*])|(?:[0-9*]|\{(?:n|part|parts)\})\{[MD]\}")
_PIECE = re.compile(r"\{([^{}]*)\}|(\*)|([^{}*])")


class PatternError(ValueError):
    """A pattern that cannot be used: what is wrong and what to write."""


class NameParts(NamedTuple):
    """What a name says. day: null where the pattern has no date, or the name none that exists."""

    day: date | None
    n: int | None
    part: int | None
    parts: int | None


@dataclass(frozen=True)
class NamePattern:
    """text: as the contract writes it. Raises PatternError."""

    text: str

    def __post_init__(self) -> None:
        if _PIECE.sub("", self.text):
            raise PatternError(f"{self.text}: a brace is left open. Write placeholders such as {{YYYYMMDD}}.")
        if not self.text or "/" in self.text or self.text.startswith("."):
            raise PatternError(
                f"{self.text}: expected the name of a file, without folders, that begins with no dot."
            )
        names = [piece[1] for piece in _PIECE.finditer(self.text) if piece[1] is not None]
        problem = unknown_word(names, PLACEHOLDERS)
        if problem is not None:
            raise PatternError(f"{self.text}: {problem}")
        groups = [group for name in names for group, _, _ in PLACEHOLDERS[name]]
        if len(set(groups)) < len(groups):
            raise PatternError(f"{self.text}: says the same twice. Write * for what need not be read again.")
        if ("MM" in groups) != ("YYYY" in groups) or ("DD" in groups and "MM" not in groups):
            raise PatternError(f"{self.text}: half a date. Write {{YYYYMMDD}} or {{YYYYMM}}.")
        if _OPEN_ENDED.search(self.text):
            raise PatternError(
                f"{self.text}: {{M}} and {{D}} have one digit or two: a mark must part them from other digits."
            )
        if ("part" in groups) != ("parts" in groups):
            raise PatternError(
                f"{self.text}: {{part}} and {{parts}} belong together: else nobody knows the last."
            )

    def shown(self, name: str) -> str:
        """A name made so, safe to repeat: what ``*`` took may be anything."""
        found = self._expression.fullmatch(name)
        if found is None:
            return printable(name)
        shown, last = "", 0
        for group in (group for group in self._expression.groupindex if group.startswith(STAR)):
            shown += name[last : found.start(group)] + (printable(found[group]) if found[group] else "")
            last = found.end(group)
        return shown + name[last:]

    @property
    def has_date(self) -> bool:
        return "YYYY" in self._expression.groupindex

    @property
    def is_monthly(self) -> bool:
        """Whether its date is the last day of a month."""
        return self.has_date and "DD" not in self._expression.groupindex

    @property
    def has_parts(self) -> bool:
        return "parts" in self._expression.groupindex

    def match(self, name: str) -> NameParts | None:
        """Null where the name is not made so."""
        found = self._expression.fullmatch(name)
        if found is None:
            return None
        said = {
            group: int(digits) for group, digits in found.groupdict().items() if not group.startswith(STAR)
        }
        return NameParts(_day(said), said.get("n"), said.get("part"), said.get("parts"))

    def overlaps(self, other: "NamePattern") -> bool:
        """Whether one name can be made both ways."""
        mine, theirs = self._steps, other._steps
        met = {(0, 0)}
        open_places = [(0, 0)]
        while open_places:
            here, there = open_places.pop()
            if (here, there) == (len(mine), len(theirs)):
                return True
            reached = []
            if here < len(mine) and mine[here].is_optional:
                reached.append((here + 1, there))
            if there < len(theirs) and theirs[there].is_optional:
                reached.append((here, there + 1))
            if here < len(mine) and there < len(theirs) and mine[here].meets(theirs[there]):
                reached += [
                    (here + step, there + other_step)
                    for step in ((0, 1) if mine[here].is_repeated else (1,))
                    for other_step in ((0, 1) if theirs[there].is_repeated else (1,))
                ]
            open_places += [place for place in reached if place not in met]
            met |= {*reached}
        return False

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        written = ""
        stars = 0
        for name, star, character in (piece.groups() for piece in _PIECE.finditer(self.text)):
            if name is not None:
                written += "".join(
                    f"(?P<{group}>[0-9]{{{fewest},{most}}})" for group, fewest, most in PLACEHOLDERS[name]
                )
            elif star:
                stars += 1
                written += f"(?P<{STAR}{stars}>.*)"
            else:
                written += re.escape(character)
        return re.compile(written, re.DOTALL)

    @cached_property
    def _steps(self) -> tuple["_Step", ...]:
        steps: list[_Step] = []
        for name, star, character in (piece.groups() for piece in _PIECE.finditer(self.text)):
            if name is not None:
                for _, fewest, most in PLACEHOLDERS[name]:
                    steps += [_Step(_DIGITS)] * fewest
                    steps += [_Step(_DIGITS, is_optional=True)] * (most - fewest)
            elif star:
                steps.append(_Step(None, is_optional=True, is_repeated=True))
            else:
                steps.append(_Step(frozenset(character)))
        return tuple(steps)


def is_plain_name(name: str) -> bool:
    """Of a file that may be looked at: its own name and no path, without what no screen shows. Blanks of any width
    are shown (Windows writes U+3000 into Chinese names)."""
    return (
        name not in ("", ".", "..")
        and name == os.path.basename(name)
        and all(character.isprintable() or unicodedata.category(character) == "Zs" for character in name)
    )


def printable(name: str) -> str:
    """A name in the inbox where it looks like one of ours, else a digest of it: it may be anything, a
    person's number or telephone and a forged line of a log among it."""
    digits = re.findall(r"[0-9]+", re.sub(r"[-_.]", "", name))
    if re.fullmatch(r"\w[\w.-]{0,99}", name, re.ASCII) and all(len(run) <= MOST_DIGITS for run in digits):
        return name
    return f"unprintable-{hashlib.sha256(os.fsencode(name)).hexdigest()[:8]}"


class _Step(NamedTuple):
    """A character of a name. among: null where it may be any."""

    among: frozenset[str] | None
    is_optional: bool = False
    is_repeated: bool = False

    def meets(self, other: "_Step") -> bool:
        return self.among is None or other.among is None or bool(self.among & other.among)


def _day(said: dict[str, int]) -> date | None:
    if "YYYY" not in said:
        return None
    try:
        last = calendar.monthrange(said["YYYY"], said["MM"])[1]
        return date(said["YYYY"], said["MM"], said.get("DD", last))
    except (ValueError, calendar.IllegalMonthError):
        return None
