"""The golden town read by other contracts: what a code mapped wrongly does, what nobody sends, and what departments
nobody thought of tell. Nothing but contracts differs."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import small_inbox
import yaml
from golden_town import DAY, who, write_town
from small_inbox import SmallInbox, line

from ingestion.contract import CONTRACT_FOLDER, load_contract
from warehouse.database.errors import GateClosed
from warehouse.pipeline.build import build_gate_publish
from warehouse.pipeline.runs import run

pytestmark = pytest.mark.builds

# Feed: records, then name, title and type of its columns.
FURTHER = {
    "dividend": (
        [{"record": "income_record", "map": {"income_kind": {"constant": "property"}, "payer": "village"}}],
        [("income_no", "凭证", "identifier"), ("name", "户名", "name"), ("id_number", "证件", "id_number"),
         ("income_month", "至", "month"), ("months", "月数", "number"), ("amount_yuan", "分红", "yuan"),
         ("village", "村集体", "text")],
    ),
    "deposit_reply": (
        [{"record": "bank_deposit"}],
        [("query_no", "委托", "identifier"), ("id_number", "证件", "id_number"), ("name", "户名", "name"),
         ("bank", "银行", "text"), ("account_no", "账户", "account"), ("balance_yuan", "余额", "yuan"),
         ("as_of_on", "时点", "date")],
    ),
}  # fmt: skip
KEYS = {"dividend": ["income_no"], "deposit_reply": ["query_no", "id_number", "bank", "account_no"]}
NOT_SENT = {
    "shared__social_insurance": (
        "{record: social_insurance}",
        "{record: social_insurance, not_sent: [is_public_payroll]}",
    ),
    "assistance__aid_household": (
        "not_sent: [grace_until]",
        "not_sent: [grace_until, authorization_no, authorized_from, authorized_to]",
    ),
}
MARRIAGES = "marriage__marriage_event"
MISREAD = (
    "{record: marriage_event}",
    "{record: marriage_event, map: {event_type: {column: event_type,"
    " codes: {结婚登记: 补领, 离婚登记: 离婚登记, 补领: 补领, 撤销: 撤销}}}}",
)


def contract_text(feed: str) -> str:
    records, columns = FURTHER[feed]
    properties = []
    for name, title, kind in columns:
        described: dict[str, Any] = {
            "name": name, "physicalName": title, "businessName": title, "logicalType": "string",
            "classification": "none", "customProperties": [{"property": "type", "value": kind}],
        }  # fmt: skip
        if name == "months":
            described["customProperties"].append({"property": "unit", "value": "月"})
        if name in KEYS[feed]:
            described |= {"primaryKey": True, "primaryKeyPosition": KEYS[feed].index(name) + 1}
        properties.append(described)
    said = {"system": "shared", "feed": feed, "layoutVersions": [1], "encoding": "utf-8", "delimiter": ",",
            "headerLine": 1, "records": records}  # fmt: skip
    pattern = f"shared/{feed}/{{YYYYMMDD}}/{feed}_{{YYYYMMDD}}_{{full|delta}}_{{nn}}.csv"
    return yaml.safe_dump(
        {
            "apiVersion": "v3.2.0", "kind": "DataContract", "id": f"shared.{feed}", "name": feed, "version": "1.0.0",
            "status": "active", "domain": "shared", "description": {"purpose": feed, "limitations": "无"},
            "team": {"name": "某部门"},
            "servers": [{"server": "inbox", "type": "local", "path": pattern, "format": "csv"}],
            "customProperties": [{"property": name, "value": value} for name, value in said.items()],
            "slaProperties": [{"property": "schedule", "value": "0 6 1 * *", "unit": "cron"},
                              {"property": "freshness", "value": 35, "unit": "d"}],
            "schema": [{"name": feed, "businessName": feed, "logicalType": "object", "physicalType": "table",
                        "properties": properties}],
        },
        allow_unicode=True,
    )  # fmt: skip


def correct(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / f"{name}.yml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def write_further(inbox: Path) -> None:
    box = SmallInbox(inbox)
    box.add(
        "dividend",
        [
            # Twelve months of 700 beside a wage of 100; of another, less than the standard.
            line(
                "dividend",
                1,
                income_no="F1",
                **who(51),
                income_month="202506",
                months="12",
                amount_yuan="8400",
            ),
            line(
                "dividend", 2, income_no="F2", **who(61), income_month="202506", months="", amount_yuan="600"
            ),
        ],
        day=DAY,
    )
    box.add(
        "deposit_reply",
        [
            # 24 standards of 725 are 17,400.
            line("deposit_reply", 1, query_no="W1", **who(11), bank="农商行", account_no="6217000000001234",
                 balance_yuan="17400.01", as_of_on="2025-06-04"),
            line("deposit_reply", 2, query_no="W1", **who(61), bank="农商行", account_no="", balance_yuan="",
                 as_of_on="2025-06-04"),
        ],
        day=DAY,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bureau") / "contracts"
    shutil.copytree(CONTRACT_FOLDER, folder)
    for name, (old, new) in NOT_SENT.items():
        correct(folder, name, old, new)
    for feed in FURTHER:
        (folder / f"shared__{feed}.yml").write_text(contract_text(feed), encoding="utf-8")
    correct(folder, MARRIAGES, *MISREAD)
    return folder


@pytest.fixture(scope="module")
def refusal_and_warehouse(
    folder: Path, templates: Any, new_database: Any
) -> Iterator[tuple[str, psycopg.Connection]]:
    """Why the first release was refused, and the town as published once the contract was corrected."""
    inbox = folder.parent / "inbox"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINZHENG_BUREAU", str(folder.parent))
        for feed in FURTHER:
            patch.setitem(small_inbox.CONTRACTS, feed, load_contract(folder / f"shared__{feed}.yml"))
        write_town(inbox)
        write_further(inbox)
        database = new_database(None)
        with pytest.raises(GateClosed) as refused:
            run(database, inbox)
        correct(folder, MARRIAGES, *reversed(MISREAD))
        assert build_gate_publish(database).publication is not None
    with database.connect() as connection:
        yield str(refused.value), connection


@pytest.fixture(scope="module")
def warehouse(refusal_and_warehouse: tuple[str, psycopg.Connection]) -> psycopg.Connection:
    return refusal_and_warehouse[1]


def outcomes(connection: psycopg.Connection, rule_code: str) -> dict[str, set[str]]:
    """By outcome the households judged."""
    found: dict[str, set[str]] = {}
    for outcome, household in connection.execute(
        "select outcome, aid_household_no from rules.rule_result where rule_code = %s", [rule_code]
    ).fetchall():
        found.setdefault(outcome, set()).add(household)
    return found


def test_marriages_read_as_something_else_stop_the_first_release(refusal_and_warehouse) -> None:
    refusal, connection = refusal_and_warehouse
    assert "婚姻登记（marriage_event）的有效记录进入 marriage_spell" in refusal
    assert connection.execute("select min(generation), count(*) from ops.generation").fetchone() == (1, 1)
    assert connection.execute("select count(*) from pub.current_marriage_spell").fetchone() == (3,)


@pytest.mark.parametrize(
    ("rule_code", "columns"),
    [("D05", "社会保险·财政供养"), ("G01", "救助家庭·授权书编号、救助家庭·授权起、救助家庭·授权止")],
)
def test_a_rule_whose_column_nobody_sends_judges_nobody(warehouse, rule_code: str, columns: str) -> None:
    judged = outcomes(warehouse, rule_code)
    assert set(judged) == {"not_assessable"}
    assert len(judged["not_assessable"]) == 10
    reasons = warehouse.execute(
        "select distinct evidence -> 'facts' ->> 'columns_not_sent' from rules.finding"
        " where rule_code = %s and evidence -> 'facts' ->> 'reason' = 'column_not_sent'",
        [rule_code],
    ).fetchall()
    assert reasons == [(columns,)]
    assert warehouse.execute(
        "select sum(assessed), sum(hits), sum(not_assessable) >= 10 from rules.coverage where rule_code = %s",
        [rule_code],
    ).fetchone() == (0, 0, True)


@pytest.mark.parametrize(
    ("is_clear", "without_subject"), [(True, []), (False, [(None, None, "not_assessable")])]
)
def test_where_some_send_a_column_and_nobody_says_so_the_rule_does(
    warehouse, is_clear: bool, without_subject: list[tuple[None, None, str]]
) -> None:
    """Of two senders of households one has no authorization: G01 found a hit among those of the other, and whoever
    is clear, if anybody is, is told not assessable."""
    rule, not_sent = _relations(warehouse, "g01_no_live_authorization", "int_not_sent")
    with warehouse.transaction(force_rollback=True):
        warehouse.execute(f"update {not_sent} set is_sent_by_some = true where rule_code = 'G01'")
        warehouse.execute(f"update {rule} set outcome = 'hit'")
        if is_clear:
            warehouse.execute(f"update {rule} set outcome = 'clear' where aid_household_no = 'JZ0001'")
        found = warehouse.execute(
            "select aid_household_no, subject_resident_id, outcome from rules.rule_result where rule_code = 'G01'"
            " and outcome = 'not_assessable'"
        ).fetchall()
    assert [row for row in found if row[0] is None] == without_subject
    assert [row[0] for row in found if row[0]] == (["JZ0001"] if is_clear else [])


def _relations(connection: psycopg.Connection, *names: str) -> list[str]:
    """The tables behind the names, with their schemas."""
    return [
        next(
            row[0]
            for row in connection.execute(
                "select oid::regclass::text from pg_class where relname = %s and relkind = 'r'", [name]
            ).fetchall()
        )
        for name in names
    ]


def test_the_other_rules_judge_as_before(warehouse) -> None:
    assert outcomes(warehouse, "D01") | {"clear": set()} == {
        "hit": {"JZ0008"},
        "clear": set(),
        "not_assessable": {"JZ0010"},
    }


def test_the_dividends_of_a_village_change_who_is_above_the_standard(warehouse) -> None:
    assert "JZ0005" in outcomes(warehouse, "D04")["hit"]  # 100 + 700 of 725
    assert "JZ0006" in outcomes(warehouse, "D04")["clear"]
    ((feeds, per_capita),) = warehouse.execute(
        "select array(select distinct source ->> 'feed' from jsonb_array_elements(evidence -> 'sources') as source"
        " order by 1), evidence -> 'facts' ->> 'income_per_capita_yuan'"
        " from rules.finding where rule_code = 'D04' and aid_household_no = 'JZ0005'"
    ).fetchall()
    assert (feeds, per_capita) == (["aid_household", "income_record", "social_insurance"], "800.00")
    # What was declared stands back where a source tells: 600 in the latest of two months.
    assert warehouse.execute(
        "select income_yuan from marts.household_means where household_no = 'JZ0006' and household_kind = 'aid'"
    ).fetchone() == (300,)


def test_deposits_are_held_against_their_limit(warehouse) -> None:
    told = {
        household: (value, limit, outcome)
        for household, value, limit, outcome in warehouse.execute(
            "select household_no, test ->> 'value', test ->> 'limit', test ->> 'outcome'"
            " from marts.household_means cross join jsonb_array_elements(property_tests) as test"
            " where household_kind = 'aid' and test ->> 'test' = 'deposit'"
        ).fetchall()
    }
    assert told["JZ0001"] == ("17400.01", "17400.00", "above")
    assert told["JZ0006"] == ("0.00", "17400.00", "within")  # the bank has answered: none
    assert told["JZ0005"] == (None, "17400.00", "not_assessable")
    items = warehouse.execute(
        "select item_no, value_yuan::text from marts.property_item where property_kind = 'deposit'"
    ).fetchall()
    assert items == [("农商行 1234", "17400.01")]
