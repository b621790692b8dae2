"""Every mention is linked, every rule has its cases, and the truth can be found again in the files.

The checks by rule read only delivered files, with link.csv for identities; they share no code with
lab/simulator/truth.py.
"""

import json
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest
from delivery_tree import Row, Tree

from lab.simulator import Summary
from lab.simulator.generate import build_world
from lab.simulator.parameters import Settings
from lab.simulator.truth import find_hits

AS_OF = date(2025, 6, 30)
PLANTED = (
    "A01 A02 A03 A04 A05 B01 B02 B03 B04 B05 B06 B07 C01 C02 C03 C04 C05 C06 "
    "D01 D02 D03 D04 D05 E01 E02 E03 E04 E05 E06 E07 F01 F02 F03 G01 G03"
)


def roles_of(feed: str, row: Row) -> set[str]:
    """The roles the interface demands for a line."""
    match feed:
        case "marriage_event":
            return {"husband", "wife"}
        case "cremation":
            return {"deceased"} | ({"agent"} if row.cells["承办人姓名"] else set())
        case "aid_household":
            return {f"member{n}" for n in range(1, len(row.cells["家庭成员"]) + 1)}
        case "company":
            return {f"officer{n}" for n in range(1, len(row.cells["人员"]) + 1)}
        case "payment":
            return {"payee"}
        case "stay":
            return {"resident"}
        case "vehicle" | "real_estate":
            return {"owner"}
    return {"person"}


def test_every_mention_of_every_line_is_linked(tree: Tree) -> None:
    expected = {}
    for _, manifest in tree.manifests():
        feed = manifest["feed"]
        expected |= {(feed, row.day, row.line): roles_of(feed, row) for row in tree.rows(feed)}
    assert {place: set(roles) for place, roles in tree.links.items()} == expected
    assert all(uid in tree.people for roles in tree.links.values() for uid in roles.values())


@pytest.mark.parametrize("rule", PLANTED.split())
def test_every_rule_has_hits_and_near_misses(summary: Summary, rule: str) -> None:
    assert summary.hits[rule] >= 3
    assert summary.near_misses[rule] >= 2


@pytest.mark.parametrize("seed", range(4))
def test_planted_cases_come_out_as_meant(seed: int) -> None:
    """Hits are found in the world and near misses are not, whoever planted what beside them."""
    world = build_world(Settings(1500, seed, date(2025, 3, 12), days=4))
    found = {(finding.rule, finding.person) for finding in find_hits(world)}
    for case in world.planted:
        assert ((case.rule, case.person) in found) == (case.label == "hit"), (case.rule, case.note)


def test_without_planting_hardly_anything_arises() -> None:
    world = build_world(Settings(3000, 5, date(2025, 6, 25), days=6, anomalies=0))
    assert not world.planted
    assert {finding.rule for finding in find_hits(world)} <= {"C01", "C02", "C03"}


# ---- found again in the files -------------------------------------------------------------------


def subjects(tree: Tree, rule: str) -> set[str]:
    return {hit["person_uid"] for hit in tree.hits(rule)}


def households(tree: Tree, rule: str) -> set[str]:
    return {hit["aid_household_no"] for hit in tree.hits(rule)}


def day(text: str) -> date:
    return date.fromisoformat(text.replace("/", "-"))


def month_after(month: str, than: date) -> bool:
    return month > f"{than:%Y%m}"


@pytest.fixture(scope="module")
def standing(tree: Tree) -> list[Row]:
    """Payments that stand, lines sent twice counted once."""
    return [row for row in tree.latest("payment", "支付流水号") if row.cells["发放状态"] in ("成功", "补发")]


@pytest.fixture(scope="module")
def aid(tree: Tree) -> dict[str, Row]:
    return {row.cells["家庭编号"]: row for row in tree.latest("aid_household", "家庭编号")}


def members(tree: Tree, row: Row) -> list[str]:
    return list(tree.links["aid_household", row.day, row.line].values())


def active_dibao(aid: dict[str, Row]) -> dict[str, Row]:
    return {
        number: row
        for number, row in aid.items()
        if row.cells["救助类别"] == "DB" and row.cells["状态"] == "在保"
    }


def test_a01_paid_after_death(tree: Tree, standing: list[Row], aid: dict[str, Row]) -> None:
    found = set()
    for row in standing:
        number = row.cells["业务编号"]
        group = members(tree, aid[number]) if number in aid else [tree.person("payment", row, "payee")]
        deaths = [tree.people[uid]["died_on"] for uid in group]
        if all(deaths) and month_after(row.cells["所属月份"], max(map(day, deaths))):
            found.add(tree.person("payment", row, "payee"))
    assert found == subjects(tree, "A01")


def test_a01_deaths_are_recorded_somewhere(tree: Tree) -> None:
    cremated = {tree.person("cremation", row, "deceased") for row in tree.rows("cremation")}
    cancelled = {
        tree.person("population", row) for row in tree.rows("population") if row.cells["变动类型"] == "死亡"
    }
    assert subjects(tree, "A01") <= cremated | cancelled


def test_a03_cremated_twice(tree: Tree) -> None:
    numbers = defaultdict(set)
    for row in tree.latest("cremation", "火化编号"):
        numbers[tree.person("cremation", row, "deceased")].add(row.cells["火化编号"])
    assert {uid for uid, registered in numbers.items() if len(registered) > 1} == subjects(tree, "A03")


def test_b03_two_care_subsidies(tree: Tree, standing: list[Row]) -> None:
    paid = defaultdict(set)
    for row in standing:
        paid[tree.person("payment", row, "payee"), row.cells["待遇类别"]].add(row.cells["所属月份"])
    both = {uid for uid, code in paid if code == "HL" and paid[uid, "HL"] & paid.get((uid, "YL"), set())}
    assert both == subjects(tree, "B03")


def test_b05_home_care_in_an_institution(tree: Tree, standing: list[Row]) -> None:
    stays = defaultdict(list)
    for row in tree.latest("stay", "入住编号"):
        stays[tree.person("stay", row, "resident")].append(row.cells)
    found = set()
    for row in standing:
        uid, text = tree.person("payment", row, "payee"), row.cells["所属月份"]
        first = date(int(text[:4]), int(text[4:]), 1)
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        if row.cells["待遇类别"] == "YL" and any(
            day(s["入住日期"]) < first and (not s["离院日期"] or day(s["离院日期"]) > last)
            for s in stays[uid]
        ):
            found.add(uid)
    assert found == subjects(tree, "B05")


def test_c03_overlapping_marriages(tree: Tree) -> None:
    spells = {}
    for row in sorted(
        tree.latest("marriage_event", "业务类型", "业务编号"), key=lambda r: day(r.cells["登记日期"])
    ):
        if row.cells["业务类型"] == "结婚登记":
            couple = [tree.person("marriage_event", row, role) for role in ("husband", "wife")]
            ends = [day(died) for died in (tree.people[uid]["died_on"] for uid in couple) if died]
            spells[row.cells["证书字号"]] = [couple, day(row.cells["登记日期"]), min(ends, default=date.max)]
    for row in tree.latest("marriage_event", "业务类型", "业务编号"):
        if row.cells["业务类型"] in ("离婚登记", "撤销"):
            spell = spells[row.cells["原证书字号"]]
            spell[2] = min(spell[2], day(row.cells["登记日期"]))
    by_person = defaultdict(list)
    for couple, begins, ends in spells.values():
        for uid in couple:
            by_person[uid].append((begins, ends))
    found = {
        uid
        for uid, own in by_person.items()
        if any(
            later[0] < earlier[1] for n, earlier in enumerate(sorted(own)) for later in sorted(own)[n + 1 :]
        )
    }
    assert found == subjects(tree, "C03")


def test_d01_d02_d03_property(tree: Tree, aid: dict[str, Row]) -> None:
    operating = {
        uid
        for row in tree.rows("company")
        if row.cells["登记状态"] == "存续"
        for uid in tree.links["company", row.day, row.line].values()
    }
    driving = {
        tree.person("vehicle", row, "owner")
        for row in tree.rows("vehicle")
        if row.cells["状态"] == "正常"
        and row.cells["车辆类型"] != "C21"
        and Decimal(row.cells["评估价(万元)"]) > 5
    }
    homes = defaultdict(set)
    for row in tree.rows("real_estate"):
        if row.cells["用途"] == "住宅":
            homes[tree.person("real_estate", row, "owner")].add(row.cells["不动产单元号"])
    dibao = {number: members(tree, row) for number, row in active_dibao(aid).items()}
    people = {uid for group in dibao.values() for uid in group}
    assert people & operating == subjects(tree, "D01")
    assert people & driving == subjects(tree, "D02")
    assert {
        number for number, group in dibao.items() if len(set().union(*(homes[uid] for uid in group))) > 1
    } == households(tree, "D03")


def test_d04_d05_income(tree: Tree, aid: dict[str, Row]) -> None:
    income: dict[str, int] = defaultdict(int)
    public = set()
    for row in tree.latest("social_insurance", "身份证号", "险种", "状态", "所属月份"):
        uid = tree.person("social_insurance", row)
        income[uid] = int(row.cells["月缴费基数"] or 0) + int(row.cells["月待遇"] or 0)
        if row.cells["财政供养"] == "是":
            public.add(uid)
    over, paid_by_state = set(), set()
    for number, row in active_dibao(aid).items():
        group = members(tree, row)
        paid_by_state |= public & set(group)
        standard = {"农村": 704, "城市": 885}[row.cells["城乡"]]
        if sum(income[uid] for uid in group) > standard * len(group):
            over.add(number)
    assert over == households(tree, "D04")
    assert paid_by_state == subjects(tree, "D05")


def test_e01_too_young(tree: Tree, standing: list[Row]) -> None:
    found = set()
    for row in standing:
        uid = tree.person("payment", row, "payee")
        born = tree.people[uid]["birth_date"]
        eighty = f"{int(born[:4]) + 80}{born[5:7]}"
        if row.cells["待遇类别"] == "GL" and row.cells["所属月份"] < eighty:
            found.add(uid)
    assert found == subjects(tree, "E01")


def test_e03_paid_after_stop(tree: Tree, standing: list[Row], aid: dict[str, Row]) -> None:
    found = {
        row.cells["业务编号"]
        for row in standing
        if (household := aid.get(row.cells["业务编号"]))
        and household.cells["停保日期"]
        and month_after(row.cells["所属月份"], day(household.cells["停保日期"]))
    }
    assert found == households(tree, "E03")


def test_e04_other_than_the_approved_amount(tree: Tree, standing: list[Row], aid: dict[str, Row]) -> None:
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in standing:
        sums[row.cells["业务编号"], row.cells["所属月份"]] += Decimal(row.cells["金额"])
    found = set()
    for (number, month), amount in sums.items():
        if number in aid:
            cells = aid[number].cells
            since = max(day(cells["批准日期"]), date(2024, 7, 1))
            if month >= f"{since:%Y%m}" and amount != cells["月保障金额"]:
                found.add(number)
    assert found == households(tree, "E04")


def test_f01_old_and_without_allowance(tree: Tree) -> None:
    registered = {}
    for row in tree.rows("population"):
        registered[row.cells["公民身份号码"]] = row
    drawing = {
        tree.person("entitlement", row)
        for row in tree.latest("entitlement", "待遇编号")
        if row.cells["待遇类别"] == "GL"
        and not (row.cells["终止日期"] and day(row.cells["终止日期"]) <= AS_OF)
    }
    found = set()
    for row in registered.values():
        uid = tree.person("population", row)
        eighty = int(row.cells["出生日期"]) + 80_0000 <= int(f"{AS_OF:%Y%m%d}")
        living = row.cells["变动类型"] not in ("死亡", "迁出") and not tree.people[uid]["died_on"]
        if living and eighty and uid not in drawing:
            found.add(uid)
    assert found == subjects(tree, "F01")


def test_declared_members_are_who_the_files_say(tree: Tree, aid: dict[str, Row]) -> None:
    """An aid household is funded for its members: the amount in force follows the standard."""
    for row in aid.values():
        cells, income = row.cells, row.cells["家庭月收入"]
        yuan = Decimal(income[:-2]) * 10_000 if isinstance(income, str) else Decimal(income)
        standard = 1151 if cells["救助类别"] == "TK" else {"农村": 704, "城市": 885}[cells["城乡"]]
        if cells["救助类别"] == "DB":
            assert cells["月保障金额"] == standard * len(cells["家庭成员"]) - yuan
        elif cells["救助类别"] == "TK":
            assert cells["月保障金额"] == standard


def test_c05_married_before_the_legal_age(tree: Tree) -> None:
    found = set()
    for row in tree.latest("marriage_event", "业务类型", "业务编号"):
        if row.cells["业务类型"] == "结婚登记":
            wedding = day(row.cells["登记日期"])
            people = tree.links["marriage_event", row.day, row.line]
            for role, header, years in (("husband", "男方出生日期", 22), ("wife", "女方出生日期", 20)):
                born = row.cells[header]
                if f"{int(born[:4]) + years}{born[4:]}" > wedding.isoformat():
                    found.add(people[role])
    assert found == subjects(tree, "C05")


def test_g01_authorization_ended(tree: Tree, aid: dict[str, Row]) -> None:
    ended = {
        number
        for number, row in aid.items()
        if row.cells["状态"] == "在保" and day(row.cells["授权止"]) < AS_OF
    }
    assert ended == households(tree, "G01")


def test_summary_counts_what_was_written(tree: Tree, summary: Summary) -> None:
    assert summary.people == len(tree.people)
    assert summary.lines == {feed: len(tree.rows(feed)) for feed in summary.lines}
    assert json.dumps(summary.hits) == json.dumps(dict(sorted(summary.hits.items())))
