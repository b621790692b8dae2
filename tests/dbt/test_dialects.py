"""What engines read differently without an error is not written. Needs no database.

Why each is here: docs/province.md.
"""

import re
from pathlib import Path

import pytest

from warehouse.pipeline.dbt import PROJECT

MODELS = sorted((PROJECT / "models").rglob("*.sql"))
# The first rows of keys, by the macro, are a star of the relation it names; other expressions are one word.
FIRST_ROWS = re.compile(r"\{\{\s*distinct_on\(\s*\[[^{}]*?\],\s*'\*'\s*,\s*'(\w+)'.*?\s\}\}", re.DOTALL)
NOT_SQL = (
    (r"\{#.*?#\}", ""),
    (r"--[^\n]*", ""),
    (r"\{%.*?%\}", ""),
    (r"\{\{.*?\s\}\}", "made"),
    (r"'[^']*'", "''"),
)
# What Spark does not read, or reads as something else; macros of `dialect` say it for each engine.
ONE_ENGINE = re.compile(
    r"\b(?:generate_series|unnest|string_agg|array_agg|range_agg|daterange|datemultirange|to_char|age|starts_with"
    r"|jsonb_\w+|json_build_\w+|regexp_matches|format|array)\s*\(|!~|~\*?\s*'\^|\barray\[|\bdistinct\s+on\b"
    r"|\bsubstring\([^()]*\bfrom\b|->>?|::regclass|::uuid|\bat\s+time\s+zone\b|\bctid\b"
)
STAR = re.compile(r"(?<![\w.)])(?:\w+\.)?\*(?=\s*(?:,|from\b))")


def shuffled_unions(sql: str) -> list[str]:
    """Branches of unions with a star whose columns come through a join by USING, there or in a CTE before:
    PostgreSQL keeps their order, Spark puts the key first, and a union goes by places."""
    sql = FIRST_ROWS.sub(r"select * from \1", sql)
    for pattern, word in NOT_SQL:
        sql = re.sub(pattern, word, sql, flags=re.DOTALL)
    shuffled: set[str] = set()
    found: list[str] = []
    for name, query in _queries(sql):
        branches = re.split(r"\bunion\b(?:\s+all\b)?", query)
        touched = [branch for branch in branches if STAR.search(branch) and _is_shuffled(branch, shuffled)]
        if len(branches) > 1:
            found += [" ".join(branch[branch.rindex("select") :].split()) for branch in touched]
        if touched:
            shuffled.add(name)
    return found


def one_engine_alone(sql: str) -> list[str]:
    """Words of PostgreSQL alone, also within what is handed to a macro; comments are none."""
    for comment in (r"\{#.*?#\}", r"--[^\n]*"):
        sql = re.sub(comment, "", sql, flags=re.DOTALL)
    return ONE_ENGINE.findall(sql)


def _is_shuffled(branch: str, shuffled: set[str]) -> bool:
    return bool(re.search(r"\busing\b", branch)) or any(
        re.search(rf"\b{name}\b", branch) for name in shuffled
    )


def _queries(sql: str, name: str = "") -> list[tuple[str, str]]:
    """Each query without what stands in brackets, after those within it; with its name, where it is a CTE."""
    inner: list[tuple[str, str]] = []
    depth, begun, flat = 0, 0, ""
    for place, character in enumerate(sql):
        if character == "(":
            begun = place + 1 if depth == 0 else begun
            depth += 1
        elif character == ")":
            depth -= 1
            if depth == 0:
                named = re.search(r"(\w+) as (?:materialized )?$", flat)
                inner += _queries(sql[begun:place], named[1] if named else "")
        elif depth == 0:
            flat += character
    return [*inner, (name, flat)]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.stem)
def test_no_union_takes_columns_in_the_order_of_a_join(model: Path) -> None:
    assert shuffled_unions(model.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.stem)
def test_what_one_engine_alone_reads_is_not_written(model: Path) -> None:
    assert one_engine_alone(model.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "sql",
    [
        "select * from generate_series(1, 2)",
        "select a !~ '^0'",
        "select a ~ '^0'",
        "select distinct on (a) a, b",
        "select a ->> 'key'",
        "select substring(a from '[0-9]')",
        "select array[1, 2]",
        "{{ first('string_agg(a, b)') }}",
    ],
)
def test_such_words_are_found(sql: str) -> None:
    assert len(one_engine_alone(sql)) == 1


def test_words_of_both_engines_are_none() -> None:
    assert one_engine_alone("select a -- unnest(c)\nfrom {{ items_of('a ~ b') }} {# array_agg(b) #}") == []


def test_such_a_union_is_found() -> None:
    joined = "with one as (select told.* from told inner join other using (a)), two as (select * from one) "
    assert shuffled_unions(joined + "select * from two union all select a, b from told") == [
        "select * from two"
    ]
    assert shuffled_unions("select told.* from told inner join other using (a) union select 1, 2") != []
    first = "with one as (select a.* from a inner join b using (c)), two as ({{ distinct_on(['c'], '*', 'one', []) }})"
    assert shuffled_unions(first + " select c, d from a union all select two.* from two") == [
        "select two.* from two"
    ]
    assert (
        shuffled_unions("with one as (select a, b from told) select * from one union all select 1, 2") == []
    )
    assert (
        shuffled_unions("select count(*), a * b from one inner join two using (c) union all select 1, 2")
        == []
    )
