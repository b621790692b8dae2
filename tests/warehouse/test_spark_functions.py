"""What stands in Python for Spark gives what PostgreSQL gives: the same questions to both. Needs no Spark."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warehouse.spark import clean, documents

NUMBERS = (
    "11010519491231002X", "110105194912310021", "110105491231002", "110105491231996", "11010519490231002X",
    "810000199408230021", "KAZ110199010131", "USA110000293104", "111111111111111111", "123456789012345678",
    "4.20222194002048E+17", "4.2E+17", "42022219400204800.0", "420222194002048000", "110105194912310020.0",
    "6222000011112222000.0", "00000", "1", "10%", "4.20222E+17", "=\"11010519491231002X\"", "'110105194912310021",
    "１１０１０５１９４９１２３１００２Ｘ", "110105 19491231 002x", "11010519491231002X01", "无", "不详", "NULL",
    "#N/A", r"\N",
)  # fmt: skip
NAMES = (
    "王淑華",
    "买买提·吐尔逊",
    "买买提．吐尔逊",
    "张*",
    "张?",
    "O'Neil",
    "ß",
    "　李 四　",
    "無名氏",
    "龍飛",
    "\ue863",
    "",
    " ",
)
# Pieces of what senders write, and what their programs and spreadsheets make of it.
PIECES = (
    *NUMBERS, *NAMES, "“", "”", "'", "\"", "`", "=", "= ", "\u200b", "\ufeff", "\u00a0", "\u3000", "\t", "\r\n",
    "\u2028",
    "\u1680", "\u180e", "\ufe0f", "\x85", "\x1c", "\x7f", "²", "③", "½", "Ａ", "ｘ", "x", "X", "·", "•", "…", "—", "-",
    "/",
    ".", "0", "9", "E+", "*", "□", "\ufffd", "\U00020087", "ﬁ", "İ", "é", "e\u0301", "丶",
)  # fmt: skip
TEXTS = st.one_of(
    st.none(),
    st.sampled_from(PIECES),
    st.lists(st.sampled_from(PIECES), max_size=4).map("".join),
    st.text(
        st.characters(min_codepoint=1, max_codepoint=0x3134F, exclude_categories=("Cs", "Cn")), max_size=8
    ),
    st.from_regex(r"[1-9][0-9]{5}(18|19|20)[0-9]{2}(0[0-9]|1[0-3])[0-3][0-9]{4}[0-9X]", fullmatch=True),
    st.from_regex(r"[1-9][0-9]{14}(000)?", fullmatch=True),
)
DAYS = st.one_of(
    st.none(),
    st.dates(date(1880, 1, 1), date(2060, 1, 1)),
    st.sampled_from([date(2004, 2, 29), date(2023, 2, 28)]),
)
OF_TEXT: dict[str, Callable[..., Any]] = {
    "id_number": clean.id_number,
    "id_number_note": clean.id_number_note,
    "surviving_digits": clean.surviving_digits,
    "stated_number": clean.stated_number,
    "person_name": clean.person_name,
    "identifier": clean.identifier,
    "compact": clean.compact,
    "mask_id_number": clean.mask_id_number,
    "mask_id_numbers_in": clean.mask_id_numbers_in,
}
SAID = 250  # values asked in one example
FUZZ = settings(
    max_examples=4, deadline=None, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


def test_what_a_text_gives(connection: psycopg.Connection) -> None:
    """Every function of a text, of the same texts; sex and birthday are asked of valid numbers alone."""
    asked = ", ".join(f"clean.{function}(value)" for function in OF_TEXT)
    statement = f"""
        select {asked}, clean.number_or_name(value, other), clean.number_or_name(other, value),
            clean.sex_code(clean.id_number(value)), clean.born_on(clean.id_number(value))
        from unnest(%s::text[], %s::text[]) as told (value, other)
    """

    @FUZZ
    @given(st.lists(TEXTS, min_size=SAID, max_size=SAID))
    def same(values: list[str | None]) -> None:
        values += PIECES
        others = values[::-1]
        told = connection.execute(statement, [values, others])  # type: ignore[arg-type]
        for value, other, answers in zip(values, others, told, strict=True):
            number = clean.id_number(value)
            ours = [function(value) for function in OF_TEXT.values()]
            ours += [clean.number_or_name(value, other), clean.number_or_name(other, value)]
            ours += [clean.sex_code(number), clean.born_on(number)]
            assert ours == list(answers), ascii([value, other])

    same()


def test_ages(connection: psycopg.Connection) -> None:
    statement = """
        select clean.age_years(a, b), clean.age_band(clean.age_years(a, b))
        from unnest(%s::date[], %s::date[]) as told (a, b)
    """

    @FUZZ
    @given(st.lists(st.tuples(DAYS, DAYS), min_size=SAID, max_size=SAID))
    def same(pairs: list[tuple[date | None, date | None]]) -> None:
        told = connection.execute(statement, [list(days) for days in zip(*pairs, strict=True)])
        for pair, answers in zip(pairs, told, strict=True):
            years = clean.age_years(*pair)
            assert (years, clean.age_band(years)) == answers, pair

    same()


def test_jsonb(connection: psycopg.Connection) -> None:
    """Its text, without nulls, one flat list, and a key taken out."""
    words = st.sampled_from(["feed", "a", "bb", "delivery_id", "张", '"', "\\", "x y", ""])
    # No two are equal and written otherwise: which of them stays is the server's sorting.
    numbers = st.one_of(
        st.integers(-3, 30), st.sampled_from(["340.00", "0.10", "-1.5", "12345678901.250000"])
    )
    leaves = st.one_of(st.none(), st.booleans(), words.map(json.dumps), numbers).map(
        lambda leaf: {None: "null", True: "true", False: "false"}.get(leaf, str(leaf)) if not isinstance(leaf, int)
        or isinstance(leaf, bool) else str(leaf)
    )  # fmt: skip
    objects = st.dictionaries(words, leaves, max_size=3).map(
        lambda pairs: "{" + ",".join(f"{json.dumps(key)}:{value}" for key, value in pairs.items()) + "}"
    )
    lists = st.recursive(
        st.one_of(leaves, objects),
        lambda items: st.lists(items, max_size=4).map(lambda held: f"[{','.join(held)}]"),
        max_leaves=8,
    )
    statement = """
        select value::text, jsonb_strip_nulls(value)::text,
            coalesce((
                select jsonb_agg(distinct item) from jsonb_path_query(value, '$[*][*][*] ? (@ != null)') as told (item)
            ), '[]')::text,
            case when jsonb_typeof(value) = 'object' then (value - 'feed')::text end, value ->> 'feed'
        from unnest(%s::jsonb[]) as told (value)
    """

    @FUZZ
    @given(st.lists(st.one_of(objects, lists), min_size=40, max_size=40))
    def same(texts: list[str]) -> None:
        for text, answers in zip(texts, connection.execute(statement, [texts]), strict=True):
            without = documents.without(text, "feed") if text.startswith("{") else None
            ours = (
                documents.canonical(text), documents.without_nulls(text), documents.flattened(text), without,
                documents.part_as_text(text, "feed"),
            )  # fmt: skip
            assert ours == answers, text

    same()


def test_what_is_left_of_a_period(connection: psycopg.Connection) -> None:
    days = st.one_of(st.none(), st.dates(date(2020, 1, 1), date(2020, 1, 12)))
    spans = st.tuples(days, days).filter(lambda span: None in span or span[0] <= span[1])  # type: ignore[operator]

    @FUZZ
    @given(st.lists(st.tuples(spans, st.lists(spans, max_size=4)), min_size=25, max_size=25))
    def same(cases: list[Any]) -> None:
        for whole, taken in cases:
            left = connection.execute(
                """
                select lower(piece), upper(piece)
                from unnest(daterange(%s, %s)::datemultirange - coalesce((
                    select range_agg(daterange(a, b)) from unnest(%s::date[], %s::date[]) as told (a, b)
                ), '{}')) as piece
                """,
                [*whole, [start for start, _ in taken], [end for _, end in taken]],
            ).fetchall()
            assert documents.spans_left(whole, taken) == left, (whole, taken)

    same()
