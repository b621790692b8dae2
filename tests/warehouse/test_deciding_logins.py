"""Whose decision it was: beside each name typed stands the login, which the database keeps."""

from collections.abc import Callable

import psycopg
import pytest
from hand_made_family import CONSENT, TODAY, Family
from psycopg.types.json import Jsonb

from ingestion.withdrawal import Withdrawal
from ingestion.withdrawal import withdraw as withdraw_delivery
from warehouse.casework.findings import FindingDecision, decide
from warehouse.database.connection import Warehouse
from warehouse.database.errors import UsageError
from warehouse.database.migrate import downgrade, migrate
from warehouse.verification.authorization import add, revoke

LogIn = Callable[..., psycopg.Connection]

DELIVERY = """
insert into ops.delivery (delivery_id, system, feed, business_date, mode, sequence_no, file_name, sha256,
    layout_version, received_count, landed_count, rejected_count, repeated_count, status)
values ('d1', 'shared', 'vehicle', '2025-06-25', 'full', 1, 'f', 'x', 1, 0, 0, 0, 0, 'accepted')
"""
WORD = "insert into ops.gate_result (gate, subject, suite, expectation, severity, success"


def login_of(connection: psycopg.Connection) -> str:
    return str(connection.info.user)


def test_beside_each_name_of_somebody_stands_a_login_that_a_trigger_keeps(
    connection: psycopg.Connection,
) -> None:
    """A new table with decisions of people is to have both."""
    named = connection.execute(
        """
        select attrelid::regclass::text, regexp_replace(attname, '_by$', '_login')
        from pg_attribute inner join pg_class on pg_class.oid = attrelid
        where relnamespace = 'ops'::regnamespace and relkind = 'r' and attname ~ '_by$' and not attisdropped
            and attrelid <> 'ops.emergency_access'::regclass  -- names logins alone, beside who asked
        order by 1
        """
    ).fetchall()
    kept = connection.execute(
        """
        select distinct tgrelid::regclass::text, rtrim(encode(tgargs, 'escape'), '\\0')
        from pg_trigger where tgfoid = 'ops.keep_login'::regproc and tgenabled = 'O'
            and tgrelid <> 'ops.emergency_access'::regclass
        order by 1
        """
    ).fetchall()
    assert len(named) >= 12
    assert named == kept


def test_what_a_caller_writes_as_login_is_not_kept(connection: psycopg.Connection, log_in: LogIn) -> None:
    connection.execute(DELIVERY.encode())
    connection.execute(
        "insert into ops.resident_identity (resident_id, id_number, first_delivery_id, first_line_number)"
        " overriding system value values (1, '420203198001010011', 'd1', 1)"
    )
    connection.commit()
    loader = log_in("loader")
    for statement in (
        "insert into ops.withdrawal (delivery_id, said_by, reason, said_login) values ('d1', '甲', 'why', 'other')",
        "insert into ops.identity_decision (delivery_id, line_number, role, resident_id, decision, decided_by,"
        " decided_login) values ('d1', 1, 'payee', 1, 'same', '甲', 'other')",
        f"{WORD}, said_by, said_login) values ('landing', 'd1', 'operator', 'x', 'info', true, '甲', 'other')",
        "insert into ops.inbox_stray (place, feed, reason, ignored_by, ignored_at, ignored_login)"
        " values ('a', '', 'why', '甲', now(), 'other')",
    ):
        loader.execute(statement.encode())
    found = connection.execute(
        """
        select said_login from ops.withdrawal
        union all select decided_login from ops.identity_decision
        union all select said_login from ops.gate_result
        union all select ignored_login from ops.inbox_stray
        """
    ).fetchall()
    assert found == [(login_of(loader),)] * 4
    with pytest.raises(psycopg.errors.CheckViolation):  # a gate speaks for nobody
        loader.execute(f"{WORD}, said_login) values ('landing', 'd1', 's', 'x', 'info', true, 'o')".encode())


def test_who_acknowledged_a_stray_stays_until_somebody_says_it_anew(
    connection: psycopg.Connection, log_in: LogIn
) -> None:
    one, other = log_in("loader"), log_in("loader")
    acknowledged = "update ops.inbox_stray set ignored_by = %s, ignored_at = now(), ignored_reason = 'known'"
    kept = "select ignored_by, ignored_login from ops.inbox_stray"
    one.execute("insert into ops.inbox_stray (place, feed, reason) values ('a', '', 'why')")
    assert one.execute(kept).fetchone() == (None, None)
    one.execute(acknowledged.encode(), ["甲"])
    other.execute("update ops.inbox_stray set reason = 'another'")  # as every landing does
    assert one.execute(kept).fetchone() == ("甲", login_of(one))
    other.execute("update ops.inbox_stray set ignored_login = 'nobody'")
    assert one.execute(kept).fetchone() == ("甲", login_of(other))
    one.execute(acknowledged.encode(), ["甲"])
    assert one.execute(kept).fetchone() == ("甲", login_of(one))


def test_two_names_are_two_people_and_by_how_many_logins_is_said(
    connection: psycopg.Connection, log_in: LogIn
) -> None:
    """A bureau may have one login for all: that is told, and stops nobody."""
    connection.execute(DELIVERY.encode())
    connection.execute(DELIVERY.replace("'d1'", "'d2'").replace("full', 1", "full', 2").encode())
    connection.commit()
    one, other = log_in("loader"), log_in("loader")
    assert withdraw_delivery(one, "d1", "why", "张", 2) == Withdrawal(False, 1, 1)
    assert withdraw_delivery(other, "d1", "why", " 张", 2) == Withdrawal(
        False, 1, 2
    )  # one name is one person
    assert withdraw_delivery(other, "d1", "why", "李", 2) == Withdrawal(True, 2, 2)
    withdraw_delivery(one, "d2", "why", "张", 2)
    assert withdraw_delivery(one, "d2", "why", "李", 2) == Withdrawal(True, 2, 1)


# Officers


@pytest.fixture
def family(connection: psycopg.Connection) -> Family:
    family = Family(connection)
    family.add("finding_reason", reason_code="LAWFUL", decision="dismissed", title_zh="政策允许")
    family.add(
        "finding", finding_id="f1", rule_code="D02", outcome="hit", severity="red", subject_resident_id=1,
        division_code="420203", evidence_digest="x",
    )  # fmt: skip
    family.add("aid_household", aid_household_no="JZ1", authorization_no="SQ-JZ1", division_code="420203")
    family.add(
        "verification_parameter", parameter="authorization_max_days", value=1827, valid_from="2000-01-01"
    )
    family.execute(
        "insert into ops.feed (feed, system, title_zh, owner, records)"
        " values ('vehicle', 'shared', '车辆', '公安', '{vehicle}')"
    )
    family.publish()
    family.connection.commit()
    return family


def test_a_decision_on_a_finding_keeps_the_login_and_is_said_once_by_each(
    family: Family, log_in: LogIn
) -> None:
    word = [FindingDecision("f1", "dismissed", "LAWFUL")]
    officers = [log_in("officer", "420203") for _ in range(2)]
    assert [decide(officer, word, "甲") for officer in (*officers, officers[1])] == [1, 1, 0]
    kept = (
        officers[0].execute("select decided_login from api_v1.finding_decisions('f1', 'review')").fetchall()
    )
    assert [login for (login,) in kept] == [login_of(officer) for officer in officers]


def test_reading_the_decisions_on_a_finding_is_logged_with_its_purpose(family: Family, log_in: LogIn) -> None:
    officer, stranger = log_in("officer", "420203"), log_in("officer", "420204")
    decide(officer, [FindingDecision("f1", "dismissed", "LAWFUL", "见卷宗")], "甲")
    read = "select note from api_v1.finding_decisions('f1', {})"
    for nothing in ("null", "'curiosity'"):
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="No purpose"):
            officer.execute(read.format(nothing).encode())
    assert officer.execute(read.format("'objection'").encode()).fetchall() == [("见卷宗",)]
    assert stranger.execute(read.format("'review'").encode()).fetchall() == []
    assert family.log("operation, purpose, resident_ids, caller") == [
        ("finding_decisions", "objection", [1], login_of(officer)),
        ("finding_decisions", "review", [], login_of(stranger)),
    ]


def test_in_sql_too_somebody_says_it_and_says_no_number(family: Family, log_in: LogIn) -> None:
    officer = log_in("officer", "420203")
    for call, refusal in (
        ("decide_finding('f1', 'dismissed', 'LAWFUL', E' \\u3000', null)", "Nobody is named"),
        ("revoke_authorization('SQ-JZ1', '', 'why')", "Nobody is named"),
        ("revoke_authorization('SQ-JZ1', '甲', E'\\u3000\\u200b')", "No reason"),
        ("revoke_authorization('SQ-JZ1', '甲', '420203198001010011')", "identity number"),
    ):
        with pytest.raises(psycopg.errors.InvalidParameterValue, match=refusal):
            officer.execute(f"select api_v1.{call}".encode())
    assert officer.execute("select api_v1.authorization_state('SQ-JZ1')").fetchone() == ("entered",)


NO_CONSENT: list[tuple[dict[str, str | None], str]] = [
    ({"number": "  "}, "has a number"),
    ({"number": "N" * 65}, "at most 64 characters"),
    ({"people": "{}"}, "Nobody is named who signed"),
    ({"people": None}, "Nobody is named who signed"),
    ({"since": None}, "a first and a last day"),
    ({"to": "infinity"}, "a first and a last day"),
    ({"since": "2025-06-02", "to": "2025-06-01"}, "end before it begins"),
    ({"to": "2030-01-02"}, "would last 1828 days; at most 1827"),
    ({"feeds": "{}"}, "open no source"),
    ({"feeds": "{vehicle,vehicles}"}, "Known: vehicle"),
    ({"feeds": "{null}"}, "Known: vehicle"),
    ({"by": "\u3000"}, "Nobody is named who says so"),
    ({"by": "420203198001010011"}, "identity number"),
]


def test_consent_entered_in_sql_is_one_or_is_refused(family: Family, log_in: LogIn) -> None:
    entry = {"number": "SQ-2", "people": f"{{{family.numbers[9]}}}", "feeds": "{vehicle}", "since": "2025-01-01",
             "to": "2030-01-01", "by": "甲"}  # fmt: skip
    officer = log_in("officer", "420203")
    enter = (
        "select api_v1.enter_authorization(%(number)s, %(people)s::text[], %(feeds)s::text[], %(since)s::date,"
        " %(to)s::date, %(by)s)"
    )
    for change, refusal in NO_CONSENT:
        with pytest.raises(psycopg.errors.InvalidParameterValue, match=refusal) as refused:
            officer.execute(enter.encode(), entry | change)
        assert "420203" not in str(refused.value)
    entered = "select authorization_no, entered_login from ops.authorization where authorization_no <> %s"
    assert family.connection.execute(entered, [CONSENT]).fetchall() == []
    assert officer.execute(enter.encode(), entry).fetchone() == ([],)
    assert family.connection.execute(entered, [CONSENT]).fetchall() == [("SQ-2", login_of(officer))]


def test_consent_is_seen_and_withdrawn_by_its_own_division_alone(family: Family, log_in: LogIn) -> None:
    """What is another's is as unknown as what is not there; nobody can make it the own one."""
    own, stranger, colleague = (log_in("officer", division) for division in ("420203", "420204", "420203"))
    foreigner = "420204197001010019"
    add(stranger, "SQ-F", [family.number(foreigner[:-1])], TODAY, TODAY, "丙")

    def states(login: psycopg.Connection, *numbers: str) -> list[str]:
        return [
            str(login.execute("select api_v1.authorization_state(%s)", [number]).fetchall()[0][0])
            for number in numbers
        ]

    # delivered with a household; entered for residents of 420203, by nobody known; entered by another division
    numbers = ("SQ-JZ1", CONSENT, "SQ-F", "SQ-404")
    assert states(own, *numbers) == ["entered", "entered", "unknown", "unknown"]
    assert states(stranger, *numbers) == ["unknown", "unknown", "entered", "unknown"]
    for number in ("SQ-JZ1", CONSENT, "SQ-404"):
        with pytest.raises(
            Exception, match=r"No such authorization is known\. 未撤回。 Nothing was withdrawn"
        ):
            revoke(stranger, number, "丙", "why")
    for number in ("SQ-JZ1", CONSENT):
        with pytest.raises(Exception, match="needs a new number"):
            add(stranger, number, [family.numbers[4]], TODAY, TODAY, "丙")
    # A colleague withdraws what the other entered; withdrawn it is known to its own division alone.
    add(own, "SQ-O", [family.numbers[9]], TODAY, TODAY, "甲")
    revoke(colleague, "SQ-O", "乙", "本人撤回")
    assert (states(own, "SQ-O"), states(stranger, "SQ-O")) == (["revoked"], ["unknown"])
    with pytest.raises(Exception, match="needs a new number"):
        add(stranger, "SQ-O", [family.numbers[4]], TODAY, TODAY, "丙")


def test_a_number_entered_early_does_not_make_a_consent_to_come_ones_own(
    family: Family, log_in: LogIn
) -> None:
    stranger = log_in("officer", "420204")
    add(stranger, "SQ-JZ2", [family.numbers[4]], TODAY, TODAY, "丙")
    family.add("aid_household", aid_household_no="JZ2", authorization_no="SQ-JZ2", division_code="420203")
    family.publish()
    with pytest.raises(Exception, match="No such authorization"):
        revoke(stranger, "SQ-JZ2", "丙", "why")
    revoke(log_in("officer", "420203"), "SQ-JZ2", "甲", "本人撤回")


def test_what_was_said_of_a_number_early_holds_for_ones_own_households_alone(
    family: Family, log_in: LogIn
) -> None:
    """Entered and withdrawn before it is delivered, a number closes and widens no consent of another division."""
    own, stranger = log_in("officer", "420203"), log_in("officer", "420204")
    for officer, number in ((stranger, "SQ-E1"), (own, "SQ-E2"), (stranger, "SQ-E3")):
        add(officer, number, [family.numbers[1], family.numbers[9]], TODAY, TODAY, "丙")
    for officer, number in ((stranger, "SQ-E1"), (own, "SQ-E2")):
        revoke(officer, number, "丙", "why")

    def reason(number: str, *people: int) -> str | None:
        asked = family.request(
            members=[family.member(who, "本人" if who == people[0] else "其他") for who in people]
        )
        row = family.connection.execute(
            "select judged.reason from pub.current_generation as pointer, verification.judge_authorization("
            "%s, verification.identify(%s, pointer.generation), pointer.generation, %s) as judged",
            [number, Jsonb(asked), TODAY],
        ).fetchone()
        assert row is not None
        return row[0]

    assert [reason(number, 9) for number in ("SQ-E1", "SQ-E2", "SQ-E3")] == ["revoked", "revoked", None]
    for place in (1, 2, 3):
        family.add(
            "aid_household", aid_household_no=f"JZE{place}", authorization_no=f"SQ-E{place}",
            division_code="420203", authorized_from=TODAY, authorized_to=TODAY,
        )  # fmt: skip
        family.add("aid_household_member", aid_household_no=f"JZE{place}", resident_id=1, member_no=1)
    family.publish()
    assert [reason(number, 1) for number in ("SQ-E1", "SQ-E2", "SQ-E3")] == [None, "revoked", None]
    assert reason("SQ-E3", 1, 9) == "person_not_covered", "whom another division wrote in"
    revoke(own, "SQ-E1", "甲", "本人撤回")
    assert reason("SQ-E1", 1) == "revoked"
    # The owner says once more, now of the household, what was said on paper before: it holds wherever that moves.
    kept = "select divisions from ops.authorization_revocation where authorization_no = 'SQ-E2' order by revoked_at"
    assert family.connection.execute(kept).fetchall() == [(["420203"],)]
    revoke(own, "SQ-E2", "甲", "本人撤回")
    with pytest.raises(UsageError, match="withdrawn before"):
        revoke(own, "SQ-E2", "甲", "本人撤回")
    assert family.connection.execute(kept).fetchall() == [(["420203"],), (None,)]
    # An administrator's word is no division's.
    add(family.connection, "SQ-E3", [family.numbers[9]], TODAY, TODAY, "管理员")
    assert reason("SQ-E3", 1, 9) is None
    with pytest.raises(Exception, match="No such authorization"):
        revoke(stranger, "SQ-E1", "丙", "why")


def test_who_entered_a_consent_before_logins_were_kept_is_not_said(
    family: Family, database: Warehouse
) -> None:
    """An older revision wrote the login that migrated into every row there was."""
    entered = "insert into ops.authorization_revocation (authorization_no, revoked_by, reason, revoked_at)"
    with database.connect() as connection:
        family.connection.close()
        connection.execute("delete from ops.authorization")
    downgrade(database, "0027")
    with database.connect() as connection:
        connection.execute(f"{entered} values ('N1', '甲', 'why', now() - interval '1 day')".encode())
        connection.execute(f"{entered} values ('N2', '甲', 'why', now())".encode())
        before = connection.execute(
            "select count(revoked_login) from ops.authorization_revocation"
        ).fetchone()
        assert before == (2,)
    migrate(database)
    said = "select authorization_no from ops.authorization_revocation where revoked_login is not null"
    with database.connect() as connection:
        assert connection.execute(said.encode()).fetchall() == [("N2",)]
    downgrade(database, "0026")
    migrate(database)
    with database.connect() as connection:
        assert connection.execute(said.encode()).fetchall() == []
