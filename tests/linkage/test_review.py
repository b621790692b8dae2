"""Decisions of people win over every inference, and for ever."""

import io
import sys

import pytest
from hand_made_marts import Marts
from id_numbers import check, mistyped

from cli import main as cli
from linkage.linking import link
from linkage.review import (
    Decision,
    DecisionError,
    cases,
    decide,
    mention_key,
    no_formula,
    read_decisions,
    write_sheet,
)
from warehouse.database.settings import settings

ADULT, NAMESAKE = check("42020319681203291"), check("11010519681203113")


@pytest.fixture
def resident(connection):
    """The resident id of an identity number, on request."""

    def look(number):
        return connection.execute(
            "select resident_id from ops.resident_identity where id_number = %s", [number]
        ).fetchone()[0]

    return look


def test_a_link_decided_different_never_comes_back(connection, mention, links, resident):
    mention(ADULT, "周荣生", case_no=None)
    line = mention(mistyped(ADULT), "周荣生", case_no=None)
    link(connection)
    assert links()[line] == (ADULT, "probabilistic")
    decide(connection, [Decision(f"d1:{line}:payee", resident(ADULT), "different")], "甲")
    link(connection)
    assert links()[line] == (None, "unresolved")
    # More evidence arrives, and everything is linked anew: the decision stands.
    mention(ADULT, "周荣生", case_no="aid:1", delivery_id="d2", delivery_order=2)
    connection.execute("delete from ops.identity_review; delete from ops.person_link")
    connection.execute("delete from ops.absorbed_delivery")
    link(connection)
    assert links()[line] == (None, "unresolved")


def test_a_trace_decided_different_is_not_followed(connection, mention, links, resident):
    mention(ADULT, "周荣生")
    line = mention("", "周荣生")
    link(connection)
    decide(connection, [Decision(f"d1:{line}:payee", resident(ADULT), "different")], "甲")
    link(connection)
    assert links()[line] == (None, "unresolved")


def test_a_near_tie_decided_the_same(connection, mention, links, resident):
    mention(ADULT, "周荣生", case_no=None)
    mention(NAMESAKE, "周荣生", case_no=None)
    line = mention("", "周荣生", born_on="1968-12-03", case_no=None)
    assert link(connection).in_review == 1
    assert {case.resident_id for case in cases(connection, 10)} == {resident(ADULT), resident(NAMESAKE)}
    decide(connection, [Decision(f"d1:{line}:payee", resident(NAMESAKE), "same")], "甲")
    assert link(connection).in_review == 0
    assert links()[line] == (NAMESAKE, "reviewed")
    moves = connection.execute("select kind, after_resident_id, method from ops.identity_event").fetchall()
    assert moves == [("linked", resident(NAMESAKE), "reviewed")]


def test_a_valid_number_can_be_overruled_and_given_back(connection, mention, links, resident):
    line = mention(ADULT, "周荣生", case_no=None)
    mention(ADULT, "周荣生", case_no=None)
    mention(NAMESAKE, "周荣华", case_no=None)
    link(connection)
    key = f"d1:{line}:payee"
    for decision, number, expected in [
        ("different", ADULT, (None, "unresolved")),
        ("same", NAMESAKE, (NAMESAKE, "reviewed")),
        ("undecided", NAMESAKE, (None, "unresolved")),
        ("undecided", ADULT, (ADULT, "id_number")),
    ]:
        decide(connection, [Decision(key, resident(number), decision)], "甲")
        link(connection)
        assert links()[line] == expected
    kinds = connection.execute("select kind from ops.identity_event order by event_id").fetchall()
    assert kinds == [("unlinked",), ("linked",), ("unlinked",), ("linked",)]


def test_a_name_conflict_decided_the_same(connection, mention, links, resident):
    for _ in range(2):
        mention(ADULT, "周荣生", case_no=None)
    renamed = mention(ADULT, "李凤香", case_no=None)
    link(connection)
    assert links()[renamed] == (None, "unresolved")
    decide(connection, [Decision(f"d1:{renamed}:payee", resident(ADULT), "same")], "甲")
    link(connection)
    assert links()[renamed] == (ADULT, "reviewed")


def test_the_latest_word_holds_and_two_people_are_four_eyes(connection, mention, resident):
    mention(ADULT, "周荣生", case_no=None)
    mention(NAMESAKE, "周荣生", case_no=None)
    line = mention("", "周荣生", born_on="1968-12-03", case_no=None)
    link(connection)
    with pytest.raises(DecisionError, match="Nobody is named"):
        decide(connection, [Decision(f"d1:{line}:payee", resident(ADULT), "undecided")], "\u3000\u200b")
    for who in ("甲", "甲 ", "\u3000甲", "乙"):
        decide(connection, [Decision(f"d1:{line}:payee", resident(ADULT), "undecided", "\u3000\u200b")], who)
    assert {case.note for case in cases(connection, 10)} == {None}

    def waiting():
        return {
            case.resident_id: (case.decision, case.deciders, case.logins) for case in cases(connection, 10)
        }

    assert waiting() == {resident(ADULT): ("undecided", 2, 1), resident(NAMESAKE): (None, 0, None)}
    connection.execute("set session authorization loader")
    decide(connection, [Decision(f"d1:{line}:payee", resident(ADULT), "undecided")], "乙")
    connection.execute("reset session authorization")
    assert waiting()[resident(ADULT)] == ("undecided", 2, 2)
    # as decided before the login was kept
    connection.execute("alter table ops.identity_decision disable trigger all")
    connection.execute("update ops.identity_decision set decided_login = null where decided_by = '甲'")
    assert waiting()[resident(ADULT)] == ("undecided", 2, None)


def test_a_sheet_goes_out_and_comes_back(connection, mention, links, resident, tmp_path):
    mention(ADULT, "周荣生", case_no=None)
    mention(NAMESAKE, "周荣生", case_no=None)
    line = mention("", "周荣生", born_on="1968-12-03", case_no=None)
    link(connection)
    sheet = tmp_path / "review.csv"
    write_sheet(sheet, cases(connection, 10))
    text = sheet.read_text(encoding="utf-8-sig")
    assert "荣生" not in text
    assert ADULT not in text
    assert read_decisions(sheet) == []
    head, *rows = text.splitlines()
    rows = [row.replace(",,", ",same,") if f",{resident(ADULT)}," in row else row for row in rows]
    sheet.write_text("\n".join([head, *rows]), encoding="utf-8")
    assert decide(connection, read_decisions(sheet), "甲") == 1
    link(connection)
    assert links()[line] == (ADULT, "reviewed")


@pytest.mark.parametrize(
    ("mention_text", "resident_id", "decision"),
    [("d1:1", 1, "same"), ("d1:x:payee", 1, "same"), ("d1:99:payee", 1, "same"), ("d1:1:payee", 99, "same"),
     ("d1:1:payee", 1, "perhaps")],
)  # fmt: skip
def test_a_decision_about_nobody_is_refused_and_none_is_kept(
    connection, mention, resident, mention_text, resident_id, decision
):
    line = mention(ADULT, "周荣生")
    link(connection)
    good = Decision(f"d1:{line}:payee", resident(ADULT), "same")
    with pytest.raises(DecisionError):
        decide(connection, [good, Decision(mention_text, resident_id, decision)], "甲")
    assert connection.execute("select count(*) from ops.identity_decision").fetchone() == (0,)


def test_a_mention_is_delivery_line_and_role():
    assert mention_key("payment_20250625_full_01:17:payee") == ("payment_20250625_full_01", 17, "payee")


def test_a_name_is_no_formula():
    assert [no_formula(name) for name in ("=1**", "周**", None)] == ["'=1**", "周**", ""]


@pytest.fixture
def minzheng(database, monkeypatch, capsys):
    """A command on the test's database, with what is typed when it asks: exit code and all that was printed."""
    monkeypatch.setenv("MINZHENG_DATABASE_URL", database.address)
    monkeypatch.delenv("MINZHENG_PURPOSE", raising=False)
    settings.cache_clear()

    def call(line, *typed):
        monkeypatch.setattr(sys, "argv", ["minzheng", *line.split()])
        monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(typed)))
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        printed = capsys.readouterr()
        return stopped.value.code or 0, printed.out + printed.err

    return call


def test_the_commands_log_whom_they_show_and_say_whose_eyes_it_were(connection, mention, resident, minzheng):
    marts = Marts(connection)
    marts.add("verification_code", code_list="purpose", code="review")
    marts.publish()
    mention(ADULT, "周荣生", case_no=None)
    mention(NAMESAKE, "周荣生", case_no=None)
    mention("", "周荣生", born_on="1968-12-03", case_no=None)
    link(connection)
    connection.commit()

    for purpose in ("", " --purpose curiosity"):
        code, printed = minzheng(f"review list{purpose}")
        assert (code, "周" in printed) == (2, False)
        assert (
            "--purpose (or the setting MINZHENG_PURPOSE) is one of review 定期复核. Nothing was shown."
            in " ".join(printed.split())
        )
    assert (
        "decisions recorded: 1" in minzheng("review decide --by 甲 --purpose review", "undecided", "stop")[1]
    )
    code, printed = minzheng("review list --purpose review")
    assert (code, printed.count("暂不能定（待复核）"), "荣生" in printed) == (0, 1, False)
    minzheng("review decide --by 乙 --purpose review", "undecided", "stop")
    code, printed = minzheng("review list --purpose review")
    assert (code, "四眼，同一登录 by one login" in printed) == (0, True)
    logged = connection.execute(
        "select operation, purpose, resident_ids from audit.verification_log"
    ).fetchall()
    assert logged == [("review", "review", sorted([resident(ADULT), resident(NAMESAKE)]))] * 4
