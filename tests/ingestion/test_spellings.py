"""How a value may be written, and what it says: `spellings.csv`, one line a spelling, for people of the field.

An empty value means: not read, because it says nothing for certain. Instants are as in Shanghai.
"""

import csv
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from own_layouts import contract, key
from psycopg import sql

from ingestion.cleaning import READABLE_BY
from ingestion.contract import CLASSIFICATIONS, COLUMN_TYPES
from ingestion.type_guide import CLASSIFICATION_TITLES, TYPES, type_guide

TABLE = Path(__file__).with_name("spellings.csv")


def spellings() -> Iterator[tuple[str, str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield row["type"], row["written"], row["value"]


def unescaped(written: str) -> str:
    """Characters that nobody sees stand in the table as \\uXXXX."""
    return (
        written.encode("ascii", "backslashreplace").decode("unicode_escape") if "\\" in written else written
    )


def shown(kind: str) -> sql.Composed:
    """The reading of ``value`` as the table writes it."""
    read = sql.SQL("clean.{}(value)").format(sql.Identifier(kind))
    if kind in ("instant", "zoned_instant"):
        form = "to_char({} at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS.US')"
        return sql.SQL(f"regexp_replace({form}, '[.]?0+$', '')").format(read)
    if kind in ("share", "number"):
        return sql.SQL("trim_scale({})::text").format(read)
    return sql.SQL("({})::text").format(read)


@pytest.mark.parametrize("kind", sorted({kind for kind, _, _ in spellings()}))
def test_every_spelling_says_what_the_table_says(db: psycopg.Connection, kind: str) -> None:
    rows = [(written, value) for listed, written, value in spellings() if listed == kind]
    query = sql.SQL("select {} from unnest(%s::text[]) with ordinality as t (value, n) order by n")
    read = db.execute(query.format(shown(kind)), [[unescaped(written) for written, _ in rows]]).fetchall()
    wrong = [(w, value, got) for (w, value), (got,) in zip(rows, read, strict=True) if (got or "") != value]
    assert not wrong


@pytest.mark.parametrize("kind", [kind for kind in TYPES if TYPES[kind].spellings])
def test_the_guide_shows_what_is_read(db: psycopg.Connection, kind: str) -> None:
    """docs/column_types.md, by the functions that landing judges with and the views read with."""
    function = "wan_yuan" if kind == "wan_yuan" else READABLE_BY[kind][0]
    written, values = zip(*TYPES[kind].spellings, strict=True)
    query = sql.SQL("select {} from unnest(%s::text[]) with ordinality as t (value, n) order by n")
    read = db.execute(query.format(shown(function)), [list(written)]).fetchall()
    assert tuple(got or "" for (got,) in read) == values


def test_the_guide_tells_of_every_type() -> None:
    assert tuple(TYPES) == COLUMN_TYPES
    assert tuple(CLASSIFICATION_TITLES) == CLASSIFICATIONS


def test_the_list_in_the_guide_is_a_column(tmp_path: Path) -> None:
    block = re.search(r"```yaml\n(.*?)```", type_guide(), re.DOTALL)
    assert block is not None
    described = yaml.safe_load(block[1])
    made = contract(tmp_path, "json", [key("no"), described]).column("members")
    assert [(item.name, item.header, item.type) for item in made.items] == [
        ("member_name", "xm", "name"), ("member_income", "sr.yue", "yuan")
    ]  # fmt: skip


# -- printed in each spelling and read back ---------------------------------------------------

SHANGHAI = ZoneInfo("Asia/Shanghai")
FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
# What a file may put around and into any value without a word of it changing.
WRAPPINGS: tuple[Callable[[str], str], ...] = (
    str, lambda t: f'="{t}"', lambda t: f"'{t}", lambda t: f"\u202d{t}\u202c", lambda t: f"\ufeff{t}\u200b",
    lambda t: f"\u3000{t}\u00a0", lambda t: t.translate(FULL_WIDTH), lambda t: f"\t{t}",
    lambda t: "\u2060".join(t), lambda t: f"{t}\ufe0f",
)  # fmt: skip
DATES: tuple[Callable[[date], str], ...] = (
    lambda d: f"{d:%Y-%m-%d}", lambda d: f"{d:%Y%m%d}", lambda d: f"{d.year}/{d.month}/{d.day}",
    lambda d: f"{d.year}.{d.month}.{d.day}", lambda d: f"{d.year}年{d.month}月{d.day}日",
)  # fmt: skip
TIMES: tuple[Callable[[datetime], str], ...] = (
    lambda t: f" {t:%H:%M:%S}", lambda t: f"T{t:%H:%M:%S.%f}", lambda t: f" {t:%H:%M:%S.%f}789",
    lambda t: f" {t.hour}时{t.minute}分{t.second}秒", lambda t: f" {t:%I:%M:%S %p}", lambda t: f" {t:%H%M%S}",
    lambda t: f" {'上午' if t.hour < 12 else '下午'}{(t.hour - 1) % 12 + 1 if t.hour >= 12 else t.hour}:{t:%M:%S}",
)  # fmt: skip
AMOUNTS: tuple[Callable[[Decimal], str], ...] = (
    str, lambda a: f"{a:,}", lambda a: f"{a}元", lambda a: f"¥{a:,}", lambda a: f"{a / 10000:f}万元",
    lambda a: f"({abs(a)})" if a < 0 else f"+{a}", lambda a: str(a).replace("-", "−"),
    lambda a: f"{a.normalize():E}" if a else "0E-2",
    lambda a: f"{float(a):.12e}" if abs(a) >= 1 else str(a),  # padded below zero, a spreadsheet may have rounded
)  # fmt: skip
FEW = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(db: psycopg.Connection, kind: str, written: list[str]) -> list[Any]:
    query = sql.SQL(
        "select clean.{}(value) from unnest(%s::text[]) with ordinality as t (value, n) order by n"
    )
    return [value for (value,) in db.execute(query.format(sql.Identifier(kind)), [written]).fetchall()]


@FEW
@given(st.datetimes(datetime(1901, 1, 1), datetime(2199, 12, 31)), st.sampled_from(WRAPPINGS))
def test_instants_are_read_as_printed(
    db: psycopg.Connection, instant: datetime, wrap: Callable[[str], str]
) -> None:
    for print_time in TIMES:
        printed = [wrap(print_date(instant.date()) + print_time(instant)) for print_date in DATES]
        exact = (
            instant
            if "%f" in "".join(map(str, print_time.__code__.co_consts))
            else instant.replace(microsecond=0)
        )
        assert {moment.astimezone(SHANGHAI) for moment in read(db, "instant", printed)} == {
            exact.replace(tzinfo=SHANGHAI)
        }
        assert set(read(db, "date", printed)) == {instant.date()}


@FEW
@given(
    st.datetimes(datetime(1992, 1, 1), datetime(2199, 12, 30)),
    st.integers(-12 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters))),
)
def test_an_offset_is_converted_never_cut(db: psycopg.Connection, local: datetime, zone: timezone) -> None:
    instant = local.replace(tzinfo=zone, microsecond=0)
    printed = [
        instant.isoformat(),
        f"{instant:%Y/%m/%d %H:%M:%S %z}",
        f"{instant.astimezone(UTC):%Y%m%dT%H%M%SZ}",
    ]
    assert set(read(db, "instant", printed)) == {instant}
    assert set(read(db, "date", printed)) == {instant.astimezone(SHANGHAI).date()}


@FEW
@given(st.decimals(-99_999_999, 99_999_999, places=2), st.sampled_from(WRAPPINGS))
def test_amounts_are_read_as_printed(
    db: psycopg.Connection, amount: Decimal, wrap: Callable[[str], str]
) -> None:
    assert set(read(db, "yuan", [wrap(print_amount(amount)) for print_amount in AMOUNTS])) == {amount}


@FEW
@given(st.text("0123456789", min_size=12, max_size=15))
def test_what_a_spreadsheet_shows_of_a_long_number_is_never_one(db: psycopg.Connection, digits: str) -> None:
    number = int("6" + digits + "123")
    shown = [f"{number:.5E}", f"{number:.5e}", f"{number:.14E}", f"{float(number)!r}", f"{number:.0E}"]
    for kind in ("account", "division", "identifier", "id_number"):
        assert read(db, kind, [form for form in shown if "e" in form.lower()]).count(None) >= 4


# -- characters -------------------------------------------------------------------------------


def test_nobody_sees_a_format_character_or_selector(db: psycopg.Connection) -> None:
    """All of Cf and Cc, variation selectors and every blank, as Python's own tables have them."""
    unseen = [
        chr(code)
        for code in range(1, sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in ("Cf", "Cc", "Zs", "Zl", "Zp")
        or unicodedata.name(chr(code), "").startswith(("VARIATION SELECTOR", "MONGOLIAN FREE VARIATION"))
    ]
    assert len(unseen) > 400
    for kind in ("compact", "id_number", "account", "person_name"):
        value = {"id_number": "420203196712210619", "account": "6222000011112222333"}.get(kind, "王样")
        spelt = [f"{character}{value[:1]}{character}{value[1:]}{character}" for character in unseen]
        assert set(read(db, kind, spelt)) == {value}


def test_only_digits_are_digits(db: psycopg.Connection) -> None:
    """Superscripts, circled numbers and fractions become digits in Unicode's compatibility form: 10² is not 102."""
    drawn = [
        chr(code)
        for code in range(0x80, sys.maxunicode + 1)
        if any("0" <= digit <= "9" for digit in unicodedata.normalize("NFKC", chr(code)))
        and unicodedata.category(chr(code)) != "Nd"
    ]
    assert len(drawn) > 150
    for kind in ("yuan", "account", "division", "share"):
        assert set(read(db, kind, [f"1{character}" for character in drawn])) == {None}


def test_private_use_characters_are_those_of_the_standard(db: psycopg.Connection) -> None:
    """The two-byte codes of GB 18030 whose characters had no place in Unicode: Python knows most by now."""
    codes = [*range(0xFE50, 0xFE7F), *range(0xFE80, 0xFEA1)]
    private = [chr(0xE815 + n) for n in range(len(codes))]
    standard = read(db, "standard_characters", private)
    for code, mine, character in zip(codes, standard, private, strict=True):
        decoded = code.to_bytes(2, "big").decode("gb18030")
        assert mine == decoded or decoded == character != mine
    # Those a decoder of 2005 still leaves in private use (GB 18030-2022, annex D, and 2005 for the first).
    late = {
        "\ue816": "\U00020087", "\ue817": "\U00020089", "\ue818": "\U000200cc", "\ue831": "\U000215d7",
        "\ue83b": "\U0002298f", "\ue855": "\U000241fe", "\ue81e": "\u9fb4", "\ue826": "\u9fb5", "\ue82b": "\u9fb6",
        "\ue82c": "\u9fb7", "\ue832": "\u9fb8", "\ue843": "\u9fb9", "\ue854": "\u9fba", "\ue864": "\u9fbb",
        "\ue78d": "\ufe10", "\ue78e": "\ufe12", "\ue78f": "\ufe11", "\ue790": "\ufe13", "\ue791": "\ufe14",
        "\ue792": "\ufe15", "\ue793": "\ufe16", "\ue794": "\ufe17", "\ue795": "\ufe18", "\ue796": "\ufe19",
        "\ue7c7": "\u1e3f", "\ue7c8": "\u01f9",
    }  # fmt: skip
    assert read(db, "standard_characters", list(late)) == list(late.values())
    assert not any(0xE000 <= ord(character) <= 0xF8FF for character in standard)


@FEW
@given(st.lists(st.text(max_size=24), max_size=50))
def test_no_text_is_too_strange(db: psycopg.Connection, values: list[str]) -> None:
    storable = [value for value in values if "\0" not in value]
    for kind in {kind for kind, _, _ in spellings()}:
        assert len(read(db, kind, storable)) == len(storable)
