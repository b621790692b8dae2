"""The people of ten households, as the offices would deliver them. All of them are invented."""

from datetime import date
from pathlib import Path
from typing import Any

from small_inbox import SmallInbox, line

from lab.simulator.identity_numbers import check_character

DAY = date(2025, 6, 30)
URBAN, RURAL = "420202", "420222"

# Person: number in the town, name, birth, sex (1 male, 2 female).
PEOPLE = {
    11: ("赵一诺", "1970-03-01", 1),
    21: ("钱大为", "1985-02-01", 1),
    22: ("孙秀兰", "1986-04-01", 2),
    23: ("钱小满", "2014-05-01", 2),
    31: ("李建国", "1984-06-01", 1),
    32: ("李思源", "2015-07-01", 1),
    41: ("周长庚", "1950-08-01", 1),
    42: ("吴桂芳", "1952-09-01", 2),
    51: ("郑安邦", "1975-10-01", 1),
    61: ("王海燕", "1980-11-01", 2),
    71: ("冯立新", "1978-12-01", 1),
    72: ("陈美玲", "1979-01-01", 2),
    81: ("褚卫东", "1976-02-01", 1),
    91: ("卫红梅", "1988-03-01", 2),
    92: ("蒋志强", "1987-04-01", 1),
    93: ("蒋晓雨", "2016-05-01", 2),
    101: ("沈国栋", "1973-06-01", 1),
    102: ("沈知秋", "2012-07-01", 2),
    103: ("欧阳无涯", "1990-01-01", 1),
}


def id_number(person: int) -> str:
    """A valid number of an invented person."""
    _, born, sex = PEOPLE[person]
    first17 = f"{URBAN}{born.replace('-', '')}{person * 2 + (sex % 2):03d}"
    return first17 + check_character(first17)


def who(person: int, prefix: str = "") -> dict[str, str]:
    """Name and number as columns."""
    return {f"{prefix}name": PEOPLE[person][0], f"{prefix}id_number": id_number(person)}


def in_book(number: int, household: int, person: int, relation: str, division: str = URBAN) -> dict[str, Any]:
    _, born, sex = PEOPLE[person]
    return line(
        "population",
        number,
        household_no=f"{division}{household:07d}",
        **who(person),
        sex_code=str(sex),
        ethnicity_code="01",
        born_on=born.replace("-", ""),
        relation_code=relation,
        division_code=f"{division}001001",
        household_type="农村" if division == RURAL else "城镇",
        change_type="",
        changed_on="",
    )


def aid(
    household: int, members: list[tuple[int, str, str]], division: str = URBAN, unknown: tuple[int, ...] = ()
) -> dict[str, Any]:
    """A dibao household. members: person, relation, declared income; unknown: people without a number."""
    listed = [
        {"姓名": PEOPLE[person][0], "身份证号": "" if person in unknown else id_number(person),
         "与申请人关系": relation, "是否保障对象": "是", "申报月收入": income, "联系电话": ""}
        for person, relation, income in members
    ]  # fmt: skip
    return line(
        "aid_household",
        household,
        aid_household_no=f"JZ{household:04d}",
        aid_type_code="DB",
        urban_rural="农村" if division == RURAL else "城市",
        applied_on="2024-01-10",
        approved_on="2024-02-01",
        status="在保",
        division_code=division,
        monthly_income="0",
        monthly_amount_yuan="500",
        account_no=f"62220000{household:011d}",
        authorized_from="2024-01-01",
        authorized_to="2026-12-31",
        members=listed,
        updated_at="2025-06-30 01:00:00",
    )


def insured(number: int, person: int, status: str, kind: str, month: str, amount: int) -> dict[str, Any]:
    is_working = status == "在缴"
    return line(
        "social_insurance",
        number,
        **who(person),
        insurance_type=kind,
        status=status,
        contribution_base_yuan=str(amount) if is_working else "",
        benefit_yuan="" if is_working else str(amount),
        employer_name="某单位" if is_working else "",
        insured_month=month,
        is_public_payroll="否",
    )


def married(number: int, husband: int, wife: int, registered_on: str, **values: Any) -> dict[str, Any]:
    return line(
        "marriage_event",
        number,
        event_no=f"HY{number:06d}",
        event_type="结婚登记",
        registered_on=registered_on,
        certificate_no=f"J{number:06d}",
        original_certificate_no="",
        **who(husband, "husband_"),
        husband_born_on=PEOPLE[husband][1],
        **who(wife, "wife_"),
        wife_born_on=PEOPLE[wife][1],
        operation="新增",
        updated_at="2025-06-30 01:00:00",
        **values,
    )


def write_town(inbox: Path) -> None:
    """All deliveries of 30 June 2025."""
    box = SmallInbox(inbox)
    books = [
        (1, 11, "02", URBAN),
        *((2, person, relation, URBAN) for person, relation in ((21, "02"), (22, "10"), (23, "30"))),
        *((3, person, relation, RURAL) for person, relation in ((31, "02"), (32, "20"))),
        *((4, person, relation, URBAN) for person, relation in ((41, "02"), (42, "10"))),
        (5, 51, "02", URBAN),
        (6, 61, "02", URBAN),
        *((7, person, relation, URBAN) for person, relation in ((71, "02"), (72, "10"))),
        (8, 81, "02", URBAN),
        (9, 91, "02", URBAN),
        *((10, person, relation, URBAN) for person, relation in ((92, "02"), (93, "30"))),
        *((11, person, relation, URBAN) for person, relation in ((101, "02"), (102, "30"))),
    ]
    box.add(
        "population",
        [
            in_book(i, book, person, relation, where)
            for i, (book, person, relation, where) in enumerate(books)
        ],
        day=DAY,
    )
    box.add(
        "marriage_event",
        [
            married(2, 21, 22, "2010-01-01"),
            married(7, 71, 72, "2005-01-01"),
            married(9, 92, 91, "2012-01-01"),
        ],
        day=DAY,
    )
    box.add(
        "aid_household",
        [
            aid(1, [(11, "本人", "0")]),
            aid(2, [(21, "本人", "0"), (22, "配偶", "0"), (23, "子女", "0")]),
            aid(3, [(31, "本人", "900"), (32, "子女", "0")], RURAL),
            aid(4, [(41, "本人", "0"), (42, "配偶", "0")]),
            aid(5, [(51, "本人", "350")]),
            aid(6, [(61, "本人", "400")]),
            aid(7, [(71, "本人", "0"), (72, "配偶", "0")]),
            aid(8, [(81, "本人", "0")]),
            aid(9, [(91, "本人", "0")]),
            aid(10, [(101, "本人", "0"), (103, "其他", "80")], unknown=(103,)),
        ],
        day=DAY,
    )
    months = ("202505", "202506")
    incomes = [
        *((21, "在缴", "职工养老", month, 1200) for month in months),
        *((22, "在缴", "职工养老", month, 300) for month in months),
        (31, "在缴", "职工养老", "202505", 2000),
        (31, "在缴", "职工养老", "202506", 1000),
        *((41, "领取", "职工养老", month, 2000) for month in months),
        *((42, "领取", "居民养老", month, 150) for month in months),
        *((51, "在缴", "职工养老", month, 100) for month in months),
        *((92, "在缴", "职工养老", month, 3000) for month in months),
    ]
    box.add("social_insurance", [insured(i, *income) for i, income in enumerate(incomes)], day=DAY)
    box.add(
        "disability_card",
        [
            line("disability_card", 1, card_no=f"{id_number(11)}41", name=PEOPLE[11][0], disability_category="4",
                 disability_level="1", issued_on="2020-01-01", valid_until="2030-01-01", status="有效")
        ],
        day=DAY,
    )  # fmt: skip
    box.add(
        "vehicle",
        [
            line("vehicle", 1, plate_no="鄂B10001", vehicle_type="K33", assessed_wan_yuan="6.00",
                 registered_on="2022-01-01", **who(71, "owner_"), status="正常"),
            line("vehicle", 2, plate_no="鄂B10002", vehicle_type="C21", assessed_wan_yuan="9.00",
                 registered_on="2022-01-01", **who(11, "owner_"), status="正常"),
        ],
        day=DAY,
    )  # fmt: skip
    box.add(
        "real_estate",
        [
            line("real_estate", 1, unit_no="420202001001GB00001F00010001", **who(owner, "owner_"),
                 co_ownership="共同共有", share="50%", usage="住宅", registered_on="2012-01-01", status="有效")
            for owner in (71, 72)
        ],
        day=DAY,
    )  # fmt: skip
    box.add(
        "company",
        [
            line("company", 1, company_no="91420202MA00000001", registered_capital_wan_yuan="30",
                 registration_status="存续", established_on="2021-01-01",
                 officers=[{"角色": "法定代表人", "姓名": PEOPLE[81][0], "证件号": id_number(81)},
                           {"角色": "股东", "姓名": PEOPLE[81][0], "证件号": id_number(81), "出资比例": 0.6}])
        ],
        day=DAY,
    )  # fmt: skip
    box.add(
        "payment",
        [
            line("payment", 1, payment_no="ZF000001", case_no="JZ0002", benefit_code="DB", paid_month="202506",
                 benefit_month="202506", **who(21, "payee_"), amount_yuan="900.00", account_no="6222000000000000002",
                 paid_on="2025-06-10", payment_status="成功", division_code=URBAN)
        ],
        day=DAY,
    )  # fmt: skip
    box.add(
        "benefit_standard",
        [
            line("benefit_standard", i, division_code=division, standard_code=code, amount_yuan_per_month=amount,
                 valid_from="2024-07-01", valid_to="")
            for i, (division, code, amount) in enumerate(((URBAN, "DB_URBAN", "725"), (RURAL, "DB_RURAL", "540")))
        ],
        day=DAY,
    )  # fmt: skip
