"""One town, told by the senders of the example bureau and by other vendors: what is built of it is the same."""

import re
from pathlib import Path
from typing import Any

import psycopg
import pytest
from templates import NewDatabase
from town import Town

from lab.second_layouts import retell
from warehouse.database.connection import Warehouse
from warehouse.pipeline import build
from warehouse.pipeline.runs import gate_deliveries, land

pytestmark = pytest.mark.builds

# What does not say where a line stands; numbers of two systems bear their names, and whoever is meant is told by
# what the register knows of them.
PERSON = (
    "(select person.id_number || person.name from marts.resident as person where person.resident_id = {})"
)
SAID: dict[str, str] = {
    "rules.finding": "rule_code, outcome, {subject_resident_id}, aid_household_no, division_code, first_on, last_on, "
    "amount_yuan, severity",
    "marts.resident": "id_number, name, sex_code, born_on, died_on, division_code, household_type, is_registered, "
    "registered_household_no",
    "marts.marriage_spell": "certificate_no, {husband_resident_id}, {wife_resident_id}, registered_on, ended_on, "
    "ended_by, has_overlap",
    "marts.aid_household": "aid_household_no, aid_type_code, urban_rural, division_code, applied_on, approved_on, "
    "stopped_on, is_active, applicant_marital_status, declared_monthly_income_yuan, monthly_amount_yuan, account_no, "
    "authorization_no, authorized_from, authorized_to, member_count",
    "marts.aid_household_member": "aid_household_no, member_no, {resident_id}, name, relation, is_covered, "
    "declared_income_yuan, valid_from, valid_to",
    "marts.entitlement": "entitlement_no, benefit_code, {resident_id}, started_on, ended_on, is_active",
    "marts.benefit_month": "case_no, benefit_code, benefit_month, is_paid, paid_yuan, recovered_yuan, "
    "{payee_resident_id}, account_no, division_code",
    "marts.property_item": "{resident_id}, property_kind, item_no, detail, value_yuan, share, status, is_in_force, "
    "acquired_on",
    "marts.income_item": "{resident_id}, income_kind, income_month, amount_yuan",
    "marts.registered_household_member": "household_no, {resident_id}, relation_code, valid_from, valid_to",
    "marts.legal_family_member": "{resident_id}, relation, valid_from, valid_to",
    # Of several legal families that somebody may belong to, the line that came first decides.
    "(select * from marts.household_means where household_kind <> 'legal')": "household_kind, division_code, "
    "member_count, income_yuan, countable_income_yuan, standard_yuan, vehicle_value_yuan, dwelling_count, "
    "property_outcome",
}  # fmt: skip


def said(database: Warehouse) -> dict[str, list[Any]]:
    with psycopg.connect(database.address) as db:
        found = {}
        for table, columns in SAID.items():
            named = re.sub(r"\{(\w+)\}", lambda match: PERSON.format(f"told.{match[1]}"), columns)
            rows = db.execute(f"select row({named})::text from {table} as told").fetchall()
            found[table] = sorted(re.sub(r"\b(first|second)/", "", row[0]) for row in rows)
    return found


def test_the_same_town_through_other_layouts(
    town: Town,
    database: Warehouse,
    new_database: NewDatabase,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = retell(town.inbox, tmp_path / "second")
    monkeypatch.setenv("MINZHENG_BUREAU", str(out))
    landed = land(database, out / "inbox")
    assert {delivery.outcome for delivery in landed} == {"landed"}
    assert sum(delivery.rejected_count for delivery in landed) == 0
    assert gate_deliveries(database) == []
    begun = build.stage(database)
    assert begun
    build.link(database, begun.build_no)
    build.derive(database, begun.build_no)
    first, second = said(new_database(town.after("derive"))), said(database)
    assert min(len(first["rules.finding"]), len(first["marts.marriage_spell"])) > 50
    for table in SAID:
        assert second[table] == first[table], table
