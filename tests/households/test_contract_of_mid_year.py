"""A few people whose senders change their systems in mid-year: a column renamed, another dropped, a code added, a unit
changed, a number no longer always there. What came before keeps what it said, in following builds and in a full
refresh."""

import re
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
import small_inbox
from golden_town import URBAN, id_number, in_book, who
from small_inbox import SmallInbox, line

from ingestion.contract import CONTRACT_FOLDER, load_contracts
from warehouse.bureau.examine import examine
from warehouse.database.settings import settings
from warehouse.pipeline.build import build_gate_publish
from warehouse.pipeline.runs import run

pytestmark = pytest.mark.builds

BEFORE, AFTER = date(2025, 6, 30), date(2025, 7, 1)
# Contract to what its sender writes otherwise from the later day on.
CHANGES = {
    "register__population": [
        (r"physicalName: 户号", "physicalName: 户编号"),
        (r"      - name: relation_code\n(?:        .*\n)+", ""),
        (r"not_sent: \[person_no\]", "not_sent: [person_no, relation_code], map: {household_type: "
         "{column: household_type, codes: {城镇: 城镇, 农村: 农村, 居民: 城镇}}}"),
        (r"( +)- \{value: 农村, label: 农村\}", r"\g<0>\n\1- {value: 居民, label: 居民}"),
    ],
    "shared__vehicle": [
        (r"physicalName: 评估价\(万元\)", "physicalName: 评估价(元)"),
        (r"value: wan_yuan", "value: yuan"),
        (r"value: 万元", "value: 元"),
    ],
    "assistance__payment": [
        (r"(description: 救助家庭编号或个人待遇编号\n        logicalType: string\n)        required: true\n", r"\1"),
    ],
}  # fmt: skip
MARTS = {
    "registered_household_member": "household_no, relation_code, valid_from, valid_to",
    "resident": "household_type, registered_household_no",
    "property_item": "item_no, value_yuan",
    "benefit_month": "case_no, benefit_month, paid_yuan",
    "benefit_month_person": "case_no, benefit_month, paid_share_yuan",
}


class Told(NamedTuple):
    """What the marts say of people by their numbers, by mart: after two following builds, and made anew."""

    following: dict[str, list[tuple[Any, ...]]]
    afresh: dict[str, list[tuple[Any, ...]]]


def payment(number: int, person: int, case_no: str, month: str) -> dict[str, Any]:
    return line(
        "payment", number, payment_no=f"P{number}", case_no=case_no, benefit_code="GL", benefit_month=month,
        paid_month=month, paid_on=f"{month[:4]}-{month[4:]}-08", **who(person, "payee_"), amount_yuan="100",
        payment_status="成功", division_code=URBAN,
    )  # fmt: skip


def car(number: int, plate: str, value: str) -> dict[str, Any]:
    return line("vehicle", number, plate_no=plate, assessed_wan_yuan=value, **who(21, "owner_"))


def two_versions(folder: Path) -> None:
    folder.mkdir(parents=True)
    for name, changes in CHANGES.items():
        shutil.copy(CONTRACT_FOLDER / f"{name}.yml", folder / f"{name}.former.yml")
        text = (CONTRACT_FOLDER / f"{name}.yml").read_text(encoding="utf-8")
        for old, new in [
            *changes,
            (r"customProperties:\n", rf"\g<0>  - {{property: firstDay, value: {AFTER}}}\n"),
        ]:
            text, found = re.subn(old, new, text, count=1)
            assert found, old
        (folder / f"{name}.yml").write_text(text, encoding="utf-8")


def deliver_before(box: SmallInbox) -> None:
    box.add(
        "population", [in_book(1, 1, 21, "02"), in_book(2, 1, 22, "10"), in_book(3, 2, 11, "02")], day=BEFORE
    )
    box.add("vehicle", [car(1, "鄂BA0001", "4.2")], day=BEFORE)
    box.add("payment", [payment(1, 11, "DY1", "202506")], day=BEFORE)


def deliver_after(box: SmallInbox) -> None:
    people = [in_book(1, 1, 21, "02"), in_book(2, 1, 22, "10"), in_book(3, 2, 11, "02")]
    box.add("population", [person | {"household_type": "居民"} for person in people], day=AFTER)
    box.add("vehicle", [car(2, "鄂BA0002", "50000")], day=AFTER, mode="delta")
    box.add("payment", [payment(2, 11, "", "202506"), payment(3, 22, "", "202506")], day=AFTER, mode="delta")


def told(connection: psycopg.Connection) -> dict[str, list[tuple[Any, ...]]]:
    return {
        mart: connection.execute(
            f"select person.id_number, {', '.join(f'said.{column}' for column in columns.split(', '))}"
            f" from marts.{mart} as said"
            f" left join marts.resident as person on person.resident_id = said.{resident} order by 1, 2, 3".encode()
        ).fetchall()
        for mart, columns in MARTS.items()
        for resident in ["payee_resident_id" if mart == "benefit_month" else "resident_id"]
    }


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory, new_database: Any) -> Iterator[Told]:
    home = tmp_path_factory.mktemp("mid_year")
    folder, inbox = home / "bureau", home / "inbox"
    two_versions(folder / "contracts")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINZHENG_BUREAU", str(folder))
        patch.setenv("MINZHENG_HOME", str(home))
        settings.cache_clear()
        assert examine(folder).faults == ()
        box, database = SmallInbox(inbox), new_database(None)
        deliver_before(box)
        assert run(database, inbox).publication is not None
        for feed, contract in load_contracts().items():
            patch.setitem(small_inbox.CONTRACTS, feed, contract)
        deliver_after(box)
        assert run(database, inbox).publication is not None
        with database.connect() as connection:
            following = told(connection)
            connection.commit()
            assert build_gate_publish(database, full_refresh=True).publication is not None
            yield Told(following, told(connection))
    settings.cache_clear()


def test_a_full_refresh_reads_each_line_by_the_contract_of_its_day(marts: Told) -> None:
    assert marts.afresh == marts.following


def test_a_column_dropped_leaves_what_was_said(marts: Told) -> None:
    book = f"{URBAN}{1:07d}"
    assert marts.afresh["registered_household_member"] == [
        (id_number(11), f"{URBAN}{2:07d}", "02", BEFORE, None),
        (id_number(21), book, "02", BEFORE, None),
        (id_number(22), book, "10", BEFORE, None),
    ]


def test_columns_renamed_codes_added_units_changed_are_read(marts: Told) -> None:
    assert {row[1:] for row in marts.afresh["resident"]} == {
        ("urban", f"{URBAN}{1:07d}"),
        ("urban", f"{URBAN}{2:07d}"),
    }
    assert marts.afresh["property_item"] == [
        (id_number(21), "鄂BA0001", 42000),
        (id_number(21), "鄂BA0002", 50000),
    ]


def test_a_payment_without_a_number_of_its_case_is_a_case_of_its_own(marts: Told) -> None:
    """Those of several people are not one, and a following build takes them in."""
    june = date(2025, 6, 1)
    assert marts.afresh["benefit_month"] == [
        (id_number(11), "DY1", june, 100),
        (id_number(11), "支付流水 P2", june, 100),
        (id_number(22), "支付流水 P3", june, 100),
    ]
    assert marts.afresh["benefit_month_person"] == marts.afresh["benefit_month"]
