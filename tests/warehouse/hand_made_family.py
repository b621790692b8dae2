"""A family that applies for dibao, and what the warehouse knows of it, small enough to count by hand."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from hand_made_marts import Marts
from psycopg.types.json import Jsonb

from warehouse.database.connection import Warehouse
from warehouse.database.settings import BUREAU_TIME

# Consent and reports are counted in Beijing's days.
TODAY = datetime.now(BUREAU_TIME).date()
SINCE = date(2024, 1, 1)
MAY, JUNE = date(2025, 5, 1), date(2025, 6, 1)
CONSENT = "SQ-1"

# Feeds that had something to say about people, all current.
FEEDS = (
    "population", "marriage_event", "cremation", "aid_household", "entitlement", "payment", "temporary_aid",
    "stay", "disability_card", "social_insurance", "vehicle", "real_estate", "company",
)  # fmt: skip


class Family(Marts):
    """Residents 1 (applicant, 王一) and 2 (his wife, 王二), married; 3 (their child, 王三).

    Living in 420203, urban, standard 800. 王一 earns 1,000 and 王二 draws a pension of 500 in each
    of the two months incomes are averaged over; 王一 owns a car of 60,000 and a flat. Nobody draws aid.
    """

    NAMES: Mapping[int, str] = {1: "王一", 2: "王二", 3: "王三", 4: "赵四", 9: "李九"}

    @cached_property
    def numbers(self) -> dict[int, str]:
        return {resident_id: self.number(f"42020319800101{resident_id:03}") for resident_id in self.NAMES}

    def create(self) -> None:
        super().create()
        for resident_id, name in self.NAMES.items():
            number = self.numbers[resident_id]
            self.add_resident(
                resident_id,
                id_number=number,
                masked_id_number=f"{number[:6]}********{number[-4:]}",
                name=name,
                household_type="urban",
            )
        self.add(
            "marriage_spell", certificate_no="J1", husband_resident_id=1, wife_resident_id=2,
            husband_name="王一", wife_name="王二", registered_on=date(2010, 1, 1),
        )  # fmt: skip
        self.add_income(1, "wage", 1000, 11)
        self.add_income(2, "pension", 500, 12)
        self.add_property(1, "vehicle", "鄂B00001", feed="vehicle", detail="K", value_yuan=60000)
        self.add_property(1, "dwelling", "FW1", feed="real_estate", detail="住宅")
        for month in (MAY, JUNE):
            self.add("income_window", income_month=month)
        self.add(
            "benefit_standard", division_code="420203", standard_code="DB_URBAN", amount_yuan=800,
            valid_from=SINCE,
        )  # fmt: skip
        for feed in FEEDS:
            self.add_source(feed)
        for code_list, code in (
            ("purpose", "application"),
            ("purpose", "review"),
            ("purpose", "objection"),
            ("purpose", "change"),
            ("aid_type", "DB"),
        ):
            self.add("verification_code", code_list=code_list, code=code, title_zh=code)
        for parameter, value in (("report_validity_days", 60), ("release_max_age_days", 100000)):
            self.add("verification_parameter", parameter=parameter, value=value, valid_from=SINCE)
        for rule_code, parameter, value in (
            ("D02", "vehicle_value_limit_yuan", 50000),
            ("D03", "max_dwellings", 1),
            ("D04", "pension_counted_share", 1),
        ):
            self.add(
                "rule_parameter", rule_code=rule_code, parameter=parameter, division_code="000000", value=value,
                valid_from=SINCE,
            )  # fmt: skip
        for rule_code in ("A01", "C01", "D01", "D02", "D03", "D04"):
            self.add("anomaly_rule", rule_code=rule_code, title_zh=f"规则{rule_code}", clears_it_zh="材料")
        self.authorize(1, 2, 3)

    def add_income(self, resident_id: int, kind: str, amount: int, line: int) -> None:
        """The same income in both months."""
        for month in (MAY, JUNE):
            self.add(
                "income_item", resident_id=resident_id, income_kind=kind, income_month=month, amount_yuan=amount,
                feed="social_insurance", delivery_id=f"social_insurance_{month:%Y%m%d}_01", line_number=line,
            )  # fmt: skip

    def add_property(self, resident_id: int, kind: str, item_no: str, **values: Any) -> None:
        self.add(
            "property_item",
            **{
                "resident_id": resident_id, "property_kind": kind, "item_no": item_no, "is_in_force": True,
                "delivery_id": f"{values['feed']}_20250630_01", "line_number": 21, "share": 1,
            } | values,
        )  # fmt: skip

    def add_source(self, feed: str, **values: Any) -> None:
        self.add(
            "source_freshness",
            **{"feed": feed, "title_zh": feed, "last_business_date": TODAY, "is_stale": False} | values,
        )

    def authorize(
        self,
        *resident_ids: int,
        number: str = CONSENT,
        since: date = TODAY - timedelta(days=30),
        to: date = TODAY,
        feeds: list[str] | None = None,
    ) -> None:
        for resident_id in resident_ids:
            self.execute(
                "insert into ops.authorization (authorization_no, id_number, authorized_from, authorized_to,"
                " feeds, entered_by) values (%s, %s, %s, %s, %s, 'tester')",
                [number, self.numbers[resident_id], since, to, feeds],
            )

    def member(self, resident_id: int, relation: str = "本人", **values: str) -> dict[str, str]:
        stated = {
            "name": self.NAMES[resident_id],
            "id_number": self.numbers[resident_id],
            "relation": relation,
        }
        return stated | values

    def request(self, request_id: str = "R1", **values: Any) -> dict[str, Any]:
        return {
            "request_id": request_id,
            "authorization_no": CONSENT,
            "purpose": "application",
            "operator": "核对员甲",
            "aid_type": "DB",
            "members": [self.member(1), self.member(2, "配偶"), self.member(3, "子女")],
        } | values

    def call(self, function: str, *parameters: Any) -> Any:
        """The answer of a function of api_v1; lists and dicts go as JSON. Committed."""
        slots = ", ".join(["%s"] * len(parameters))
        row = self.connection.execute(
            f"select api_v1.{function}({slots})".encode(),
            [Jsonb(value) if isinstance(value, list | dict) else value for value in parameters],
        ).fetchone()
        self.connection.commit()
        assert row
        return row[0]

    def verify(self, request_id: str = "R1", **values: Any) -> dict[str, Any]:
        return self.call("verify", self.request(request_id, **values))

    def log(self, columns: str) -> list[tuple]:
        return self.connection.execute(
            f"select {columns} from audit.verification_log order by logged_at".encode()
        ).fetchall()


def settle(database: Warehouse) -> None:
    """Fills a template with the family, not published."""
    with database.connect() as connection:
        Family(connection)


def settle_and_publish(database: Warehouse) -> None:
    with database.connect() as connection:
        Family(connection).publish()


def problem(answer: dict[str, Any]) -> tuple[str, int]:
    return answer["problem"]["code"], answer["problem"]["http_status"]
