"""What the papers in docs/ (assurance, privacy, processing) say is so, as far as a file can tell. No database."""

import re
from dataclasses import replace

import pytest

from ingestion.contract import load_contracts
from ingestion.privacy import CLASSES_ZH, READERS_ZH, columns_about_people, privacy_page
from ingestion.processing import ALL, activities, processing_page
from warehouse.database.code import FOLDER
from warehouse.database.settings import PROJECT_ROOT, settings

PAGE = (PROJECT_ROOT / "docs" / "assurance.md").read_text(encoding="utf-8")
CONTRACTS = load_contracts()


def test_every_test_that_is_named_is_there() -> None:
    named = set(re.findall(r"`(tests/[\w/]+\.py)`", PAGE))
    assert len(named) > 12
    assert sorted(name for name in named if not (PROJECT_ROOT / name).exists()) == []


def test_every_setting_of_retention_is_in_its_table_with_what_holds_unless_set() -> None:
    table = PAGE[PAGE.index('<a id="retention-schedule">') :]
    named = {name.lower() for name in re.findall(r"`MINZHENG_(\w+)`", table)}
    chosen = settings()
    assert named == {name for name in type(chosen).model_fields if name.startswith("keep_")} | {
        "backup_keep_days"
    }
    assert f"| {chosen.keep_log_days} 天 |" in table
    assert f"| {chosen.backup_keep_days} 天 |" in table


def test_every_kind_of_personal_column_is_listed_by_its_class_and_by_who_reads_it() -> None:
    page = privacy_page(list(CONTRACTS.values()))
    assert set(CLASSES_ZH) == set(READERS_ZH)
    for contract in CONTRACTS.values():
        flat = [inner for column in contract.columns for inner in (column, *column.items)]
        listed = [column for columns in columns_about_people(contract).values() for column in columns]
        assert {column.name for column in flat if column.is_sensitive} == {column.name for column in listed}
        section = page[page.index(f'<a id="{contract.feed}">') :].split("<a id=")[1]
        assert [column.title for column in listed if column.title not in section] == []


def test_a_column_that_becomes_personal_appears() -> None:
    contract = CONTRACTS["benefit_standard"]
    assert "不涉及个人" in privacy_page([contract])
    personal = replace(contract.columns[0], classification="health", title="某种健康状况")
    page = privacy_page([replace(contract, columns=(personal, *contract.columns[1:]))])
    assert "| 健康状况★ | 某种健康状况 |" in page


def test_the_register_names_roles_settings_and_tests_that_are_there_and_leaves_no_role_out() -> None:
    known = {path.stem for path in (FOLDER / "rights").glob("*.sql")}
    fields, register = type(settings()).model_fields, activities()
    for activity in register:
        assert set(activity.roles) <= known, activity.name
        assert bool(activity.roles) != bool(activity.login), activity.name
        assert {name.lower() for name in activity.settings} <= fields.keys(), activity.name
        assert [test for test in activity.tests if not (PROJECT_ROOT / test).exists()] == [], activity.name
        assert activity.classes == ALL or set(activity.classes) <= CLASSES_ZH.keys(), activity.name
    # Those who own what is there, and act for nobody.
    owners = {"dw_owner", "analytics_owner", "line_reader"}
    assert {role for activity in register for role in activity.roles} == known - owners
    kept = {name for name in fields if name.startswith("keep_")} | {"backup_keep_days"}
    assert {name.lower() for activity in register for name in activity.settings} == kept


def test_the_register_tells_what_the_contracts_bring() -> None:
    collecting = activities()[0].name
    (row,) = [
        line for line in processing_page(list(CONTRACTS.values())).splitlines() if f"| {collecting} |" in line
    ]
    assert "健康状况★" in row
    (row,) = [
        line for line in processing_page([CONTRACTS["vehicle"]]).splitlines() if f"| {collecting} |" in line
    ]
    assert "健康状况" not in row


@pytest.mark.parametrize("anchor", ["threats", "dengbao", "miping", "retention-schedule", "penetration"])
def test_each_part_has_its_anchor(anchor: str) -> None:
    assert f'<a id="{anchor}"></a>' in PAGE
