"""A warehouse small enough to count by hand: raw lines by contract, marts by DDL."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import Engine

from ingestion.contract import Contract, load_contracts
from ingestion.input_views import ensure_views
from ingestion.raw_table import ensure_table
from warehouse.database.connection import Warehouse

# A planted person: must appear in no result, message or page. The check character is right.
MARKER_NUMBER = "420202199001011231"
MARKER_NAME = "欧阳样本"
MARKER_ACCOUNT = "6222000011112222333"

MARTS = """
create table staging.stg_aid_household (aid_household_no text, monthly_amount_yuan numeric(14, 2),
    updated_at timestamptz, delivery_date date, order_before text, delivery_order integer, delivery_id text,
    order_after text, line_number integer);
create view staging.stg_deliveries as select * from ops.delivery where status = 'accepted';
create table marts.person_mention (feed text, delivery_id text, delivery_date date, line_number integer,
    role text, resident_id bigint, method text, match_score numeric);
create table marts.resident (resident_id bigint, id_number text, masked_id_number text, name text,
    born_on date, died_on date, is_registered boolean, division_code text);
create table marts.registered_household_member (household_no text, resident_id bigint);
create table marts.marriage_spell (certificate_no text, husband_resident_id bigint,
    wife_resident_id bigint, husband_name text, wife_name text, registered_on date, ended_on date,
    ended_by text);
create table marts.aid_household (aid_household_no text, aid_type_code text, division_code text,
    approved_on date, aided_until date, is_active boolean, urban_rural text, monthly_amount_yuan numeric(14, 2));
create table marts.aid_household_member (aid_household_no text, member_no integer, resident_id bigint,
    name text, relation text, id_number_note text, is_covered boolean, valid_from date, valid_to date);
create table marts.entitlement (entitlement_no text, benefit_code text, resident_id bigint,
    id_number_note text, division_code text);
create table marts.division (division_code text, valid_to date);
create table marts.benefit_standard (division_code text, standard_code text, amount_yuan numeric(14, 2),
    valid_from date, valid_to date);
create table marts.source_freshness_by_division (feed text, division_code text, is_stale boolean);
create table marts.benefit_month (case_no text, aid_household_no text, benefit_code text,
    benefit_month date, is_paid boolean, paid_yuan numeric(14, 2));
create table marts.benefit_month_person (resident_id bigint, benefit_code text, benefit_month date,
    case_no text, aid_household_no text, division_code text, household_paid_yuan numeric(14, 2),
    paid_share_yuan numeric(14, 2));
create table marts.eldercare_stay (stay_no text, resident_id bigint, entered_on date, left_on date);
create table marts.disability_card (card_no text, resident_id bigint, name text, disability_level integer,
    is_valid boolean, valid_until date, counts_until date);
create table marts.cremation (cremation_no text, resident_id bigint);
create table marts.income_item (resident_id bigint, income_kind text, income_month date,
    amount_yuan numeric(14, 2));
create table marts.property_item (resident_id bigint, property_kind text, item_no text, detail text,
    value_yuan numeric(14, 2), is_in_force boolean);
create table marts.household_means (aid_household_no text);
create table marts.household_means_item (detail text);
create table marts.legal_family_member (family_no text, resident_id bigint);
create table rules.anomaly_rule (rule_code text);
create table intermediate.int_rule_parameters (rule_code text, parameter text, division_code text, value numeric);
create table rules.finding (finding_id text, rule_code text, subject_resident_id bigint,
    aid_household_no text, outcome text, evidence jsonb);
create table rules.coverage (rule_code text, division_code text, assessed bigint);
create table rules.rule_precision (rule_code text, division_code text, is_observed boolean);
insert into rules.anomaly_rule values ('B01'), ('D03');
insert into intermediate.int_rule_parameters
select rule_code, parameter, division_code, value
from (values ('000000'), ('420202'), ('420203')) as division (division_code)
cross join (
    values ('D02', 'vehicle_value_limit_yuan', 20000), ('A02', 'grace_days', 3), ('E02', 'max_level', 2),
        ('D04', 'pension_counted_share', 1), ('D04', 'phase_out_months', 1), ('D03', 'max_dwellings', 1),
        ('E01', 'age_years', 80), ('E05', 'age_years', 18)
) as parameter (rule_code, parameter, value);
"""

# What it publishes, and from where.
SERVED = {
    name: f"marts.{name}"
    for name in (
        "resident", "registered_household_member", "marriage_spell", "aid_household", "aid_household_member",
        "entitlement", "benefit_month", "benefit_month_person", "eldercare_stay", "disability_card",
        "income_item", "property_item", "household_means",
    )
} | {"finding": "rules.finding"}  # fmt: skip


class SmallWarehouse:
    """Adds rows to a migrated database and asks it questions."""

    def __init__(self, database: Warehouse) -> None:
        self.engine: Engine = database.engine()
        self.connection = psycopg.connect(database.address, autocommit=True)
        self.landed: dict[str, Contract] = {}

    def close(self) -> None:
        self.connection.close()
        self.engine.dispose()

    def add(self, table: str, *rows: Mapping[str, Any]) -> None:
        for row in rows:
            values = [Jsonb(value) if isinstance(value, dict | list) else value for value in row.values()]
            self.connection.execute(
                sql.SQL("insert into {} ({}) values ({})").format(
                    sql.Identifier(*table.split(".")),
                    sql.SQL(", ").join(map(sql.Identifier, row)),
                    sql.SQL(", ").join([sql.Placeholder()] * len(row)),
                ),
                values,
            )

    def rows(self, query: str, *parameters: object) -> list[tuple]:
        return self.connection.execute(query.encode(), parameters).fetchall()

    def value(self, query: str, *parameters: object) -> Any:
        return self.rows(query, *parameters)[0][0]

    def land(
        self,
        feed: str,
        delivery_id: str,
        lines: Sequence[Mapping[str, str | None]],
        *,
        mode: str = "full",
        day: date = date(2025, 6, 25),
        rejected: int = 0,
        contract: Contract | None = None,
    ) -> None:
        """A delivery as ingestion leaves it: raw lines and a ledger row that waits for the gate.

        contract: null means the one shipped.
        """
        self.landed[feed] = contract or load_contracts()[feed]
        for version in self.landed[feed].versions:
            ensure_table(self.connection, version)
        contract = self.landed[feed].on(day)
        ensure_views(self.connection, self.landed)
        self.connection.execute(
            "insert into ops.feed (feed, system, title_zh, owner) values (%s, %s, %s, %s) on conflict do nothing",
            [feed, contract.system, contract.title, contract.owner],
        )
        with self.connection.cursor() as cursor:
            names = [*contract.column_names, "_delivery_id", "_line_number", "_row_hash", "_is_repeat"]
            copy = sql.SQL("copy raw.{} ({}) from stdin").format(
                sql.Identifier(feed), sql.SQL(", ").join(map(sql.Identifier, names))
            )
            with cursor.copy(copy) as stream:
                for number, line in enumerate(lines, start=2):
                    values = [line.get(name, "") for name in contract.column_names]
                    stream.write_row([*values, delivery_id, number, f"{number:032x}", False])
        self.add(
            "ops.delivery",
            {
                "delivery_id": delivery_id,
                "system": contract.system,
                "feed": feed,
                "business_date": day,
                "mode": mode,
                "sequence_no": 1,
                "file_name": f"{delivery_id}.csv",
                "sha256": "0" * 64,
                "layout_version": 1,
                "received_count": len(lines) + rejected,
                "landed_count": len(lines),
                "rejected_count": rejected,
                "repeated_count": 0,
            },
        )
        for number in range(rejected):
            self.add(
                "ops.rejected_row",
                {
                    "delivery_id": delivery_id,
                    "line_number": 10_000_000 + number,
                    "reason_code": "unreadable",
                    "raw_line": f"{MARKER_NUMBER},{MARKER_NAME}",
                },
            )

    def status(self, delivery_id: str) -> str:
        return str(self.value("select status from ops.delivery where delivery_id = %s", delivery_id))

    def count(self, rule_code: str) -> int:
        """Offending subjects of the anomalies suite by rule."""
        query = "select unexpected_count from ops.gate_result where gate = 'anomalies' and rule_code = %s"
        return int(self.value(query, rule_code))

    def publish(self, generation: int, day: date) -> None:
        """Move the readers' pointer; their rows are added with ``add_published``."""
        self.add(
            "ops.generation",
            {
                "generation": generation,
                "business_date": day,
                "inputs_digest": str(generation),
                "inserted_count": 0,
                "closed_count": 0,
            },
        )
        self.connection.execute("delete from pub.current_generation")
        self.add("pub.current_generation", {"generation": generation})

    def add_published(self, table: str, *rows: Mapping[str, Any], generation: int = 1) -> None:
        for row in rows:
            key = "|".join(str(value) for value in row.values())
            self.add(
                f"pub.{table}",
                {"row_key": key, "row_hash": "0" * 32, "from_generation": generation, **row},
            )
