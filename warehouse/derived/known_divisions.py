"""The SQL function that knows every code of a division, derived from the seeds of divisions.

Landing asks it before the first build, when no seed is loaded and no mart made.
"""

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from warehouse.seeds import seed

TARGET = Path(__file__).parents[1] / "code" / "clean" / "known_division.sql"

TEMPLATE = """\
-- Derived by `minzheng sync` from the seeds of divisions; do not edit.

-- Every code of a division at county level and above, in force or former, and what follows a former one (several
-- codes with blanks between; null where that is not certain). A city's codes stand in a line. 行政区划代码表
create or replace function clean.known_division()
returns table (code text, is_former boolean, successor_codes text)
language sql immutable parallel safe as $$
select in_force.code, false, null
from string_to_table(replace('{in_force}', e'\\n', ' '), ' ') as in_force (code)
union all
select left(former.code, 6), true, nullif(replace(substr(former.code, 8), '+', ' '), '')
from string_to_table(replace('{former}', e'\\n', ' '), ' ') as former (code)
$$;
comment on function clean.known_division() is '县级以上行政区划代码：现行与曾用，及曾用代码的接续代码';
"""


def known_division_sql() -> str:
    """The text of ``clean/known_division.sql``."""
    rows = [
        row
        for name in ("gb2260_division", "own_division")
        for row in seed(f"divisions/{name}")
        if len(row["code"]) == 6
    ]
    in_force = {row["code"] for row in rows if not row["valid_to"]}
    followed = {
        row["code"]: row["successor_codes"].replace(" ", "+")
        for row in sorted(rows, key=lambda row: row["valid_from"])
        if row["code"] not in in_force
    }
    return TEMPLATE.format(
        in_force=_lines(in_force), former=_lines(f"{code}>{codes}" for code, codes in followed.items())
    )


def _lines(words: Iterable[str]) -> str:
    return "\n".join(" ".join(city) for _, city in groupby(sorted(words), key=lambda word: word[:4]))
