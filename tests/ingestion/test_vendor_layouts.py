"""Twelve invented senders' files, by contract alone: every line that can be read lands at its physical line,
every other is rejected there, titles and totals are neither. The contracts lie in ``layouts/`` beside this."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from example_pack import FOLDERS, LAYOUTS, PACK
from invariants import check_invariants, fingerprint
from landing_database import emptied

from ingestion.contract import Contract, load_contracts
from ingestion.landing import land_inbox
from warehouse.database.connection import Warehouse

CONTRACTS = load_contracts(LAYOUTS)

pytestmark = pytest.mark.skipif(
    not PACK.exists(),
    reason="the given layouts are not there; test_other_layouts covers their kinds with its own",
)


@dataclass(frozen=True)
class Taken:
    """Lines of a file from the first to the last that is data, and those that cannot be read, with the reason."""

    first: int
    last: int
    rejected: dict[int, str]


TAKEN: dict[str, dict[str, Taken]] = {
    "renshou_marriage": {
        "HYDJ_QL_20250602.csv": Taken(4, 12, {9: "unreadable_date", 10: "unknown_code"}),
        "HYDJ_ZL_20250603.csv": Taken(2, 5, {}),
        "HYDJ_ZL_20250604.csv": Taken(2, 7, {7: "unknown_operation"}),
    },
    "danleng_register": {
        "HJK20250601Q.DAT": Taken(1, 11, {10: "line_length"}),
        "HJK20250602B.DAT": Taken(1, 4, {4: "unknown_operation"}),
    },
    "qingshen_dossier": {
        "jzda-quan-20250531.ndjson": Taken(1, 8, {7: "invalid_json", 8: "unknown_code"}),
        "jzda-bian-20250610.ndjson": Taken(1, 3, {}),
    },
    "qingshen_payment": {
        "ZJFF20250410.1-1.txt": Taken(2, 3, {}),
        "ZJFF20250610.1-2.txt": Taken(2, 6, {}),
        "ZJFF20250610.2-2.txt": Taken(2, 7, {5: "unreadable_amount", 6: "unknown_code"}),
        "ZJFF20250710.1-1.txt": Taken(2, 6, {}),
    },
    "qingshen_stay": {
        "rzmc_202505.xls": Taken(3, 8, {8: "unreadable_date"}),
        "rzmc_202506.xls": Taken(3, 9, {9: "unreadable_date"}),
    },
    "hongya_cremation": {
        "火化明细202505.xlsx": Taken(2, 7, {7: "missing_value"}),
        "火化明细202506.xlsx": Taken(2, 5, {5: "unknown_code"}),
    },
    "dongpo_real_estate": {"bdcqlr_20250601.csv": Taken(2, 12, {10: "unreadable_share", 12: "unknown_code"})},
    "meishan_vehicle": {
        "JTGL_CL_20250531.txt": Taken(1, 7, {7: "field_count"}),
        "JTGL_CL_20250630.txt": Taken(1, 7, {7: "unknown_code"}),
    },
    "deposit_reply": {"CKFK20250605.zip": Taken(2, 10, {8: "unknown_code", 9: "unreadable_amount"})},
    "home_visit_order": {
        "12349_gd_20250602.json": Taken(1, 6, {6: "unreadable_instant"}),
        "12349_gd_20250603.json": Taken(1, 5, {5: "unreadable_number"}),
    },
    "disability_roster": {
        "cjrz_20250601.csv": Taken(2, 8, {7: "unexpected_form", 8: "unknown_code"}),
        "cjrz_20250701.csv": Taken(2, 6, {}),
    },
    "pengshan_marriage": {
        "HYDJ_QL_20250602.csv": Taken(4, 9, {9: "unknown_code"}),
        "HYDJ_ZL_20250603.csv": Taken(2, 4, {}),
    },
}


def lay_out(root: Path, contracts: dict[str, Contract]) -> None:
    for feed, folder in FOLDERS.items():
        shutil.copytree(PACK / folder / "drop", root / contracts[feed].location)


@pytest.fixture(scope="module")
def module_db(landing_database: Warehouse) -> Iterator[psycopg.Connection]:
    with emptied(landing_database) as connection:
        yield connection


@pytest.fixture(scope="module")
def landed(module_db: psycopg.Connection, tmp_path_factory: pytest.TempPathFactory) -> psycopg.Connection:
    """All folders, landed once."""
    root = tmp_path_factory.mktemp("drop")
    lay_out(root, CONTRACTS)
    results = land_inbox(module_db, CONTRACTS, root)
    assert {result.outcome for result in results} == {"landed"}, results
    check_invariants(module_db)
    before = fingerprint(module_db)
    assert {result.outcome for result in land_inbox(module_db, CONTRACTS, root)} == {"skipped"}
    assert fingerprint(module_db) == before
    return module_db


def rows(db: psycopg.Connection, feed: str, file: str, columns: str, where: str = "true") -> list[Any]:
    found = db.execute(
        f"select {columns} from raw.{feed} where {where} and _delivery_id in "
        "(select delivery_id from ops.delivery where feed = %s and file_name = %s) order by _line_number",
        [feed, file],
    ).fetchall()
    return [row[0] if len(row) == 1 else row for row in found]


@pytest.mark.parametrize(("feed", "file"), [(feed, file) for feed, files in TAKEN.items() for file in files])
def test_every_line_is_where_it_belongs(landed: psycopg.Connection, feed: str, file: str) -> None:
    taken = TAKEN[feed][file]
    rejected = landed.execute(
        "select line_number, reason_code from ops.rejected_row inner join ops.delivery using (delivery_id) "
        "where feed = %s and file_name = %s",
        [feed, file],
    ).fetchall()
    assert dict(rejected) == taken.rejected
    expected = set(range(taken.first, taken.last + 1)) - set(taken.rejected)
    assert rows(landed, feed, file, "_line_number") == sorted(expected)


def test_no_folder_is_left_out() -> None:
    assert sorted(FOLDERS.values()) == sorted(folder.name for folder in PACK.iterdir() if folder.is_dir())
    for feed, folder in FOLDERS.items():
        assert sorted(TAKEN[feed]) == sorted(file.name for file in (PACK / folder / "drop").iterdir())


def test_values_are_as_sent(landed: psycopg.Connection) -> None:
    """One of each kind of reader."""
    assert rows(
        landed, "renshou_marriage", "HYDJ_ZL_20250603.csv", "operation, event_no, remark", "line_no = '3'"
    ) == [("S", "H24000077", None)]
    assert rows(
        landed, "danleng_register", "HJK20250601Q.DAT", "name, division_code, status_on", "_line_number = 3"
    ) == [("卓𬱖", "511424000000", "")]
    assert rows(landed, "qingshen_dossier", "jzda-bian-20250610.ndjson", "authorization_no, authorized_to") == [
        ("WS23-0107", "2026-02-05"), ("WS25-0077", "2026-05-11"), (None, None)
    ]  # fmt: skip
    assert rows(landed, "qingshen_stay", "rzmc_202505.xls", "bed_no, entered_on, left_on", "place in ('2', '3')") == [
        ("201", "2024年3月9日", None), ("A12", "2023/11/5", "2025-05-20")
    ]  # fmt: skip
    assert rows(landed, "hongya_cremation", "火化明细202505.xlsx", "deceased_id_number", "_line_number in (3, 4)") == [
        "5.1142319400315e+17", "511423310518005"
    ]  # fmt: skip
    assert rows(landed, "meishan_vehicle", "JTGL_CL_20250630.txt", "assessed_yuan", "_line_number = 4") == [
        ""
    ]
    assert rows(landed, "deposit_reply", "CKFK20250605.zip", "account_no, balance_yuan", "bank like '蟆颐%%'") == [
        ("8800120010000001", "0.00"), ("", "")
    ]  # fmt: skip
    assert rows(
        landed,
        "home_visit_order",
        "12349_gd_20250602.json",
        "started_at, seconds, fee_yuan",
        "_line_number = 1",
    ) == [("2025-06-02T00:30:00Z", "3600", "35")]
    assert rows(
        landed, "disability_roster", "cjrz_20250601.csv", "card_no, status_changed_on", "_line_number = 3"
    ) == [("51142120010203052852B1", "")]


def test_parts_and_fulls_come_in_order(landed: psycopg.Connection) -> None:
    found = landed.execute(
        "select business_date::text, mode, sequence_no from ops.delivery "
        "where feed in ('qingshen_payment', 'qingshen_stay') order by feed, business_date, sequence_no"
    ).fetchall()
    assert found == [
        ("2025-04-10", "delta", 101), ("2025-06-10", "delta", 101), ("2025-06-10", "delta", 201),
        ("2025-07-10", "delta", 101), ("2025-05-31", "full", 1), ("2025-06-30", "full", 1),
    ]  # fmt: skip


def test_two_districts_of_one_system_stand_apart(landed: psycopg.Connection) -> None:
    for feed, kind in (("renshou_marriage", "11"), ("pengshan_marriage", "JH")):
        assert kind in rows(landed, feed, "HYDJ_QL_20250602.csv", "event_type")
