"""Ten households calculated on paper, and by the warehouse: the same to the cent.

Standards: 725 yuan urban, 540 rural. Employment cost: 30 % of the standard for each month in work,
never more than the wage (217.50 and 162.00). Incomes are averages of May and June 2025.
"""

from decimal import Decimal

import psycopg
import pytest
from golden_town import PEOPLE, id_number

from cli.household import calculation
from warehouse.casework.explain_household import explain_household

pytestmark = pytest.mark.builds

FIGURES = """
    select member_count, counted_income_yuan, deduction_yuan, countable_income_yuan, countable_per_capita_yuan,
        standard_yuan, countable_multiple, property_outcome
    from pub.current_household_means where household_kind = %s and household_no = %s
"""

PAPER = {
    # 1  One severely disabled person without income. 0 / 725 = 0. A mobility vehicle is no car.
    "JZ0001": (1, "0.00", "0.00", "0.00", "0.00", "725.00", "0.0000", "within"),
    # 2  Couple in work with a child: 1200 + 300 = 1500; 217.50 x 2 = 435; 1500 - 435 = 1065;
    #    1065 / 3 = 355; 355 / 725 = 0.4897. The dibao of 900 yuan does not count.
    "JZ0002": (3, "1500.00", "435.00", "1065.00", "355.00", "725.00", "0.4897", "within"),
    # 3  Rural father and son, wage 2000 in May and 1000 in June: 3000 / 2 = 1500; 1500 - 162 = 1338;
    #    1338 / 2 = 669; 669 / 540 = 1.2389. The 900 he declared does not count beside a known wage.
    "JZ0003": (2, "1500.00", "162.00", "1338.00", "669.00", "540.00", "1.2389", "within"),
    # 4  Old couple on pensions: 2000 + 150 = 2150; / 2 = 1075; / 725 = 1.4828. Nothing is deducted.
    "JZ0004": (2, "2150.00", "0.00", "2150.00", "1075.00", "725.00", "1.4828", "within"),
    # 5  A wage of 100 brings no more than going to work may cost: 100 - 100 = 0.
    "JZ0005": (1, "100.00", "100.00", "0.00", "0.00", "725.00", "0.0000", "within"),
    # 6  No source tells an income: the 400 declared count. 400 / 725 = 0.5517.
    "JZ0006": (1, "400.00", "0.00", "400.00", "400.00", "725.00", "0.5517", "within"),
    # 7  A car of 60,000 above the limit of 50,000; one flat held in common is one dwelling.
    "JZ0007": (2, "0.00", "0.00", "0.00", "0.00", "725.00", "0.0000", "above"),
    # 8  Own company, 60 % of 300,000 = 180,000 above the limit of 100,000.
    "JZ0008": (1, "0.00", "0.00", "0.00", "0.00", "725.00", "0.0000", "above"),
    # 9  A wife who declared herself alone: nothing of her own.
    "JZ0009": (1, "0.00", "0.00", "0.00", "0.00", "725.00", "0.0000", "within"),
    # 10 One member without a number: counted as a head with the 80 declared, 80 / 2 = 40;
    #    40 / 725 = 0.0552. Nobody can say what that member owns.
    "JZ0010": (2, "80.00", "0.00", "80.00", "40.00", "725.00", "0.0552", "not_assessable"),
}


def figures(connection: psycopg.Connection, kind: str, number: str) -> tuple:
    row = connection.execute(FIGURES, [kind, number]).fetchone()
    assert row is not None, number
    return row[0], *(str(value) for value in row[1:])


@pytest.mark.parametrize("number", PAPER)
def test_the_aid_household_is_as_calculated_on_paper(warehouse, number):
    assert figures(warehouse, "aid", number) == PAPER[number]


def family_of(connection: psycopg.Connection, person: int) -> str:
    return connection.execute(
        "select family_no from pub.current_legal_family_member inner join pub.current_resident using (resident_id)"
        " where id_number = %s and valid_from <= '2025-06-30' and (valid_to is null or valid_to > '2025-06-30')",
        [id_number(person)],
    ).fetchone()[0]


def test_the_legal_family_of_the_wife_who_declared_herself_alone(warehouse):
    # Husband, wife and the child in the father's book: 3000 - 217.50 = 2782.50; / 3 = 927.50;
    # 927.50 / 725 = 1.2793
    family = family_of(warehouse, 91)
    assert family == family_of(warehouse, 92) == family_of(warehouse, 93)
    assert figures(warehouse, "legal", family) == (
        3, "3000.00", "217.50", "2782.50", "927.50", "725.00", "1.2793", "within",
    )  # fmt: skip
    # Her book names her alone, his him and the child: 2782.50 / 2 = 1391.25; / 725 = 1.9190
    assert figures(warehouse, "registered", "4202020000009")[:2] == (1, "0.00")
    assert figures(warehouse, "registered", "4202020000010") == (
        2, "3000.00", "217.50", "2782.50", "1391.25", "725.00", "1.9190", "within",
    )  # fmt: skip


def test_what_differs_between_the_households(warehouse):
    rows = warehouse.execute(
        "select aid_household_no, difference_kind, name from pub.current_household_difference"
        " left join pub.current_resident using (resident_id) order by 1, 2"
    ).fetchall()
    assert rows == [
        ("JZ0009", "undeclared_child", PEOPLE[93][0]),
        ("JZ0009", "undeclared_spouse", PEOPLE[92][0]),
        ("JZ0010", "undeclared_child", PEOPLE[102][0]),
        ("JZ0010", "unresolved_member", None),
    ]


def test_every_figure_is_the_sum_of_its_items(warehouse):
    torn = warehouse.execute(
        """
        select means.household_kind, means.household_no
        from marts.household_means as means
        left join marts.household_means_item as item using (household_kind, household_no)
        group by means.household_kind, means.household_no, means.counted_income_yuan, means.deduction_yuan,
            means.month_count
        having round(coalesce(sum(counted_yuan * item.month_count) filter (where item_kind = 'income'), 0)
                / means.month_count, 2) <> means.counted_income_yuan
            or round(coalesce(sum(counted_yuan * item.month_count) filter (where item_kind = 'deduction'), 0)
                / means.month_count, 2) <> means.deduction_yuan
        """
    ).fetchall()
    assert torn == []


def test_every_item_leads_to_a_line_that_was_received(warehouse):
    feeds = warehouse.execute("select distinct feed from marts.household_means_item").fetchall()
    for (feed,) in feeds:
        lost = warehouse.execute(
            f"select count(*) from marts.household_means_item as item where feed = %s and not exists ("
            f"select from raw.{feed} where _delivery_id = item.delivery_id and _line_number = item.line_number)",
            [feed],
        ).fetchone()
        assert lost == (0,), feed
    assert {feed for (feed,) in feeds} == {
        "aid_household", "company", "payment", "real_estate", "social_insurance", "vehicle",
    }  # fmt: skip


def test_the_sheet_tells_the_calculation_and_masks_the_people(warehouse):
    (sheet,) = explain_household(warehouse, "JZ0002", "review")
    text = "\n".join(calculation(sheet))
    for told in (
        "救助家庭（申报） JZ0002　区划 420202 黄石港区",
        "二、收入（按 2 个月平均，截至 2025年06月）",
        "钱**　工资（缴费基数）·职工养老　2025年05月 1,200.00，计入 1,200.00",
        "救助与津贴·DB　2025年06月 300.00，不计入",
        "标准 725.00 × 0.30（不超过该月工资）= 217.50",
        "1,500.00 − 435.00 = 1,065.00（不小于零）",
        "1,065.00 ÷ 3 人 = 355.00",
        "城市低保标准 725.00，为标准的 0.4897 倍",
        "单辆机动车评估价（元）：0.00，限值 50,000.00，在限内",
        "存款与有价证券（元）：没有来源，限值 52,200.00，不能判断",
    ):
        assert told in text
    for person, (name, _, _) in PEOPLE.items():
        assert name not in text
        assert id_number(person) not in text


def test_the_sheet_of_a_single_figure_is_exact(warehouse):
    (sheet,) = explain_household(warehouse, "JZ0004", "review")
    assert sheet.means["countable_per_capita_yuan"] == Decimal("1075.00")
    assert [item["amount_yuan"] for item in sheet.lines("income") if item["category"] == "pension"] == [
        Decimal("2000.00"), Decimal("150.00"), Decimal("2000.00"), Decimal("150.00"),
    ]  # fmt: skip
