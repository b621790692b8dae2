"""Statistics as workbooks: the monthly table, and the figures of the ministry's quarterly table of social assistance.

Both are read from views in which cells of few people are hidden already, with what would give them away; a workbook
shows what its reader's divisions may see of them, and adds nothing up that is hidden.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, NamedTuple

import psycopg
import xlsxwriter
from psycopg import sql

from ingestion.office_files import own_file
from warehouse.database.errors import UsageError

A4 = 9  # as spreadsheets number sizes of paper
ALL = "all"
HIDDEN, ABSENT = "*", "—"
BANDS = ("0-17", "18-59", "60-79", "80-89", "90+", "unknown")
SEXES = {"1": "男", "2": "女", "unknown": "未知"}
WAN = Decimal(10_000)
PLACES = ("待遇", "区划", "街道（乡镇）", "村（社区）", "人数", "金额（元）")
Cell = str | int | Decimal | date | None

MONTHS = "select distinct benefit_month from analytics.{} order by 1 desc"
BY_AGE = """
select
    division_code, coalesce(division_zh, division_code), benefit_code, coalesce(benefit_zh, benefit_code), age_band,
    sex_code, recipient_count, paid_yuan
from analytics.statistics_benefit_month
where benefit_month = %s
"""
BY_PLACE = """
select
    coalesce(division_zh, division_code), coalesce(benefit_zh, benefit_code),
    nullif(street_code, 'all'), coalesce(street_zh, street_code), nullif(village_code, 'all'),
    coalesce(village_zh, village_code), recipient_count, paid_yuan
from analytics.statistics_benefit_place
where benefit_month = %s
order by
    benefit_code, division_code, street_code <> 'all', street_code = 'other', street_code, village_code <> 'all',
    village_code = 'other', village_code
"""
SERVED = "select generation, business_date from analytics.generation where is_served"
OF_QUARTER = """
select
    division_code, coalesce(division_zh, division_code), benefit_code, settlement, person_count, household_count,
    time_count, paid_yuan
from analytics.statistics_assistance_quarter
where benefit_month = %s
"""
NOTE = (
    f"{HIDDEN} 人数或户数很少，隐去；{ABSENT} 没有，或为防止推算而隐去，两者不作区分。"
    "合计是全部的合计，隐去的也在内，各行、各列可以相加。"
)
ABOUT_MONTH = (
    NOTE,
    "人数为该月有款项发成的业务所保障的人，金额为该月所属的已发金额，家庭待遇按人均分；市的合计中同一人只计一次。"
    "退回、追回不少于发放的月份，与不知保障何人的业务，人数与金额都不计。",
    "街道与村按领取人的户籍，户籍不在发放区划或不详的单列；市本级发放的只在市的合计中。",
)
ABOUT_QUARTER = (
    NOTE,
    "指标名称与次序依公开的民政事业统计季报表（2020 年 3 月）与月报表；其中社会救助的部分。"
    "部里现行表的指标代码、审核关系与逐级汇总以统计系统为准，本表供核对与填报参考。",
    "本系统的理解：人数、户数为季末月份有款项发成的；支出与人次为本年 1 月至季末月份累计，按款项所属的月份"
    "（临时救助按发放日期），扣除退回与追回，不含价格临时补贴、流浪乞讨人员救助和医疗救助；市为各区县之和。",
    "支出与户数同月报，只计有款项发成的月份与所知的保障对象；退回、追回超过发放的月份不作负数，因此可以多于财务账。",
    "户数很少的，或比以前某季增加的人、户很少的，一并隐去：两季相减也不能推算。",
    "城乡按救助家庭登记的城乡；没有登记的列为未注明，使分项与合计相符。",
)


class Line(NamedTuple):
    """A line of the quarterly table: its title and unit; benefit, settlement and column of the figure, none for a
    heading."""

    title: str
    unit: str = ""
    benefit: str = ""
    settlement: str = ""
    figure: str = ""


def _by_settlement(words: Mapping[str, str], unit: str, benefit: str, figure: str) -> tuple[Line, ...]:
    return tuple(Line(title, unit, benefit, settlement, figure) for settlement, title in words.items())


QUARTER = (
    Line("一、综合"),
    Line("（二）民政事业费累计支出"),
    Line("2.社会救助"),
    *_by_settlement(
        {ALL: "（1）最低生活保障", "urban": "  A 城市低保累计支出", "rural": "  B 农村低保累计支出",
         "unknown": "  未注明城乡"}, "万元", "DB", "paid",
    ),
    *_by_settlement(
        {ALL: "（2）特困人员救助供养支出", "urban": "  A 城市特困人员救助供养支出",
         "rural": "  B 农村特困人员救助供养支出", "unknown": "  未注明城乡"}, "万元", "TK", "paid",
    ),
    Line("（3）临时救助支出", "万元", "LS", ALL, "paid"),
    Line("二、社会工作"),
    Line("（二）社会救助"),
    Line("1.最低生活保障人数", "人", "DB", ALL, "people"),
    *_by_settlement(
        {"urban": "（1）城市低保人数", "rural": "（2）农村低保人数", "unknown": "  未注明城乡"}, "人", "DB", "people"
    ),
    Line("  最低生活保障户数", "户", "DB", ALL, "households"),
    *_by_settlement(
        {"urban": "（1）城市低保户数", "rural": "（2）农村低保户数", "unknown": "  未注明城乡"}, "户", "DB",
        "households",
    ),
    Line("2.特困人员救助供养人数", "人", "TK", ALL, "people"),
    *_by_settlement(
        {"urban": "  A 城市特困人员救助供养人数", "rural": "  B 农村特困人员救助供养人数",
         "unknown": "  未注明城乡"}, "人", "TK", "people",
    ),
    Line("3.临时救助", "人次", "LS", ALL, "times"),
)  # fmt: skip


@dataclass(frozen=True)
class Sheet:
    """head: the titles of its columns. widths: of the first columns, in characters; the others are of numbers.
    decimals: how a number that is not whole is shown."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    widths: Sequence[int]
    decimals: str = "#,##0.00"


@dataclass(frozen=True)
class Form:
    """A kind of table: the view that says of which months there is one, and what makes its sheets of a month."""

    title: str
    view: str
    sheets: Callable[[psycopg.Connection, date], list[Sheet]]
    about: Sequence[str]


def months(connection: psycopg.Connection, form: str) -> list[date]:
    """The months of which the login sees a table, the newest first; of a quarter its last."""
    view = sql.Identifier(FORMS[form].view)
    return [month for (month,) in connection.execute(sql.SQL(MONTHS).format(view)).fetchall()]


def latest(connection: psycopg.Connection, form: str) -> date:
    """Raises UsageError where there is none, or the login's divisions have none."""
    known = months(connection, form)
    if not known:
        raise UsageError(
            f"没有{FORMS[form].title}：尚未发布，或本登录的区划没有。 "
            "There is no such table: nothing is published, or the login's divisions have none."
        )
    return known[0]


def write_form(
    connection: psycopg.Connection, form: str, month: date, target: Path | IO[bytes], heading: str = ""
) -> None:
    """form: one of FORMS. heading: the office, before the title. Raises UsageError where the login sees no table of
    the month. All it shows is of one generation, which it names."""
    newest = latest(connection, form)
    if month not in (known := months(connection, form)):
        told = f"{known[-1]:%Y-%m} … {newest:%Y-%m}"
        raise UsageError(
            f"没有 {month:%Y-%m} 的{FORMS[form].title}；有的月份：{told}。 "
            f"There is no such table of {month:%Y-%m}; there are: {told}."
        )
    chosen = FORMS[form]
    if isinstance(target, Path):
        own_file(target)
    release, sheets = _of_one_generation(connection, chosen, month)
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(target, options | {"in_memory": True}) as workbook:
        for sheet in sheets:
            _write(workbook, sheet, f"{heading} {chosen.title} {month:%Y 年 %m 月}".strip())
        words = workbook.add_worksheet("说明")
        words.set_column(0, 0, 100, workbook.add_format({"text_wrap": True, "valign": "top"}))
        for number, sentence in enumerate([*chosen.about, release]):
            words.write_string(number, 0, sentence)


def _of_one_generation(connection: psycopg.Connection, form: Form, month: date) -> tuple[str, list[Sheet]]:
    """The generation in words, and the sheets: read again where one was published between their statements. The
    caller's transaction has begun, so its isolation can no longer be chosen here."""
    while True:
        served = connection.execute(SERVED).fetchone()
        sheets = form.sheets(connection, month)
        if served and served == connection.execute(SERVED).fetchone():
            return f"数据：第 {served[0]} 世代，业务日期 {served[1]}。", sheets


def _write(workbook: xlsxwriter.Workbook, sheet: Sheet, heading: str) -> None:
    page = workbook.add_worksheet(sheet.title)
    page.set_landscape()
    page.set_paper(A4)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0, 1)
    page.freeze_panes(2, len(sheet.widths))
    page.set_footer("&R第 &P 页，共 &N 页")
    bold = {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E9EEF3", "border": 1}
    plain = workbook.add_format({"border": 1})
    whole, decimal = (
        workbook.add_format({"border": 1, "num_format": shown, "align": "right"})
        for shown in ("#,##0", sheet.decimals)
    )
    page.set_column(0, len(sheet.head) - 1, 14)
    for place, width in enumerate(sheet.widths):
        page.set_column(place, place, width)
    page.write_string(0, 0, heading, workbook.add_format({"bold": True, "font_size": 14}))
    page.write_row(1, 0, sheet.head, workbook.add_format(bold))
    for row, cells in enumerate(sheet.rows, 2):
        for place, cell in enumerate(cells):
            if isinstance(cell, int | Decimal):
                page.write_number(row, place, cell, whole if isinstance(cell, int) else decimal)
            else:
                page.write_string(row, place, str(cell or ""), plain if place < len(sheet.widths) else whole)


def _of_month(connection: psycopg.Connection, month: date) -> list[Sheet]:
    lines: dict[tuple[str, str], tuple[str, str]] = {}
    counts: dict[tuple[str, str, str, str], int | None] = {}
    money: dict[tuple[str, str, str, str], Decimal | None] = {}
    for division, division_zh, benefit, benefit_zh, band, sex, count, paid in connection.execute(
        BY_AGE, [month]
    ):
        lines[benefit, division] = benefit_zh, division_zh
        counts[benefit, division, band, sex] = count
        money[benefit, division, band, sex] = paid
    kinds = [(band, sex) for band in BANDS for sex in SEXES]
    shown = [kind for kind in kinds if any((*line, *kind) in counts for line in lines)]
    head = [
        "待遇", "区划", "合计",
        *(f"{'年龄未知' if band == 'unknown' else f'{band} 岁'} {SEXES[sex]}" for band, sex in shown),
    ]  # fmt: skip

    def rows(figures: Mapping[tuple[str, str, str, str], Cell]) -> Iterator[list[Cell]]:
        for line in sorted(lines):
            total = figures[(*line, ALL, ALL)]
            cells = [figures.get((*line, *kind), ABSENT) for kind in shown]
            yield [*lines[line], HIDDEN if total is None else total, *cells]

    places = [
        [benefit, division, *_place(street, street_zh, village, village_zh), *(
            HIDDEN if figure is None else figure for figure in (count, paid)
        )]
        for division, benefit, street, street_zh, village, village_zh, count, paid in connection.execute(
            BY_PLACE, [month]
        )
    ]  # fmt: skip
    return [
        Sheet("领取人数", head, list(rows(counts)), (22, 14)),
        Sheet("发放金额（元）", head, list(rows(money)), (22, 14)),
        Sheet("街道与村", PLACES, places, (22, 14, 22, 22)),
    ]


def _place(street: str | None, street_zh: str, village: str | None, village_zh: str) -> tuple[str, str]:
    """A name with its code, the name alone where it is no place, the code alone where nobody gives it a name."""
    told = [
        f"{name} {code}" if code and code.isdecimal() and name != code else name
        for code, name in ((street, street_zh), (village, village_zh))
    ]
    return told[0], told[1]


def _of_quarter(connection: psycopg.Connection, month: date) -> list[Sheet]:
    places: dict[str, str] = {}
    figures: dict[tuple[str, str, str], dict[str, Any]] = {}
    for division, division_zh, benefit, settlement, people, households, times, paid in connection.execute(
        OF_QUARTER, [month]
    ):
        places[division] = division_zh
        figures[division, benefit, settlement] = {
            "people": people, "households": households, "times": times,
            "paid": None if paid is None else paid / WAN,
        }  # fmt: skip

    def cell(line: Line, division: str) -> Cell:
        if not line.figure:
            return ""
        told = figures.get((division, line.benefit, line.settlement))
        if told is None:
            return ABSENT
        figure: Cell = told[line.figure]
        return HIDDEN if figure is None else figure

    divisions = sorted(places)
    lines = [
        line
        for line in QUARTER
        if line.settlement != "unknown" or any((one, line.benefit, "unknown") in figures for one in divisions)
    ]
    rows = [[line.title, line.unit, *(cell(line, division) for division in divisions)] for line in lines]
    head = ["指标名称", "计量单位", *(places[division] for division in divisions)]
    return [Sheet("社会救助季报", head, rows, (34, 10), "#,##0.0000")]


FORMS = {
    "monthly": Form("待遇统计月报", "statistics_benefit_month", _of_month, ABOUT_MONTH),
    "quarterly": Form(
        "民政事业统计季报表（社会救助）", "statistics_assistance_quarter", _of_quarter, ABOUT_QUARTER
    ),
}
