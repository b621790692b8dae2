"""What is not read for certain is told at landing, and nothing wrong is kept in its place."""

from datetime import timedelta

import psycopg
import pytest
from small_inbox import CONTRACTS, DAY, Land, SmallInbox, line


@pytest.mark.parametrize(
    "damaged", ["4.20222E+17", "无", "#N/A", " 4.2E+17", "000000", "4２０222199001011231.0"]
)
@pytest.mark.parametrize("is_quoted", [False, True])
def test_a_key_that_names_many_is_rejected(
    land: Land, inbox: SmallInbox, db: psycopg.Connection, damaged: str, is_quoted: bool
) -> None:
    """One record would stand for all of them. Both ways to read a file judge alike."""
    name = '"引号"' if is_quoted else "引号"
    lines = [line("payment", n, payee_name=name) for n in range(1, 4)] + [
        line("payment", 4, payment_no=damaged)
    ]
    inbox.add("payment", lines)
    (result,) = land()
    assert (result.landed_count, result.rejected_count) == (3, 1)
    rejected = db.execute("select line_number, reason_code, column_name from ops.rejected_row").fetchall()
    assert rejected == [(5, "unreadable_identifier", "支付流水号")]


@pytest.mark.parametrize("is_quoted", [False, True])
def test_a_key_of_a_person_with_lost_digits_is_rejected(
    land: Land, inbox: SmallInbox, db: psycopg.Connection, is_quoted: bool
) -> None:
    """Two people born on one day in one place would be one. Which of them the line names, nobody can tell."""
    name = '"引号"' if is_quoted else "引号"
    lost = "4.20222193405271e+17"
    lines = [line("population", n, name=name, id_number=lost) for n in (1, 2)]
    inbox.add("population", [*lines, line("population", 3, name=name)])
    inbox.add("payment", [line("payment", 1, payee_name=name, payee_id_number=lost)])
    land()
    rejected = db.execute(
        "select line_number, reason_code, column_name, key_hash from ops.rejected_row"
    ).fetchall()
    assert sorted(rejected) == [(n, "unreadable_identifier", "公民身份号码", None) for n in (2, 3)]


def test_a_wrapped_line_names_the_same_record(land: Land, inbox: SmallInbox, db: psycopg.Connection) -> None:
    first = line("payment", 1)
    wrapped = first | {
        name: f'="{first[name]}"' for name in ("payment_no", "payee_id_number", "account_no", "paid_on")
    }
    inbox.add("payment", [first])
    inbox.add("payment", [wrapped], day=DAY + timedelta(days=1), mode="delta")
    assert [result.outcome for result in land()] == ["landed", "landed"]
    read = db.execute(
        "select distinct clean.identifier(payment_no), clean.id_number(payee_id_number), clean.account(account_no),"
        " clean.date(paid_on) from raw.payment"
    ).fetchall()
    assert len(read) == 1
    assert None not in read[0]


def test_an_open_end_is_no_fault(land: Land, inbox: SmallInbox) -> None:
    ends = ["9999-12-31", "长期", "永久", "", "2025-12-31"]
    inbox.add("entitlement", [line("entitlement", n, ended_on=end) for n, end in enumerate(ends)])
    inbox.add(
        "entitlement", [line("entitlement", 9, ended_on="不详")], day=DAY + timedelta(days=1), mode="delta"
    )
    full, delta = land()
    assert (full.rejected_count, delta.rejected_count) == (0, 1)


def test_an_exact_number_of_json_is_read(land: Land, inbox: SmallInbox, db: psycopg.Connection) -> None:
    text = inbox.add("aid_household", [line("aid_household", 1, monthly_amount_yuan=0)]).read_text(
        encoding="utf-8"
    )
    header = CONTRACTS["aid_household"].column("monthly_amount_yuan").header
    content = "".join(
        text.replace("K00000001", f"K{n}0000001").replace(f'"{header}": 0', f'"{header}": {number}')
        for n, number in enumerate(["7.25E+2", "7.25e+02", "725.00"])
    )
    inbox.add("aid_household", [{}] * 3, content=content.encode())
    land()
    assert (
        db.execute("select clean.yuan(monthly_amount_yuan) from raw.aid_household").fetchall() == [(725,)] * 3
    )


@pytest.mark.parametrize(
    ("column", "damaged"), [("division_code", "4.20202E+11"), ("account_no", "6.22202E+18")]
)
def test_one_damaged_value_is_told(
    land: Land, inbox: SmallInbox, records: psycopg.Connection, column: str, damaged: str
) -> None:
    """However few: a word for nothing is missing, a damaged value is said to be so."""
    from expectations.landing import Landed, LandingLimits
    from expectations.landing_suite import batch_query, landing_expectations

    inbox.add(
        "entitlement", [line("entitlement", 1, **{column: "无"}), line("entitlement", 2, **{column: damaged})]
    )
    (result,) = land()
    landed = Landed(result.delivery_id, "entitlement", "full", DAY, 2, 0, 2, None, None, 0, ())
    contract = CONTRACTS["entitlement"]
    batch = batch_query(contract, landed)
    title = contract.column(column).title
    (told,) = [
        expectation
        for expectation in landing_expectations(contract, landed, LandingLimits())
        if (expectation.description or "").startswith(f"{title} 无科学计数法")
    ]
    query = told.unexpected_rows_query.replace("{batch}", f"({batch})")  # type: ignore[attr-defined]
    assert len(records.execute(query.encode()).fetchall()) == 1
