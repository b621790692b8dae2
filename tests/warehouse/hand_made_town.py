"""A town of invented people in whom everything an answer may speak of occurs, changed over generations."""

import random
from datetime import date, timedelta
from typing import Any

import psycopg
from hand_made_family import FEEDS, Family
from psycopg.types.json import Jsonb

ASKED_ON = date(2025, 7, 10)
PEOPLE = 40
FEED_OF = {
    "vehicle": "vehicle",
    "dwelling": "real_estate",
    "other_real_estate": "real_estate",
    "company_role": "company",
}
MONTHS = [date(2025, month, 1) for month in (3, 4, 5, 6)]


class Town(Family):
    """The hand-made family (residents 1 to 9) and 40 more people (101 to 140) with facts drawn at random:
    names that are shared or missing, numbers that two have, marriages of all endings, spouses who could not be
    identified, benefits, property out of force. The same for the same seed, whatever the day."""

    NAMES = Family.NAMES | {
        100 + place: f"民{'甲乙丙丁戊'[place % 5]}{place % 7}" for place in range(1, PEOPLE + 1)
    }

    def __init__(self, connection: psycopg.Connection, seed: int = 1) -> None:
        super().__init__(connection)
        self.random = random.Random(seed)
        self.execute(
            "update marts.source_freshness set last_business_date = %s", [ASKED_ON - timedelta(days=9)]
        )
        self.add_source("benefit_standard")
        self.add(
            "rule_parameter", rule_code="D04", parameter="pension_counted_share", division_code="420200", value=0.5,
            valid_from=date(2025, 1, 1),
        )  # fmt: skip
        for place in range(1, PEOPLE + 1):
            self.add_facts(100 + place)

    def add_facts(self, resident_id: int) -> None:
        draw, line = self.random, resident_id
        some: dict[str, Any] = {
            "resident_id": resident_id,
            "delivery_id": f"d{resident_id}",
            "line_number": line,
        }

        def partner() -> dict[str, Any]:
            other = 100 + draw.randint(1, PEOPLE)
            kind = draw.randrange(3)
            return {
                "wife_resident_id": None if kind == 0 else other,
                "wife_name": [f" {self.NAMES[other]}", self.NAMES[other], None][kind],
            }

        for nth in range(draw.choice([0, 0, 1, 1, 2])):
            ended_by = draw.choice([None, None, "divorce", "death", "revoked"])
            self.add(
                "marriage_spell", certificate_no=f"J{line}-{nth}", husband_resident_id=resident_id,
                husband_name=self.NAMES[resident_id], registered_on=date(2000 + nth, 1, draw.randint(1, 28)),
                ended_on=date(2010 + nth, 2, 1) if ended_by else None, ended_by=ended_by, **partner(),
            )  # fmt: skip
        if draw.random() < 0.7:
            self.add("registered_household_member", household_no=f"H{line // 4}", relation_code="02", **some)
        for nth in range(draw.choice([0, 0, 1, 2])):
            self.add(
                "entitlement", entitlement_no=f"DY{line}-{nth}", benefit_code=draw.choice(["HL", "GE"]),
                division_code=draw.choice(["420203", "510107", None]), is_active=draw.random() < 0.7,
                started_on=date(2024, 5, 1), **some,
            )  # fmt: skip
        if draw.random() < 0.5:
            number = f"JZ{line}"
            self.add(
                "aid_household", aid_household_no=number, aid_type_code=draw.choice(["DB", "TK"]),
                division_code="420203", is_active=draw.random() < 0.7, approved_on=date(2024, 1, 1),
            )  # fmt: skip
            for member_no in range(1, draw.randint(2, 4)):
                self.add(
                    "aid_household_member", **some | {
                        "aid_household_no": number, "member_no": member_no, "is_covered": draw.random() < 0.8,
                        "resident_id": draw.choice([resident_id, 100 + draw.randint(1, PEOPLE), None]),
                        "valid_to": draw.choice([None, None, date(2025, 1, 1)]), "name": "民",
                    },
                )  # fmt: skip
            if draw.random() < 0.5:
                self.add_finding(f"h{line}", None, number)
        for nth in range(draw.choice([0, 0, 1, 2])):
            self.add_finding(f"p{line}-{nth}", resident_id, draw.choice([None, f"JZ{line}"]))
        for nth in range(draw.choice([0, 0, 1, 2])):
            self.add(
                "eldercare_stay", stay_no=f"RZ{line}-{nth}", institution_code="Y1", ability_level=draw.choice("012"),
                entered_on=date(2023 + nth, 3, 1), left_on=draw.choice([None, date(2025, 3, 1)]), **some,
            )  # fmt: skip
        for nth in range(draw.choice([0, 0, 1, 2])):
            self.add(
                "disability_card", card_no=f"C{line}-{nth}", disability_category="3", disability_level=1 + nth,
                is_valid=draw.random() < 0.7, valid_until=date(2030, 1, 1), **some,
            )  # fmt: skip
        for kind in draw.sample(["wage", "pension", "declared"], draw.randint(0, 2)):
            for month in MONTHS:
                self.add(
                    "income_item", income_kind=kind, insurance_type=draw.choice([None, "110"]), income_month=month,
                    amount_yuan=draw.randint(1, 400000) / 100, is_public_payroll=draw.choice([None, True]),
                    feed="social_insurance", **some,
                )  # fmt: skip
        for nth in range(draw.choice([0, 0, 1, 3])):
            kind = draw.choice(list(FEED_OF))
            self.add(
                "property_item", property_kind=kind, item_no=f"{kind}{line // 2}-{nth}", feed=FEED_OF[kind],
                detail=draw.choice(["K", "C21", None]), value_yuan=draw.choice([None, 49999.99, 60000, 100000]),
                share=draw.choice([None, 0.5, 1]), is_in_force=draw.random() < 0.8,
                acquired_on=draw.choice([None, date(2020, 1, 1)]), **some,
            )  # fmt: skip
        if draw.random() < 0.2:
            self.add("cremation", cremation_no=f"HH{line}", **some)
            self.execute(
                "update marts.resident set died_on = '2025-02-03' where resident_id = %s", [resident_id]
            )
        if draw.random() < 0.2:
            self.add("temporary_aid", temporary_aid_no=f"LS{line}", **some)
        if draw.random() < 0.3:
            self.add(
                "benefit_month_person", resident_id=resident_id, benefit_code="DB", benefit_month=MONTHS[0],
                case_no=f"JZ{line}", household_paid_yuan=1, paid_share_yuan=1, sources=[],
            )  # fmt: skip
        if draw.random() < 0.2:
            self.execute(
                "update marts.resident set is_registered = false, division_code = null, household_type = 'rural'"
                " where resident_id = %s",
                [resident_id],
            )
        if draw.random() < 0.05:
            self.execute("update marts.resident set name = null where resident_id = %s", [resident_id])
        if draw.random() < 0.05:
            self.add_resident(200 + resident_id, id_number=self.numbers[resident_id])

    def add_finding(self, finding_id: str, resident_id: int | None, household: str | None) -> None:
        feed = self.random.choice(["payment", "company"])
        self.add(
            "finding", finding_id=finding_id, rule_code=self.random.choice(["A01", "C01", "D01", "D02", "ZZ"]),
            subject_resident_id=resident_id, aid_household_no=household, severity=self.random.choice(["red", "yellow"]),
            outcome=self.random.choice(["hit", "not_assessable"]), first_on=date(2025, 1, 1), amount_yuan=12.5,
            evidence={"facts": {"months": 2}, "sources": [{"feed": feed, "delivery_id": "d", "line_number": 7}]},
        )  # fmt: skip

    def change(self) -> None:
        """Another day: every table gains, loses and changes rows, and a source grows old."""
        draw = self.random
        for table in (
            "marriage_spell",
            "entitlement",
            "eldercare_stay",
            "income_item",
            "property_item",
            "finding",
        ):
            source = "rules.finding" if table == "finding" else f"marts.{table}"
            self.execute(f"delete from {source} where abs(hashtext({source.split('.')[1]}::text)) %% 5 = %s", [
                draw.randrange(5)
            ])  # fmt: skip
        self.execute("update marts.property_item set value_yuan = 70000 where resident_id %% 3 = 0", [])
        self.execute("update marts.resident set household_type = 'rural' where resident_id %% 4 = 1", [])
        self.execute("update marts.source_freshness set is_stale = feed = %s", [draw.choice(FEEDS)])
        self.execute("delete from marts.income_window where income_month = '2025-05-01'")

    def logged(self, number: int, **values: Any) -> str:
        """A request as it stands in the log: the members drawn at random, now and then one of them unknown."""
        draw = self.random
        ids = draw.sample([i for i in self.NAMES if i not in (4, 9)], draw.randint(1, 5))
        members = [
            self.member(
                i, "本人" if place == 0 else "其他", **({"name": "无"} if draw.random() < 0.05 else {})
            )
            for place, i in enumerate(ids)
        ]
        report_no = f"HD{number}"
        self.execute(
            "insert into audit.verification_log (operation, outcome, asked_on, purpose, authorization_no, request_id,"
            " report_no, open_feeds, request, answer) values ('verify', 'answered', %s, 'review', 'SQ', %s, %s, %s, %s,"
            " '{}')",
            [ASKED_ON, report_no, report_no, values.pop("open_feeds", None),
             Jsonb(self.request(report_no, members=members) | values)],
        )  # fmt: skip
        return report_no
