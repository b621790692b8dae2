"""Findings as officers live with them, on a real database with hand-made marts."""

import csv
import io
import re
from pathlib import Path

import openpyxl
import psycopg
import pytest
from hand_made_marts import DAY, Marts
from rich.cells import cell_len

from cli.console import PlainConsole
from cli.report import print_explanation, print_finding_list, print_paid_after_death, print_worklist
from warehouse.casework.explain import explain
from warehouse.casework.facts import told
from warehouse.casework.findings import (
    FindingDecision,
    decide,
    decide_each,
    finding_list,
    read_decisions,
    reasons,
    worklist,
    write_worklist,
)
from warehouse.database.errors import UsageError
from warehouse.pipeline.inputs import deliveries_digest
from warehouse.verification.purposes import stated_purpose

REASONS = [
    ("STOPPED", "confirmed", "属实，已停发或变更"), ("CORRECTED", "cleared", "数据已更正"),
    ("LAWFUL", "dismissed", "政策允许"), ("NEW_FACTS", "reopened", "有新情况，重新处理"),
]  # fmt: skip


# Of one side: of what is due and not drawn, or of all other rules.
SIDES = {
    "GRANTED": ("confirmed", "missed", "属实，已补办纳入"),
    "RECOVERED": ("cleared", "beyond", "款项已追回"),
}


@pytest.fixture
def marts(connection: psycopg.Connection) -> Marts:
    made = Marts(connection)
    for reason_code, decision, title in REASONS:
        made.add("finding_reason", reason_code=reason_code, decision=decision, title_zh=title)
    made.add("verification_code", code_list="purpose", code="review")
    for division_code, value in (("000000", 3), ("420203", 1)):
        made.add(
            "rule_parameter", rule_code="*", parameter="weekly_capacity", division_code=division_code, value=value,
            valid_from=DAY,
        )  # fmt: skip
    for rule_code in ("A01", "D01", "F01"):
        made.add("anomaly_rule", rule_code=rule_code, title_zh=f"规则{rule_code}", status="active")
    return made


def add(marts: Marts, finding_id: str, **values: object) -> None:
    marts.add(
        "finding",
        **{
            "finding_id": finding_id,
            "rule_code": "A01",
            "division_code": "420202",
            "outcome": "hit",
            "severity": "red",
            "evidence_digest": "first",
            "evidence": {"facts": {}, "sources": [{"delivery_id": "d1", "line_number": 2}]},
        }
        | values,
    )


def state(marts: Marts, finding_id: str) -> tuple[str, bool]:
    row = marts.connection.execute(
        "select state, has_returned from ops.finding_state where finding_id = %s", [finding_id]
    ).fetchone()
    assert row
    return row


def say(marts: Marts, finding_id: str, decision: str, reason: str) -> None:
    assert decide(marts.connection, [FindingDecision(finding_id, decision, reason)], "王五") == 1


def test_a_dismissal_holds_while_the_evidence_is_the_same(marts: Marts) -> None:
    add(marts, "f1")
    marts.publish()
    assert state(marts, "f1") == ("new", False)
    say(marts, "f1", "dismissed", "LAWFUL")
    assert state(marts, "f1") == ("dismissed", False)

    marts.execute('update rules.finding set evidence = \'{"sources": [{"line_number": 99}]}\'')
    assert marts.publish("delivered again").is_new
    assert state(marts, "f1") == ("dismissed", False)

    marts.execute("update rules.finding set evidence_digest = 'second'")
    marts.publish("one month more")
    assert state(marts, "f1") == ("new", True)

    say(marts, "f1", "dismissed", "LAWFUL")
    assert state(marts, "f1") == ("dismissed", False)
    say(marts, "f1", "reopened", "NEW_FACTS")
    assert state(marts, "f1") == ("new", False)


def test_what_is_no_longer_found_was_cleared_or_has_expired(marts: Marts) -> None:
    for finding_id in ("f1", "f2", "f3"):
        add(marts, finding_id)
    marts.publish()
    say(marts, "f1", "confirmed", "STOPPED")
    say(marts, "f2", "dismissed", "LAWFUL")
    marts.execute("update rules.finding set evidence_digest = 'second'")
    marts.publish("changed")
    assert state(marts, "f1") == ("confirmed", False)
    marts.execute("delete from rules.finding")
    add(marts, "f4")
    marts.publish("gone")
    states = marts.connection.execute(
        "select finding_id, state, first_seen_generation, last_seen_generation from ops.finding_state order by 1"
    ).fetchall()
    assert states == [
        ("f1", "cleared", 1, 2), ("f2", "expired", 1, 2), ("f3", "expired", 1, 2), ("f4", "new", 3, 3),
    ]  # fmt: skip


def test_a_decision_is_news_for_the_next_build(marts: Marts) -> None:
    add(marts, "f1")
    marts.publish()
    before = deliveries_digest(marts.connection, DAY)
    assert deliveries_digest(marts.connection, DAY) == before
    say(marts, "f1", "dismissed", "LAWFUL")
    assert deliveries_digest(marts.connection, DAY) != before


def test_another_age_a_source_may_reach_is_news_for_the_next_build(marts: Marts) -> None:
    marts.execute(
        "insert into ops.feed (feed, system, title_zh, owner, stale_after_days) values ('f', 's', 't', 'o', 7)"
    )
    before = deliveries_digest(marts.connection, DAY)
    marts.execute("update ops.feed set stale_after_days = 8")
    assert deliveries_digest(marts.connection, DAY) != before


def test_decisions_are_never_changed(marts: Marts) -> None:
    add(marts, "f1")
    marts.publish()
    say(marts, "f1", "dismissed", "LAWFUL")
    marts.connection.commit()
    for attempt in ("update ops.finding_decision set decided_by = '赵六'", "delete from ops.finding_decision",
                    "truncate ops.finding_decision"):  # fmt: skip
        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
            marts.execute(attempt)
        marts.connection.rollback()


@pytest.mark.parametrize(
    ("finding", "decision", "reason", "complaint"),
    [
        ("f9", "dismissed", "LAWFUL", "没有疑点.*No finding served starts with the id given"),
        ("f", "dismissed", "LAWFUL", "不止一条疑点.*More than one finding"),
        ("f1", "dismissed", "STOPPED", "已排除 的原因 Reasons for dismissed: LAWFUL 政策允许"),
        (
            "f1",
            "refused",
            "LAWFUL",
            "Decisions: cleared 已消除, confirmed 属实, dismissed 已排除, reopened 重新处理",
        ),
    ],
)
def test_a_decision_that_cannot_be_recorded_records_nothing(
    marts: Marts, finding: str, decision: str, reason: str, complaint: str
) -> None:
    add(marts, "f1")
    add(marts, "f2")
    marts.publish()
    wrong = [
        FindingDecision("f1", "confirmed", "STOPPED"),
        FindingDecision(finding, decision, reason, place="list.csv, line 3"),
    ]
    with pytest.raises(UsageError, match=complaint) as raised:
        decide(marts.connection, wrong, "王五")
    assert "list.csv, line 3" in str(raised.value)
    assert marts.connection.execute("select count(*) from ops.finding_decision").fetchone() == (0,)


def test_a_refused_decision_repeats_no_cell(marts: Marts) -> None:
    """Cells may have moved: a name or number may stand where an id, a decision or a reason is wanted."""
    add(marts, "f1")
    marts.publish()
    for cells in (
        ("42020319", "dismissed", "LAWFUL"),
        ("f1", "王小明", "LAWFUL"),
        ("f1", "dismissed", "李大力"),
    ):
        with pytest.raises(UsageError) as raised:
            decide(marts.connection, [FindingDecision(*cells, place="list.csv, line 3")], "王五")
        assert not any(cell in str(raised.value) for cell in ("42020319", "王小明", "李大力"))


def test_a_note_with_an_identity_number_is_not_kept(marts: Marts, tmp_path: Path) -> None:
    add(marts, "f1")
    add(marts, "f2")
    marts.publish()
    path = tmp_path / "list.csv"
    number = "420202199001011231"
    path.write_text(
        f"编号,处理,原因代码,备注\nf1,属实,STOPPED,批文 2025-0017 号\nf2,属实,STOPPED,本人{number}已说明\n",
        encoding="utf-8",
    )
    with pytest.raises(
        UsageError, match=r"list.csv 第 3 行 line 3：其中有身份号码.*Nothing was recorded"
    ) as raised:
        decide(marts.connection, read_decisions(path), "王五")
    assert number not in str(raised.value)
    assert marts.connection.execute("select count(*) from ops.finding_decision").fetchone() == (0,)


def test_nobody_is_no_officer(marts: Marts) -> None:
    add(marts, "f1")
    marts.publish()
    for nobody in ("", " ", "\u3000\u200b"):
        with pytest.raises(UsageError, match=r"没有写明是谁。 Nobody is named who says so\. 什么也未登记"):
            decide(marts.connection, [FindingDecision("f1", "dismissed", "LAWFUL")], nobody)


def test_a_note_without_words_is_none(marts: Marts) -> None:
    add(marts, "f1")
    marts.publish()
    for note in ("\u3000\u200b", "", None):
        decide(marts.connection, [FindingDecision("f1", "dismissed", "LAWFUL", note)], "王五")
    assert marts.connection.execute("select note from ops.finding_decision").fetchall() == [(None,)]


def test_the_gravest_and_dearest_come_first_and_observed_rules_last(marts: Marts) -> None:
    for division_code, is_observed in (("420202", True), ("420203", False)):
        marts.add("rule_precision", rule_code="D01", division_code=division_code, is_observed=is_observed)
    marts.add_resident(1, name="张三")
    add(marts, "dear", amount_yuan=900, subject_resident_id=1, link_score=1)
    add(marts, "cheap", amount_yuan=100, link_score=1)
    add(marts, "cheap and inferred", amount_yuan=100, link_score="0.99500")
    add(marts, "yellow", rule_code="F01", severity="yellow", amount_yuan=5000)
    add(marts, "observed", rule_code="D01", amount_yuan=9000)
    add(marts, "elsewhere", rule_code="D01", division_code="420203")
    add(marts, "settled", amount_yuan=7000)
    add(marts, "unknown", outcome="not_assessable")
    marts.publish()
    say(marts, "settled", "dismissed", "LAWFUL")
    listed = worklist(marts.connection, "review", 10)
    order = ["dear", "cheap", "cheap and inferred", "elsewhere", "yellow", "observed"]
    assert [finding.finding_id for finding in listed] == order
    assert listed[0].masked_name == "张*"
    assert "身份为推断（0.995）" in listed[2].hints
    assert "观察" in listed[5].hints
    assert [finding.finding_id for finding in worklist(marts.connection, "review", 2)] == order[:2]
    assert [finding.finding_id for finding in worklist(marts.connection, "review", 9, "420203")] == [
        "elsewhere"
    ]


def test_each_division_gets_what_it_can_do_in_a_week(marts: Marts) -> None:
    for division_code in ("420202", "420203"):
        for number in range(5):
            add(marts, f"{division_code}/{number}", division_code=division_code, amount_yuan=100 - number)
    marts.publish()
    sized = ["420202/0", "420203/0", "420202/1", "420202/2"]
    assert [finding.finding_id for finding in worklist(marts.connection, "review")] == sized
    assert len(worklist(marts.connection, "review", division="420203")) == 1
    assert len(worklist(marts.connection, "review", 7)) == 7


def test_a_work_list_goes_out_and_comes_back(marts: Marts, tmp_path: Path) -> None:
    add(marts, "f1", aid_household_no="=HYPERLINK(1)")
    add(marts, "f2")
    marts.publish()
    path = tmp_path / "list.xlsx"
    known = reasons(marts.connection)
    write_worklist(path, worklist(marts.connection, "review", 10), known, "民政局 & 办公室")
    workbook = openpyxl.load_workbook(path)
    sheet = workbook.active
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert sheet.print_title_rows == "$1:$1"
    chosen = {str(each.sqref): each.formula1 for each in sheet.data_validations.dataValidation}
    assert chosen == {"R2:R3": '"属实,已消除,已排除,重新处理"', "S2:S3": "代码!$C$2:$C$5"}
    assert [row[1:] for row in workbook["代码"].iter_rows(min_row=2, values_only=True)] == [
        (code, title) for code, _, title in REASONS
    ]
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)
    assert sheet.oddHeader.left.text == "民政局 && 办公室"
    assert sheet.cell(2, 8).value == "'=HYPERLINK(1)"
    titles = [cell.value for cell in sheet[1]]
    sheet.cell(3, titles.index("处理") + 1, "已排除")
    sheet.cell(3, titles.index("原因代码") + 1, "lawful")
    sheet.cell(3, titles.index("备注") + 1, "依规单人保")
    workbook.save(path)
    assert decide(marts.connection, read_decisions(path), "王五") == 1
    assert decide(marts.connection, read_decisions(path), "王五") == 0  # the same list again
    recorded = marts.connection.execute(
        "select finding_id, decision, reason_code, decided_by, note from ops.finding_decision"
    ).fetchall()
    assert recorded == [(sheet.cell(3, 2).value, "dismissed", "LAWFUL", "王五", "依规单人保")]


def test_each_line_says_what_is_wrong_with_it_and_none_is_recorded(marts: Marts) -> None:
    add(marts, "f1")
    add(marts, "f2")
    marts.publish()
    right = FindingDecision("f1", "dismissed", "LAWFUL")
    lines = [
        right,
        FindingDecision("f2", "dismissed", "STOPPED"),
        FindingDecision("nothing", "dismissed", "LAWFUL"),
        FindingDecision("f2", "dismissed", "LAWFUL", seen="7.7"),
    ]
    told_of = decide_each(marts.connection, lines, "王五")
    assert [decision for decision, _ in told_of] == lines
    assert [bool(wrong) for _, wrong in told_of] == [False, True, True, True]
    assert "他人刚刚办理" in told_of[3][1]
    made = "select count(*) from ops.finding_decision"
    assert marts.connection.execute(made).fetchone() == (0,)
    assert decide_each(marts.connection, [right], "王五") == [(right, "")]
    assert marts.connection.execute(made).fetchone() == (1,)


def shown(marts: Marts, state: str | None = None, limit: int = 30, width: int = 160) -> str:
    console = PlainConsole(width=width, record=True, file=io.StringIO())
    print_finding_list(console, *finding_list(marts.connection, "review", state=state, limit=limit))
    return console.export_text()


def test_divisions_are_shown_with_their_names(marts: Marts, tmp_path: Path) -> None:
    marts.add("division", division_code="420202", name_zh="黄石港区")
    evidence = {"facts": {}, "sources": []}
    add(marts, "named", aid_household_no="JZ1", evidence=evidence)
    add(marts, "unknown", aid_household_no="JZ2", division_code="420299")
    marts.publish()
    found = worklist(marts.connection, "review")
    console = PlainConsole(width=200, record=True, file=io.StringIO())
    print_worklist(console, found)
    print_explanation(console, explain(marts.connection, "named", "review"))
    print_paid_after_death(console, marts.connection)
    for printed in (shown(marts, width=200), console.export_text(clear=False)):
        assert re.search(r"JZ1 +420202 黄石港区", printed)
        assert re.search(r"JZ2 +420299  ", printed)
    assert "区划：420202 黄石港区\n" in console.export_text(clear=False)
    assert re.search(r"420202 黄石港区 +1 ", console.export_text())
    write_worklist(tmp_path / "list.xlsx", found, [])
    header, *lines = openpyxl.load_workbook(tmp_path / "list.xlsx").active.iter_rows(values_only=True)
    told = [dict(zip(header, line, strict=True)) for line in lines]
    assert {(line["区划"], line["区划名称"]) for line in told} == {("420202", "黄石港区"), ("420299", None)}
    analysed = "select finding_id, division_zh from analytics.finding order by finding_id"
    assert marts.connection.execute(analysed).fetchall() == [("named", "黄石港区"), ("unknown", None)]


def test_in_a_narrow_window_dates_and_amounts_stay_whole(marts: Marts) -> None:
    add(marts, "0123456789", aid_household_no="JZ33052200001", first_on="2025-01-01", last_on="2025-05-31",
        amount_yuan=900000)  # fmt: skip
    marts.publish()
    wide, narrow = shown(marts).splitlines(), shown(marts, width=80).splitlines()
    assert len(narrow) == len(wide) + 1
    assert "区划" in narrow[-1]  # what is left out is said
    assert max(map(cell_len, narrow)) <= 80
    whole = {"0123456789", "JZ33052200001", "2025-01-01", "2025-05-31", "900000.00"}
    assert whole <= set(wide[2].split()) & set(narrow[2].split())


def test_the_work_list_too_is_whole_in_a_narrow_window(marts: Marts) -> None:
    add(marts, "0123456789abcdef", aid_household_no="JZ33052200000015", first_on="2025-01-01", last_on="2025-05-31",
        amount_yuan=900000)  # fmt: skip
    marts.publish()
    console = PlainConsole(width=80, record=True, file=io.StringIO())
    print_worklist(console, worklist(marts.connection, "review"))
    shown = console.export_text()
    assert {"0123456789", "JZ33052200000015", "2025-01-01", "2025-05-31", "900000.00"} <= set(shown.split())
    assert max(map(cell_len, shown.splitlines())) <= 80


def test_amounts_are_in_thousands_for_people_and_plain_in_a_pipe(marts: Marts) -> None:
    add(marts, "dear", amount_yuan=900000, evidence={"facts": {"limit_yuan": 50000}, "sources": []})
    marts.publish()
    found = worklist(marts.connection, "review")
    for is_terminal, amount, limit in ((True, "900,000.00", "50,000.00"), (False, "900000.00", "50000.00")):
        console = PlainConsole(width=160, record=True, file=io.StringIO(), force_terminal=is_terminal)
        print_worklist(console, found)
        print_explanation(console, explain(marts.connection, "dear", "review"))
        text = console.export_text()
        assert f"涉及金额：{amount} 元" in text
        assert f"事实 限额：{limit} 元" in text
        assert amount in text.split()


def test_facts_are_told_by_their_titles_and_codes_by_theirs() -> None:
    facts = {
        "died_on": "2025-01-13", "death_source": "cremation", "recovered_yuan": 1234.5, "side": "CJ/HL",
        "has_authorization": False, "reason": "identity_unresolved", "of_another_version": "x",
        "line": {"feed": "stay", "delivery_id": "d1", "line_number": 2},
    }  # fmt: skip
    assert told(facts, "{:,.2f}".format) == [
        ("死亡日期", "2025-01-13"), ("死亡信息来源", "火化登记"), ("已追回金额", "1,234.50 元"),
        ("一方", "困难残疾人生活补贴/重度残疾人护理补贴"), ("有授权书", "否"), ("不能判断的原因", "身份未确定"),
        ("of_another_version", "x"), ("来源行", "d1 第 2 行"),
    ]  # fmt: skip


def test_a_purpose_is_stated_by_code_or_title_and_asked_for_with_both(marts: Marts) -> None:
    marts.publish()
    assert {stated_purpose(marts.connection, given) for given in ("review", "定期复核")} == {"review"}
    with pytest.raises(UsageError, match=r"用途.*one of review 定期复核"):
        stated_purpose(marts.connection, "好奇")


def test_an_empty_list_says_so_and_for_which_divisions(marts: Marts) -> None:
    marts.publish()
    assert "疑点清单 0 / 0：无，只找本登录所列的区划 none in the divisions" in shown(marts)


def test_the_list_tells_how_grave_and_how_far_each_is_and_that_there_are_more(marts: Marts) -> None:
    add(marts, "dear", amount_yuan=900)
    add(marts, "cheap", amount_yuan=100)
    add(marts, "yellow", rule_code="F01", severity="yellow")
    add(marts, "unknown", outcome="not_assessable")
    add(marts, "gone")
    marts.publish()
    say(marts, "dear", "dismissed", "LAWFUL")
    marts.execute("delete from rules.finding where finding_id = 'gone'")
    marts.publish("one is gone")

    title, _, *lines = shown(marts).splitlines()
    assert title.split() == ["疑点清单", "4", "/", "4"]
    assert [line.split()[:5] for line in lines] == [
        ["cheap", "A01", "红", "疑点", "待处理"],
        ["yellow", "F01", "黄", "疑点", "待处理"],
        ["dear", "A01", "红", "疑点", "已排除"],
        ["unknown", "A01", "红", "无法判断", "420202"],
    ]
    cut = shown(marts, limit=1)
    assert "疑点清单 1 / 4" in cut
    assert "另有 3 条未列出" in cut
    for state, finding_id in (("dismissed", "dear"), ("已排除", "dear"), ("expired", "gone")):
        title, _, line = shown(marts, state).splitlines()
        assert (title.split()[1:], line.split()[0]) == (["1", "/", "1"], finding_id)
    with pytest.raises(UsageError, match="dismissed 已排除"):
        shown(marts, "forgotten")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_list_saved_as_csv_names_its_lines(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "list.csv"
    with path.open("w", encoding=encoding, newline="") as lines:
        csv.writer(lines).writerows(
            [
                ["编号", "处理", "原因代码"],
                ["f1", "", ""],
                ["f2", "属实", "STOPPED"],
                ["f3", "dismissed", "x"],
            ]
        )
    assert read_decisions(path) == [
        FindingDecision("f2", "confirmed", "STOPPED", None, "list.csv 第 3 行 line 3"),
        FindingDecision("f3", "dismissed", "x", None, "list.csv 第 4 行 line 4"),
    ]


def test_a_list_without_its_columns_or_no_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("编号,处理\nf1,属实\n", encoding="utf-8")
    with pytest.raises(UsageError, match="columns missing: 原因代码"):
        read_decisions(path)
    broken = tmp_path / "list.xlsx"
    broken.write_bytes(b"PK no workbook")
    with pytest.raises(UsageError, match=r"文件读不了.*Nothing was recorded"):
        read_decisions(broken)


def test_who_writes_findings_or_decisions_cannot_write_a_benefit(connection: psycopg.Connection) -> None:
    """Benefits of record are the lines in raw; rules, publishing and decisions never write there."""
    connection.execute(
        "create table raw.payment (amount_yuan text); create table rules.finding (finding_id text)"
    )
    rights = """
        select rolname from pg_roles
        where not rolsuper and rolname = any(%s)
            and (has_table_privilege(oid, %s, 'insert, update, delete, truncate')
                or has_schema_privilege(oid, %s, 'create'))
    """
    connection.execute("grant select, insert on raw.payment to loader")

    def writers(relation: str) -> set[str]:
        roles = [
            "loader",
            "transformer",
            "publisher",
            "analyst",
            "approval_api",
            "officer",
            "auditor",
            "vendor_ops",
        ]
        return {name for (name,) in connection.execute(rights, [roles, relation, relation.split(".")[0]])}

    of_benefits = writers("raw.payment")
    assert of_benefits == {"loader"}
    of_findings = writers("rules.finding") | writers("pub.finding") | writers("ops.finding_decision")
    assert {"transformer", "publisher"} <= of_findings
    assert not of_benefits & of_findings


def test_a_reason_goes_with_the_rules_of_its_side(marts: Marts, connection: psycopg.Connection) -> None:
    for reason_code, (decision, side, title) in SIDES.items():
        marts.add("finding_reason", reason_code=reason_code, decision=decision, side=side, title_zh=title)
    add(marts, "paid")
    add(marts, "due", rule_code="F01")
    marts.publish()
    for finding, rule_code, fits, does_not in (
        ("paid", "A01", "RECOVERED", "GRANTED"), ("due", "F01", "GRANTED", "RECOVERED"),
    ):  # fmt: skip
        offered = {reason.reason_code for reason in reasons(connection, rule_code)}
        assert offered == {reason_code for reason_code, _, _ in REASONS} | {fits}
        with pytest.raises(UsageError, match="不适用"):
            decide(connection, [FindingDecision(finding, SIDES[does_not][0], does_not)], "张三")
        assert decide(connection, [FindingDecision(finding, SIDES[fits][0], fits)], "张三") == 1
