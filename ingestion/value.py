"""Where a column of a record comes from: a column of the file, a constant, or a function over them.

The words a contract may use for it (docs/mapping.md), the types functions take and give, and units.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

# Functions by the type of what they give.
FUNCTIONS: dict[str, str] = {
    "day_of": "date",
    "day_before": "date",
    "first_of_month": "date",
    "last_of_month": "date",
    "month_of": "month",
    "product": "number",
    "quotient": "number",
    "sum": "number",
    "count": "number",
    "split": "text",
    "join": "text",
    "first_of": "",
}
# Functions whose numbers no column of the file has: they may be of any size.
COMPUTED = ("product", "quotient", "sum")
# Of a function: how many things it takes, null for any number in a list.
ARGUMENTS = {
    "day_before": 1, "first_of_month": 1, "last_of_month": 1, "month_of": 1, "count": 1, "quotient": 2,
}  # fmt: skip
SOURCE_WORDS = ("column", "constant", *FUNCTIONS)
# What codes can stand beside: of anything else nobody could say which values there are.
CODED = ("column", "split")
# How many of the unit of a record one of the unit of a file is.
UNITS: dict[str, dict[str, str]] = {
    "分钟": {"分钟": "1", "秒": "1/60", "小时": "60"},
    "平方米": {"平方米": "1", "亩": "10000/15", "公顷": "10000", "平方公里": "1000000"},
    "月": {"月": "1", "年": "12", "季": "3"},
}
# Units in which an amount of a contract is written, by its type.
AMOUNT_UNITS = {"yuan": ("元", "元/月", "元/年"), "wan_yuan": ("万元",), "fen": ("分",)}
AMOUNTS = tuple(AMOUNT_UNITS)
TEXTS = ("text", "code", "identifier", "account", "division", "id_number", "name")
MOMENTS = ("instant", "zoned_instant")
# By which lines can be ordered.
ORDERED = ("number", "sequence", "date", "month", *MOMENTS)
# Types of a file's column that a column of a record of a type can be read from.
READ_FROM: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(TEXTS, (*TEXTS, "number", "date", "month")),
    "date": ("date", "end_date", *MOMENTS),
    "end_date": ("date", "end_date"),
    "month": ("month",),
    "instant": MOMENTS,
    "yuan": AMOUNTS,
    "number": ("number",),
    "share": ("share",),
}
# As what a piece of a text can be read.
PIECES = ("date", "end_date", "month", "yuan", "share")
# What a function takes, by what it gives; functions that give one of these fit as well.
TAKES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("day_before", "first_of_month", "last_of_month", "month_of"), ("date", "end_date", "month")
    ),
    **dict.fromkeys(COMPUTED, (*AMOUNTS, "number", "share")),
}


@dataclass(frozen=True)
class Where:
    """Lines whose column holds, or with is_not does not hold, one of these codes; '' is an empty column."""

    column: str
    codes: tuple[str, ...]
    is_not: bool = False

    def takes(self, code: str) -> bool:
        return (code in self.codes) != self.is_not


@dataclass(frozen=True)
class Value:
    """Where a column of a record comes from.

    function: ``column``, ``constant`` or one of FUNCTIONS, over arguments: names of columns, numbers, texts or
    other values. codes: own code to canonical code, null where it says nothing.
    """

    function: str
    arguments: tuple[Any, ...]
    codes: Mapping[str, str | None] = field(default_factory=dict)
    where: tuple[Where, ...] = ()

    @property
    def column(self) -> str | None:
        """The one column it is read from as it is, else null."""
        return self.arguments[0] if self.function == "column" else None

    @property
    def given(self) -> str:
        """The type of what its arguments are constants of: that of a number or a day."""
        return "number" if FUNCTIONS[self.function] == "number" else "date"

    @property
    def is_computed(self) -> bool:
        return any(part.function in COMPUTED for part in self.parts())

    def parts(self) -> Iterator["Value"]:
        """It and all values it is made of."""
        yield self
        for argument in self.arguments:
            if isinstance(argument, Value):
                yield from argument.parts()


def piece_type(function: str) -> str:
    """As what a function reads a piece of a text: any day is one of a month. Empty where it takes none."""
    if function == "day_before":
        return "date"
    return "month" if function in ("first_of_month", "last_of_month", "month_of") else ""


def unit_of(type_: str, unit: str | None) -> str | None:
    """In what a column of a file is counted: amounts of any type in 元."""
    return "元" if type_ in AMOUNT_UNITS else unit
