"""Which function of the database reads a column of a type: landing judges by it, staging cleans with it, and the
business key of a line is hashed of what it gives."""

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import sql

from ingestion.contract import Column, Contract
from ingestion.records import Range

# Cleaning function and reason code by column type; what it makes null cannot be read.
READABLE_BY = {
    "date": ("date", "unreadable_date"),
    "end_date": ("end_date", "unreadable_date"),
    "month": ("month", "unreadable_month"),
    "instant": ("instant", "unreadable_instant"),
    "zoned_instant": ("zoned_instant", "unreadable_instant"),
    "yuan": ("yuan", "unreadable_amount"),
    "wan_yuan": ("number", "unreadable_amount"),
    "fen": ("fen", "unreadable_amount"),
    "number": ("number", "unreadable_number"),
    "sequence": ("sequence", "unreadable_number"),
    "share": ("share", "unreadable_share"),
    "identifier": ("identifier", "unreadable_identifier"),
    "id_number": ("stated_number", "unreadable_identifier"),
    "account": ("account", "unreadable_account"),
    "division": ("division", "unreadable_division"),
}


def reader_of(column: Column) -> str:
    """The cleaning function by which a column is judged: a number of a key tells nobody apart once digits are lost."""
    if column.type == "id_number" and column.key_position is not None:
        return "whole_number"
    function, _ = READABLE_BY.get(column.type, ("compact", ""))
    return function


def cleaned(column: Column, is_judged: bool = False) -> sql.Composed:
    """A column as received, cleaned as staging cleans it, as text. is_judged: null where landing rejects it."""
    name = sql.Identifier(column.name)
    if column.type == "id_number" and column.key_else is not None:
        return sql.SQL("clean.number_or_name({}, {})").format(name, sql.Identifier(column.key_else))
    # Lines that landed before a number could be rejected keep theirs.
    function = reader_of(column) if is_judged else READABLE_BY.get(column.type, ("compact", ""))[0]
    text = sql.SQL(f"clean.{function}({{}})::text").format(name)
    if column.key_else is None:
        return text
    return sql.SQL("coalesce({text}, clean.compact({other}))").format(
        text=text, other=sql.Identifier(column.key_else)
    )


def own_code(code: str) -> sql.Composed:
    """A code of a contract as the database reads it from a line: in half width, without blanks."""
    return sql.SQL("clean.compact({})").format(sql.Literal(code))


def own_codes(codes: Iterable[str]) -> sql.Composed:
    """The same of several, as an array."""
    return sql.SQL("array[{}]::text[]").format(sql.SQL(", ").join(map(own_code, codes)))


def part_of(text: sql.Composable, part: Sequence[tuple[str, Any]]) -> sql.Composed:
    """A part of a text, null where it is empty. part: the words of `split` and what they say."""
    said = dict(part)
    whole = sql.SQL("clean.compact({})").format(text)
    if "by" in said:
        function, given = "split_part", (said["by"], said["part"])
    else:
        function, given = "substr", (said["from"], said["length"])
    return sql.SQL("nullif({}({}, {}), '')").format(
        sql.SQL(function), whole, sql.SQL(", ").join(map(sql.Literal, given))
    )


def counted(number: sql.Composable, factor: str) -> sql.Composable:
    """A number of one unit in another. factor: how many of that one of it is, ``1/60``."""
    dividend, _, divisor = factor.partition("/")
    if factor == "1":
        return number
    said = sql.SQL(f"{dividend}.0 / {divisor}" if divisor else dividend)
    return sql.SQL("({} * ({}::numeric))").format(number, said)


def in_range(number: sql.Composable, known: Range) -> sql.Composed:
    """Whether a number of the database is one of a range, null where it is null."""
    whole = sql.SQL(" and {0} = trunc({0})").format(number) if known.is_whole else sql.SQL("")
    return sql.SQL("{} between {} and {}{}").format(
        number, sql.Literal(known.minimum), sql.Literal(known.maximum), whole
    )


def read_for_key(contract: Contract) -> list[str]:
    """The columns from which the business key is read."""
    stand_ins = (contract.column(name).key_else for name in contract.key)
    return list(dict.fromkeys([*contract.key, *(name for name in stand_ins if name is not None)]))


def key_hash(contract: Contract) -> sql.Composed:
    """Hash of the business key of a line as received, cleaned as staging cleans it; null where a part is missing."""
    return sql.SQL("clean.key_hash({})").format(_key(contract, is_judged=True))


def line_key(contract: Contract) -> sql.Composed:
    """The same where a missing part counts as empty: what tells the lines of a feed from one another."""
    return sql.SQL("clean.line_key({})").format(_key(contract))


def _key(contract: Contract, is_judged: bool = False) -> sql.Composed:
    return sql.SQL(", ").join(cleaned(contract.column(name), is_judged) for name in contract.key)
