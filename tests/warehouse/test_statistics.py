"""No cell of few people can be worked out from the statistics: every hidden one can have several values.

What a reader knows is solved for the largest and the smallest value of each: totals of lines and columns, that no
number is negative, and that a total stands where somebody draws a benefit.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import psycopg
import pytest
from scipy.optimize import linprog

from warehouse.casework.statistics import FORMS, HIDDEN, Form, Sheet, latest, write_form
from warehouse.database.connection import Warehouse
from warehouse.database.errors import UsageError

BANDS = ("0-17", "18-59", "60-79", "80-89", "90+", "unknown")
SEXES = ("1", "2", "unknown")
ALL = ("all", "all")

Cell = tuple[str, tuple[str, str]]  # place, and age band with sex
Table = dict[Cell, int | None]


def possible_values(shown: Mapping[Cell, int | None], city: str) -> dict[Cell, tuple[float, float]] | None:
    """The smallest and largest number each cell that is not told can have; null where the numbers do not add up
    (somebody draws in two districts and counts once in the city)."""
    places = {place for place, _ in shown}
    cells = [*product(places, [*product(BANDS, SEXES), ALL])]
    unknown = [cell for cell in cells if shown.get(cell) is None]
    column = {cell: number for number, cell in enumerate(unknown)}
    lines = [
        *([(cell, -1 if cell[1] == ALL else 1) for cell in cells if cell[0] == place] for place in places),
        *(
            [(cell, -1 if cell[0] == city else 1) for cell in cells if cell[1] == kind]
            for kind in {k for _, k in cells}
        ),
    ]
    matrix, sums = np.zeros((len(lines), len(unknown))), np.zeros(len(lines))
    for row, line in enumerate(lines):
        for cell, sign in line:
            if cell in column:
                matrix[row, column[cell]] = sign
            else:
                sums[row] -= sign * (shown[cell] or 0)
    bounds = [(1 if kind == ALL else 0, None) for _, kind in unknown]
    values = {}
    for cell, number in column.items():
        wanted = np.zeros(len(unknown))
        wanted[number] = 1
        least, most = (linprog(sign * wanted, A_eq=matrix, b_eq=sums, bounds=bounds) for sign in (1, -1))
        if least.status == 2:
            return None
        values[cell] = (least.fun, -most.fun if most.status == 0 else float("inf"))
    return values


def test_the_test_sees_what_is_given_away() -> None:
    shown: Table = {
        ("A", ("0-17", "1")): 6, ("A", ALL): 9, ("C", ("0-17", "1")): 6, ("C", ALL): 9,
        **{(place, kind): 0 for place in "AC" for kind in product(BANDS, SEXES) if kind[0] not in ("0-17", "90+")},
        **{(place, (band, sex)): 0 for place in "AC" for band in ("0-17", "90+") for sex in ("2", "unknown")},
    }  # fmt: skip
    values = possible_values(shown, "C")
    assert values is not None
    assert values["A", ("90+", "1")] == (3, 3)


@pytest.mark.builds
def test_no_cell_of_few_people_can_be_worked_out(published_town: Warehouse) -> None:
    with published_town.connect() as connection:
        shown, counted = told(connection), true_counts(connection)
    judged = 0
    for key, table in shown.items():
        city = min(place for place, _ in table if place.endswith("00"))
        values = possible_values(table, city)
        for cell, (least, most) in (values or {}).items():
            if 0 < counted[key][cell] < 5:
                judged += 1
                assert least < most, (key, cell)
    assert judged > 30
    with published_town.connect() as connection:
        found = connection.execute(CASES_OF_CELLS).fetchall()
    assert {is_hidden for is_hidden, _ in found} == {True, False}
    assert min(cases for _, cases in found) >= 5, "what a household is paid"


# Of how many cases each cell is that a line with a total tells, and all together that it hides.
CASES_OF_CELLS = """
select told.recipient_count is null as is_hidden, count(distinct paid.case_no)
from marts.benefit_month_person as paid
left join marts.resident as person using (resident_id)
inner join marts.statistics_benefit_month as total
    on
        total.age_band = 'all' and not total.is_suppressed
        and (total.benefit_month, total.benefit_code, total.division_code)
        = (paid.benefit_month, paid.benefit_code, paid.division_code)
left join marts.statistics_benefit_month as told
    on
        (told.benefit_month, told.benefit_code, told.division_code)
        = (paid.benefit_month, paid.benefit_code, paid.division_code)
        and told.age_band = clean.age_band(clean.age_years(person.born_on, paid.benefit_month))
        and told.sex_code = case when person.sex_code in ('1', '2') then person.sex_code else 'unknown' end
group by
    paid.benefit_month, paid.benefit_code, paid.division_code, told.recipient_count is null,
    told.age_band, told.sex_code
"""


@pytest.mark.builds
def test_tables_of_places_and_quarters_add_up_and_give_no_cell_away(
    published_town: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with published_town.connect() as connection, reader(published_town) as analyst:
        assert_no_place_is_given_away(connection)
        assert_quarters_say_what_is_quoted(connection, analyst)
        assert_quarters_add_no_few(connection)
        assert_a_table_is_as_it_is_read(analyst, tmp_path)
        assert_a_workbook_is_of_one_generation(published_town, analyst, tmp_path, monkeypatch)
        with pytest.raises(UsageError, match="1999-01"):
            write_form(analyst, "quarterly", date(1999, 1, 1), tmp_path / "none.xlsx")
        # Who landed was an administrator: who loads reads it all the same.
        assert connection.execute("""
            select count(*), count(*) filter (
                where not has_table_privilege('loader', oid, 'select')
                or not has_table_privilege('loader', oid, 'insert')
                or not has_table_privilege('loader', oid, 'delete')
            )
            from pg_class where relnamespace = 'raw'::regnamespace and relkind = 'r' and relowner <> 'loader'::regrole
        """).fetchone() == (14, 0)


@contextmanager
def reader(database: Warehouse) -> Iterator[psycopg.Connection]:
    """As an analyst who sees all divisions."""
    name = f"reader_{database.parameters['dbname']}"
    with database.connect() as admin:
        admin.execute(f"create role {name} in role analyst".encode())
        admin.execute("insert into ops.division_scope values (%s, '*')", [name])
        admin.commit()
        admin.execute(f"set session authorization {name}".encode())
        yield admin
        admin.rollback()
        admin.execute(f"reset session authorization; drop role {name}".encode())


def assert_no_place_is_given_away(connection: psycopg.Connection) -> None:
    """What a line hides are two places at least, of as many people as the limit; where its total is hidden there are
    such places too. What is shown is what is counted, and adds up to the total with what is hidden."""
    shown = {
        tuple(key): count
        for *key, count in connection.execute(
            "select benefit_month, benefit_code, division_code, street_code, village_code, recipient_count"
            " from marts.statistics_benefit_place"
        )
    }
    counted: Counter[tuple] = Counter()
    for month, benefit, division, street, village, count in connection.execute(PEOPLE_BY_PLACE):
        counted[month, benefit, division, street, village] += count
        counted[month, benefit, division, street, "all"] += count
        counted[month, benefit, division, "all", "all"] += count
    lines: dict[tuple, dict[tuple, int]] = defaultdict(dict)
    for key, count in counted.items():
        *_, street, village = key
        if village not in ("all", None):
            lines[(*key[:4], "all")][key] = count
        elif village == "all" and street != "all":
            lines[(*key[:3], "all", "all")][key] = count
    judged = 0
    for total, cells in lines.items():
        if total[2] is None or shown.get((*total[:3], "all", "all"), 0) == 0:
            continue
        hidden = {key: count for key, count in cells.items() if key not in shown}
        assert all(shown[key] == count >= 5 for key, count in cells.items() if key not in hidden)
        if total in shown and shown[total] is not None:
            assert shown[total] == sum(cells.values())
            assert (
                not hidden or len(hidden) == len(cells) or (len(hidden) > 1 and sum(hidden.values()) >= 5)
            ), total
        else:
            assert hidden, total
        judged += bool(hidden)
    assert judged > 30
    cities = {key[2] for key in shown if key[2].endswith("00")}
    assert {key[:2] for key in shown} == {key[:2] for key in shown if key[2] in cities}, (
        "the city's row is there"
    )


PEOPLE_BY_PLACE = """
select
    paid.benefit_month, paid.benefit_code, paid.division_code,
    case when person.division_code = paid.division_code then coalesce(person.street_code, 'other') else 'other' end,
    case
        when person.division_code = paid.division_code and person.street_code is not null
            then coalesce(person.village_code, 'other')
    end,
    count(distinct coalesce(paid.resident_id::text, paid.case_no))
from marts.benefit_month_person as paid
left join marts.resident as person using (resident_id)
group by 1, 2, 3, 4, 5
"""
# What is quoted, of districts: by month of the year so far, and of the quarter's last month.
YEAR = """
select division_code, metric, split_part(detail, '-', 1), split_part(detail, '-', 2),
    sum(value) filter (where month = %(month)s), sum(value)
from figures
where month between date_trunc('year', %(month)s::date) and %(month)s
group by 1, 2, 3, 4
"""
QUOTED = f"""
with figures as (
    select * from analytics.metric where metric in ('aid_people', 'temporary_aid_times', 'temporary_aid_spending')
)
{YEAR}
"""
# Households and money are told where they are paid, and somebody is known for whom.
OF_CASES = f"""
with figures as (
    select
        paid.division_code, figure.metric, paid.benefit_month as month, figure.value,
        paid.benefit_code || '-' || coalesce(household.urban_rural, 'unknown') as detail
    from marts.benefit_month as paid
    left join marts.aid_household as household using (aid_household_no)
    cross join lateral (values ('aid_households', 1), ('aid_spending', paid.paid_yuan)) as figure (metric, value)
    where
        paid.benefit_code in ('DB', 'TK') and paid.is_paid
        and exists (
            select from marts.benefit_month_person as known
            where (known.case_no, known.benefit_code, known.benefit_month)
                = (paid.case_no, paid.benefit_code, paid.benefit_month)
        )
)
{YEAR}
"""


def assert_quarters_say_what_is_quoted(connection: psycopg.Connection, analyst: psycopg.Connection) -> None:
    month = latest(analyst, "quarterly")
    quoted: dict[tuple[str, str, str, str], tuple[Decimal, Decimal]] = {
        (division, metric, benefit, settlement): (last, year)
        for asked, query in ((analyst, QUOTED), (connection, OF_CASES))
        for division, metric, benefit, settlement, last, year in asked.execute(query, {"month": month})
    }
    compared = 0
    for division, benefit, settlement, people, households, times, paid in connection.execute(
        "select division_code, benefit_code, settlement, person_count, household_count, time_count, paid_yuan"
        " from marts.statistics_assistance_quarter where benefit_month = %s and not is_suppressed", [month]
    ):  # fmt: skip
        if benefit == "LS":
            of = {(d, m): year for (d, m, _, _), (_, year) in quoted.items()}
            districts = [d for d, m in of if m == "temporary_aid_times" and within(d, division)]
            assert (times, paid) == tuple(
                sum(of[district, f"temporary_aid_{figure}"] for district in districts)
                for figure in ("times", "spending")
            )
            compared += 1
            continue
        found = {
            figure: sum(
                (quoted[key][0] or 0) if figure != "aid_spending" else quoted[key][1]
                for key in quoted
                if key[1] == figure
                and key[2] == benefit
                and settlement in ("all", key[3])
                and within(key[0], division)
            )
            for figure in ("aid_people", "aid_households", "aid_spending")
        }
        assert found == {"aid_people": people, "aid_households": households, "aid_spending": paid}, (
            division, benefit, settlement,
        )  # fmt: skip
        compared += 1
    assert compared > 10


# Told quarters of a district in pairs of one year (the earlier none: the year's beginning), with whom the money of
# their difference was paid to.
ADDED = """
with told as (
    select * from marts.statistics_assistance_quarter
    where not is_suppressed and division_code not like '%00' and benefit_code <> 'LS'
)

select count(distinct coalesce(paid.resident_id::text, paid.case_no)), count(distinct paid.case_no)
from told as later
cross join lateral (
    select date_trunc('year', later.benefit_month) - interval '1 month' as benefit_month
    union
    select earlier.benefit_month from told as earlier
    where
        (earlier.division_code, earlier.benefit_code, earlier.settlement)
        = (later.division_code, later.benefit_code, later.settlement)
        and earlier.benefit_month < later.benefit_month
        and date_trunc('year', earlier.benefit_month) = date_trunc('year', later.benefit_month)
) as earlier
inner join marts.benefit_month_person as paid
    on
        paid.division_code = later.division_code and paid.benefit_code = later.benefit_code
        and paid.benefit_month > earlier.benefit_month and paid.benefit_month <= later.benefit_month
left join marts.aid_household as household using (aid_household_no)
where later.settlement in ('all', coalesce(household.urban_rural, 'unknown'))
group by later.division_code, later.benefit_code, later.settlement, later.benefit_month, earlier.benefit_month
"""


def assert_quarters_add_no_few(connection: psycopg.Connection) -> None:
    added = connection.execute(ADDED).fetchall()
    assert len(added) > 15
    assert min(min(counts) for counts in added) >= 5


def within(district: str, division: str) -> bool:
    return district == division or (division.endswith("00") and district.startswith(division[:4]))


def assert_a_table_is_as_it_is_read(connection: psycopg.Connection, folder: Path) -> None:
    """Sums add up in the workbook, and a cell that is hidden has no figure there."""
    month = latest(connection, "quarterly")
    write_form(connection, "quarterly", month, folder / "quarter.xlsx", "某市民政局")
    title, head, *lines = sheet(folder / "quarter.xlsx", "社会救助季报")
    assert title[0] == f"某市民政局 民政事业统计季报表（社会救助） {month:%Y 年 %m 月}"
    assert head[:2] == ("指标名称", "计量单位")
    told = {(line[0].strip(), line[1]): line[2:] for line in lines if line[1]}
    for whole, parts in (
        ("（1）最低生活保障", ("A 城市低保累计支出", "B 农村低保累计支出")),
        ("1.最低生活保障人数", ("（1）城市低保人数", "（2）农村低保人数")),
        ("最低生活保障户数", ("（1）城市低保户数", "（2）农村低保户数")),
    ):
        (unit,) = {unit for name, unit in told if name == whole}
        city, *districts = told[whole, unit]
        assert city == pytest.approx(sum(told[part, unit][0] for part in parts))
        if HIDDEN not in districts:
            assert city == pytest.approx(sum(districts))
    write_form(connection, "monthly", month, folder / "month.xlsx")
    of_view = connection.execute(
        "select count(*), count(*) filter (where is_suppressed) from analytics.statistics_benefit_month"
        " where benefit_month = %s", [month],
    ).fetchone()  # fmt: skip
    _, _, *counts = sheet(folder / "month.xlsx", "领取人数")
    cells = [cell for line in counts for cell in line[2:]]
    assert of_view == (sum(isinstance(cell, int) or cell == HIDDEN for cell in cells), cells.count(HIDDEN))
    assert len(list(sheet(folder / "month.xlsx", "街道与村"))) > 30
    *_, (release,) = sheet(folder / "month.xlsx", "说明")
    assert release == "数据：第 1 世代，业务日期 2025-06-26。"


def assert_a_workbook_is_of_one_generation(
    database: Warehouse, reader: psycopg.Connection, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read of a generation before another was published is read again."""
    seen: list[Any] = []

    def sheets(connection: psycopg.Connection, month: date) -> list[Sheet]:
        seen.extend(
            connection.execute("select generation from analytics.generation where is_served").fetchone() or ()
        )
        if len(seen) == 1:
            with database.connect() as publisher:
                publisher.execute("""
                    insert into ops.generation
                    select (jsonb_populate_record(known, '{"generation": 2}')).* from ops.generation as known
                    where generation = 1
                """)
                publisher.execute("update pub.current_generation set generation = 2")
        return [Sheet("读到", ("世代",), [(seen[-1],)], ())]

    monkeypatch.setitem(FORMS, "moved", Form("", "statistics_benefit_month", sheets, ()))
    write_form(reader, "moved", latest(reader, "monthly"), folder / "moved.xlsx")
    assert seen == [1, 2]
    *_, (read,) = sheet(folder / "moved.xlsx", "读到")
    *_, (release,) = sheet(folder / "moved.xlsx", "说明")
    assert (read, release) == (2, "数据：第 2 世代，业务日期 2025-06-26。")


def sheet(path: Path, title: str) -> Iterator[tuple[Any, ...]]:
    return openpyxl.load_workbook(path)[title].iter_rows(values_only=True)


def told(connection: psycopg.Connection) -> dict[tuple, Table]:
    """What the statistics list of a month, by month and benefit."""
    tables: dict[tuple, Table] = defaultdict(dict)
    for month, benefit, place, band, sex, count in connection.execute(
        "select benefit_month, benefit_code, division_code, age_band, sex_code, recipient_count"
        " from marts.statistics_benefit_month where extract(month from benefit_month) = 5"
    ):
        tables[month, benefit][place, (band, sex)] = count
    return tables


def true_counts(connection: psycopg.Connection) -> dict[tuple, Counter[Cell]]:
    """How many people of a district each cell really has; the city's are told or as its districts' are."""
    counts: dict[tuple, Counter[Cell]] = defaultdict(Counter)
    for month, benefit, place, band, sex, count in connection.execute(
        "select benefit_month, benefit_code, division_code, age_band, coalesce(sex_code, 'unknown'),"
        " count(distinct person_key) from analytics.benefit_person_month group by 1, 2, 3, 4, 5"
    ):
        for cell in ((place, (band, sex)), (place, ALL)):
            counts[month, benefit][cell] += count
    return counts
