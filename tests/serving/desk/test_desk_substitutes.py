"""What is overdue and due soon, what of it a head sees, and who stands in for whom on which days."""

import re
from datetime import date, datetime, timedelta

import psycopg
import pytest
from at_the_desk import ELSEWHERE, HERE, MINE, Officers, Visitor
from hand_made_family import SINCE, Family

from serving.desk.officers import officers as listed
from serving.desk.officers import reset, set_duty, set_mail
from serving.desk.staff import leave
from warehouse.alerting.reminders import remind
from warehouse.database.connection import Warehouse
from warehouse.database.errors import UsageError
from warehouse.database.settings import BUREAU_TIME, settings

COUNTS = re.compile(r"/findings\?pile=(\w+)[^>]*>[^<]*<b>(\d+)</b>")
SEEN = re.compile(r'name="seen" value="([\d.]+)"')
TAKEN = """
insert into ops.finding_assignment (finding_id, event, holder_login, due_on, assigned_by)
values (%s, 'taken', %s, %s, '管理员')
"""


def in_days(days: int) -> date:
    return datetime.now(BUREAU_TIME).date() + timedelta(days)


def taken(visitor: Visitor) -> int:
    return int(dict(COUNTS.findall(visitor.get("/findings").text))["taken"])


def arrange(
    visitor: Visitor, whose: Visitor, substitute: Visitor | None, first: int = 0, last: int = 3
) -> int:
    said = {"login": whose.login, "substitute": substitute.login if substitute else ""}
    days = {"from_on": str(in_days(first)), "until_on": str(in_days(last))}
    return visitor.post("/substitutes", **(said | days)).status_code


@pytest.fixture
def head(officers: Officers, database: Warehouse) -> Visitor:
    visitor = officers.add("赵科长", HERE)
    set_duty(database, visitor.login, is_head=True)
    return visitor.enter()


@pytest.fixture
def held(officer: Visitor, family: Family) -> Visitor:
    """The officer has one overdue, one due soon and one in time."""
    family.add(
        "rule_parameter", rule_code="*", parameter="remind_days", division_code="000000", value=3, valid_from=SINCE
    )  # fmt: skip
    family.publish("reminded")
    for finding_id, days in zip(MINE, (-2, 2, 10), strict=False):
        family.execute(TAKEN, [finding_id, officer.login, in_days(days)])
    family.connection.commit()
    return officer.enter()


def test_what_is_overdue_is_on_the_head_s_list_too(held: Visitor, head: Visitor, colleague: Visitor) -> None:
    own = held.get("/findings").text
    assert "您在办的有 1 条逾期" in own
    assert "您在办的有 1 条即将到期" in own
    assert "同事在办的有 1 条逾期" in head.get("/findings").text
    pile = head.get("/findings?pile=taken").text
    assert (MINE[0] in pile, MINE[2] in pile) == (True, False)
    assert "张三" in pile, "whose it is"
    colleague.enter()
    assert 'class="reminders"' not in colleague.get("/findings").text
    assert taken(colleague) == 0


def test_a_substitute_works_in_the_officer_s_place_and_it_ends_by_itself(
    held: Visitor, colleague: Visitor, connection: psycopg.Connection
) -> None:
    colleague.enter()
    assert arrange(held, held, colleague) == 303
    assert taken(colleague) == 3
    assert "您代 张三 办理" in colleague.get("/findings").text
    page = f"/findings/{MINE[0]}"
    shown = colleague.get(page).text
    assert "由您代 张三 办理" in shown
    waiting = {"event": "waiting", "due": str(in_days(9)), "seen": SEEN.findall(shown)[0]}
    assert colleague.post(f"{page}/hand", **waiting).status_code == 303
    assert connection.execute(
        "select assigned_by, assigned_login, holder_login from ops.finding_assignment where event = 'waiting'"
    ).fetchall() == [("李四", colleague.login, held.login)]
    connection.commit()
    assert taken(held) == 2, "who is away still sees it"
    assert arrange(held, held, colleague, 1, 3) == 303, "from tomorrow on"
    assert taken(colleague) == 0
    assert (
        colleague.post(
            f"{page}/hand", event="released", seen=SEEN.findall(held.get(page).text)[0]
        ).status_code
        == 400
    )
    assert arrange(held, held, colleague) == 303
    assert arrange(held, held, None) == 303, "taken back"
    assert taken(colleague) == 0


def test_who_may_arrange_for_whom(
    held: Visitor, head: Visitor, colleague: Visitor, officers: Officers, database: Warehouse
) -> None:
    elsewhere = officers.add("王五", ELSEWHERE).enter()
    everywhere = officers.add("刘六", HERE, ELSEWHERE)
    colleague.enter()
    assert arrange(colleague, held, colleague) == 400, "no head"
    assert arrange(elsewhere, held, elsewhere) == 400
    assert arrange(held, held, elsewhere) == 400, "who does not see the division"
    assert arrange(held, held, held) == 400
    assert arrange(head, everywhere, colleague) == 400, "who works elsewhere too is no one's of here alone"
    for first, last in ((3, 1), (-5, -2), (0, 400)):
        assert arrange(held, held, colleague, first, last) == 400
    assert held.post("/substitutes", login=held.login, substitute=colleague.login).status_code == 400
    assert arrange(head, held, everywhere) == 303
    shown = head.get("/substitutes").text
    assert "刘六" in shown
    own = f'name="login" value="{held.login}"'
    assert own in shown
    assert own not in colleague.get("/substitutes").text, "of others nobody else says it"
    assert "王五" not in shown
    with database.session() as admin:
        admin.execute(f"set session authorization {colleague.login}".encode())
        admin.commit()
        for forbidden in (
            "insert into ops.officer_substitute (login, from_on, until_on, set_by) values ('a', now(), now(), 'b')",
            "update desk.account set duty = 'head'",
            "select * from ops.substitute_now",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                admin.execute(forbidden.encode())
            admin.rollback()
    with database.session() as admin:
        admin.execute("set role desk")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            admin.execute("update desk.account set duty = 'head'")


def test_a_duty_outlasts_a_new_password_and_substitutes_do_not_outlast_their_officer(
    held: Visitor, head: Visitor, colleague: Visitor, officers: Officers, connection: psycopg.Connection
) -> None:
    database = officers.database
    reset(database, head.login)
    assert {one.login for one in listed(database) if one.duty == "head"} == {head.login}
    set_duty(database, head.login, is_head=False)
    assert not any(one.duty == "head" for one in listed(database))
    arrange(held, held, colleague)
    leave(database, colleague.login)
    officers.added.remove(colleague.login)
    assert connection.execute("select count(*) from ops.substitute_now").fetchone() == (0,)


def test_who_has_an_address_is_reminded_by_mail_of_counts_alone(
    held: Visitor, head: Visitor, colleague: Visitor, database: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, str]] = []
    monkeypatch.setattr(
        "warehouse.alerting.reminders.mail", lambda to, subject, text: sent.append((to[0], text))
    )
    with pytest.raises(UsageError, match="MINZHENG_ALERT_SMTP_HOST"):
        remind(database)
    monkeypatch.setenv("MINZHENG_ALERT_SMTP_HOST", "localhost")
    settings.cache_clear()
    assert remind(database.acting_as("loader")) == (0, 0), "nobody has an address"
    for visitor, address in (
        (held, "zhang@example.cn"),
        (head, "head@example.cn"),
        (colleague, "li@example.cn"),
    ):
        set_mail(database, visitor.login, address)
    with pytest.raises(UsageError, match="no mail address"):
        set_mail(database, held.login, "zhang")
    assert remind(database.acting_as("loader")) == (2, 0)
    told = dict(sent)
    assert "逾期 1 条，即将到期 1 条" in told["zhang@example.cn"]
    assert "本区划他人逾期 1 条" in told["head@example.cn"]
    assert arrange(held, held, colleague) == 303
    assert remind(database.acting_as("loader")) == (3, 0)
    assert "逾期 1 条，即将到期 1 条" in dict(sent)["li@example.cn"], "who stands in"
    assert not any(MINE[0] in text or "王" in text for _, text in sent)
    set_mail(database, held.login, None)
    assert remind(database.acting_as("loader")) == (2, 0)

    def broken(*_: object) -> None:
        raise ConnectionRefusedError("li@example.cn")

    monkeypatch.setattr("warehouse.alerting.reminders.mail", broken)
    assert remind(database.acting_as("loader")) == (0, 2)
