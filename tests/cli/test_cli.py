"""The command line: exit codes and messages a person can act on."""

import io
import os
import re
import socket
import sys
from pathlib import Path

import psycopg
import pytest
from hand_made_marts import Marts
from rich.cells import cell_len
from small_inbox import SmallInbox, line

from cli import main as cli
from lab.simulator import generate
from warehouse.database.connection import Warehouse
from warehouse.database.doctor import _examine_python
from warehouse.database.settings import settings
from warehouse.pipeline.runs import prepare
from warehouse.pipeline.timings import WHOLE, note


@pytest.fixture
def minzheng(database, monkeypatch, capsys):
    """Runs a command on the test's database; returns exit code, output and complaints."""
    monkeypatch.setenv("MINZHENG_DATABASE_URL", database.address)
    monkeypatch.setenv("MINZHENG_PURPOSE", "review")
    settings.cache_clear()

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["minzheng", *arguments])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        captured = capsys.readouterr()
        return int(stopped.value.code or 0), captured.out, captured.err

    return call


def test_an_inbox_that_is_none(minzheng, tmp_path):
    code, _, complaint = minzheng("run", "--inbox", str(tmp_path / "nowhere"))
    assert code == 2
    assert "is no folder" in complaint
    assert "--inbox wants" in complaint


def test_an_empty_inbox_says_what_to_look_at(minzheng, tmp_path):
    code, _, complaint = minzheng("run", "--inbox", str(tmp_path))
    assert code == 2
    assert "minzheng status" in complaint


def test_an_unknown_feed_names_the_known_ones(minzheng, tmp_path):
    code, _, complaint = minzheng("land", "--inbox", str(tmp_path), "nothing")
    assert code == 2
    assert "population" in complaint


@pytest.mark.parametrize(("somebody_reads", "told"), [(True, []), (False, ["minzheng land", "minzheng run"])])
def test_what_is_mistyped_is_answered_and_an_alert_only_where_nobody_sits(
    minzheng, tmp_path, monkeypatch, somebody_reads, told
):
    monkeypatch.setattr("sys.stderr.isatty", lambda: somebody_reads, raising=False)
    for words, answer in (
        (("land", "--replay", "nobody_knows_it"), "is not in the inbox"),
        (("land", "no_such_feed"), "No contract for feed no_such_feed"),
        (("run", "--through", "1999-01-01"), "No accepted delivery"),
    ):
        code, _, complaint = minzheng(words[0], "--inbox", str(tmp_path), *words[1:])
        assert (code, answer in complaint) == (2, True), words
    with psycopg.connect(settings().database_url) as connection:
        subjects = connection.execute("select subject from ops.alert order by 1").fetchall()
    assert [subject for (subject,) in subjects] == told


def test_a_server_that_cannot_be_reached(monkeypatch, minzheng):
    monkeypatch.setenv("MINZHENG_DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:1/none")
    settings.cache_clear()
    code, _, complaint = minzheng("findings")
    assert code == 3
    assert "127.0.0.1:1" in complaint
    assert "secret" not in complaint


@pytest.mark.parametrize(
    ("variable", "value", "wanted"),
    [
        ("MINZHENG_KEEP_REJECTED_DAYS", "-7713", "greater than or equal to 1"),
        ("MINZHENG_DBT_THREADS", "seven", "a valid integer"),
        ("MINZHENG_ALERT_EMAIL_TO", "officer@7713.cn", '["duty@example.cn"]'),
        ("MINZHENG_ALERT_EMAIL_TO", '{"officer": "7713"}', '["duty@example.cn"]'),
        ("MINZHENG_API_TOKENS", '{"approval": "7713', '{"client": "SHA-256 in hex"}'),
        ("MINZHENG_API_CERTIFICATES", '["CN=7713"]', '{"CN=subject": "client"}'),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_and_its_value_not_shown(
    monkeypatch, minzheng, variable, value, wanted
):
    monkeypatch.setenv(variable, value)
    settings.cache_clear()
    code, output, complaint = minzheng("retention")
    assert code == 2
    assert variable in complaint
    assert wanted in complaint
    assert complaint.count("\n") == 1
    assert "7713" not in output + complaint
    assert "seven" not in complaint


def test_lists_and_objects_among_the_settings_are_read(monkeypatch):
    monkeypatch.setenv("MINZHENG_ALERT_EMAIL_TO", '["duty@example.cn"]')
    monkeypatch.setenv("MINZHENG_API_TOKENS", '{"approval": "abc"}')
    settings.cache_clear()
    assert settings().alert_email_to == ["duty@example.cn"]
    assert settings().api_tokens == {"approval": "abc"}


def test_a_path_that_cannot_be_written_is_bad_input(monkeypatch, minzheng, tmp_path):
    occupied = tmp_path / "occupied"
    occupied.write_text("a file where a folder is wanted")
    for command in (
        ("finding", "worklist", "--out", str(occupied / "list.xlsx")),
        ("review", "list", "--sheet", str(occupied / "sheet.csv")),
        ("return-list", "--out", str(occupied / "lists")),
    ):
        monkeypatch.setattr("warehouse.casework.findings.worklist", lambda *_: [])
        monkeypatch.setattr("warehouse.casework.findings.reasons", lambda *_: [])
        monkeypatch.setattr("linkage.review.cases", lambda *_: [])
        monkeypatch.setattr("warehouse.verification.purposes.stated_purpose", lambda *_: "review")
        monkeypatch.setattr("warehouse.verification.purposes.note_lookup", lambda *_: None)
        code, _, complaint = minzheng(*command)
        assert (code, complaint.count("\n")) == (2, 1), command
        assert command[-1] in complaint
        assert "Not a directory" in complaint
    monkeypatch.setenv("MINZHENG_DATABASE_URL", "")
    monkeypatch.setenv("MINZHENG_HOME", str(occupied / "home"))
    settings.cache_clear()
    code, _, complaint = minzheng("status")
    assert code == 2
    assert str(occupied / "home") in complaint


def test_a_fault_nobody_foresaw_does_not_say_that_a_gate_is_closed(minzheng, monkeypatch):
    def stumble(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("cli.report.print_status", stumble)
    code, _, complaint = minzheng("status")
    assert code == 3
    assert "ZeroDivisionError" in complaint


def test_a_fault_nobody_foresaw_shows_where_and_no_value(minzheng, monkeypatch):
    number = "420203194203192294"  # not on the line that fails: lines of the program are shown

    def stumble(*_: object) -> None:
        raise KeyError(number)

    monkeypatch.setattr("cli.report.print_status", stumble)
    code, output, complaint = minzheng("status")
    assert code == 3
    assert "in stumble" in complaint
    assert number not in output + complaint


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("rollback", "99999999999"), "rollback"),
        (("explain", ""), "Name a finding"),
        (("explain", "--mention", "d:99999999999999999999:r"), "DELIVERY:LINE:ROLE"),
        (("backfill", "payment", "--from", "2025-06-02", "--to", "2025-06-01"), "--to lies before --from"),
        (("authorization", "add", "N1", "--from", "2025-01-01", "--to", "2025-12-31", "--by", "甲",
          "--people", os.devnull), "Nobody is named"),
        (("audit", "who-read"), ""),  # asked for the number, nobody answers
    ],
)  # fmt: skip
def test_bad_use_exits_2(minzheng, tmp_path, monkeypatch, words, answer):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setenv("MINZHENG_INBOX", str(tmp_path))
    code, _, complaint = minzheng(*words)
    assert code == 2, complaint
    assert answer in complaint


def test_a_port_that_is_taken_is_bad_use(minzheng, monkeypatch):
    monkeypatch.setattr("warehouse.database.migrate.migrate", lambda _: None)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, _, complaint = minzheng("serve", "--port", str(port))
    assert code == 2
    assert f"Nothing can be served at 127.0.0.1:{port}" in complaint


def test_a_case_number_of_the_senders_forges_nothing(minzheng, database):
    number = "JZ[/red]1\x1b[31m"
    with psycopg.connect(database.address) as connection:
        marts = Marts(connection)
        marts.add("finding_reason", reason_code="LAWFUL", decision="dismissed", title_zh="政策允许，有文件")
        marts.add("verification_code", code_list="purpose", code="review")
        marts.add("anomaly_rule", rule_code="D01", title_zh="规则[/bold]", status="active", severity="red")
        marts.add(
            "finding", finding_id="f1", rule_code="D01", outcome="hit", severity="red", aid_household_no=number,
            evidence_digest="x", evidence={"facts": {"plate": number}, "sources": []},
        )  # fmt: skip
        marts.publish()
    for command in (("findings",), ("explain", "f1"), ("finding", "worklist", "--capacity", "5")):
        code, shown, complaint = minzheng(*command)
        assert (code, complaint) == (0, ""), command
        assert "JZ[/red]1\\x1b[31m" in shown, command
        assert "\x1b" not in shown

    code, _, complaint = minzheng(
        "finding", "decide", "f1", "--as", "已排除", "--reason", "不知道", "--by", "甲"
    )
    assert (code, "LAWFUL 政策允许，有文件" in complaint) == (2, True)
    words = ("--as", "已排除", "--reason", "政策允许,有文件", "--by", "甲", "--note", "[/b]见卷宗")
    assert minzheng("finding", "decide", "f1", *words)[0] == 0
    _, shown, _ = minzheng("explain", "f1")
    assert re.search(
        r"处理 20\S+ \S+ 甲（登录 dw_admin）：已排除，政策允许，有文件；备注：\[/b\]见卷宗", shown
    )


DELIVERY = """
insert into ops.delivery (delivery_id, system, feed, business_date, mode, sequence_no, file_name, sha256,
    layout_version, received_count, landed_count, rejected_count, repeated_count, status)
values (%s, 'shared', 'vehicle', '2025-06-25', 'full', %s, 'f', 'x', 1, 0, 0, 0, 0, %s)
"""


def test_whose_word_it_was_and_by_which_login_is_said(minzheng, database, monkeypatch, tmp_path):
    monkeypatch.setenv("MINZHENG_WITHDRAW_FOUR_EYES", "true")
    settings.cache_clear()
    with psycopg.connect(database.address) as connection:
        connection.execute(DELIVERY, ["d1", 1, "accepted"])
        connection.execute(DELIVERY, ["d2", 2, "held"])
        connection.execute("insert into ops.absorbed_delivery values ('staging', 'd1')")
        connection.execute("insert into ops.inbox_stray (place, feed, reason) values ('a', '', 'why')")
    withdraw = ("withdraw", "d1", "--reason", "发错了", "--by")
    assert "待第二人" in minzheng(*withdraw, "张")[1]
    assert "d1（张）: 待第二人" in minzheng("status")[1]
    assert "，同一登录 by one login" in "".join(minzheng(*withdraw, "李")[1].splitlines())
    assert "（张、李，同一登录 by one login）" in minzheng("status")[1]

    assert minzheng("accept", "d2", "--reason", "对方已确认", "--by", "王")[0] == 0
    with psycopg.connect(database.address) as connection:
        said = connection.execute("select said_by, said_login from ops.gate_result where said_by is not null")
        assert said.fetchall() == [("王", "dw_admin")]
    inbox = ("--reason", "known", "--by", "甲", "--inbox", str(tmp_path))
    assert minzheng("inbox", "ignore", "a", *inbox)[0] == 0
    assert "甲（登录 dw_admin）：known" in minzheng("inbox", "list")[1]


def test_statements_the_database_refuses_show_no_values(minzheng, monkeypatch):
    def refuse(*_: object) -> None:
        raise psycopg.errors.UniqueViolation("Key (id_number)=(420203194203192294) already exists.")

    monkeypatch.setattr("warehouse.verification.purposes.stated_purpose", refuse)
    code, output, complaint = minzheng("findings")
    assert code == 3
    assert "UniqueViolation" in complaint
    assert "420203194203192294" not in output + complaint


@pytest.mark.builds
def test_run_status_findings_explain_evaluate(minzheng, tmp_path):
    inbox = tmp_path / "inbox"
    generate(inbox, residents=800, seed=3, days=2, faults=True)
    code, output, complaint = minzheng("run", "--inbox", str(inbox))
    assert code == 2
    assert "Refused whole" in complaint
    assert "generation 1" in output
    assert "整份拒收" in output

    code, output, _ = minzheng("run", "--inbox", str(inbox))
    assert (code, "0 rows changed" in output) == (2, True)

    code, output, _ = minzheng("status")
    assert code == 0
    assert "generation 1" in output

    code, output, _ = minzheng("findings", "--rule", "a01")
    assert code == 0
    finding = next(line.split()[0] for line in output.splitlines() if " A01 " in line)
    code, output, complaint = minzheng("explain", finding)
    assert (code, complaint) == (0, "")
    assert "死亡后继续发放" in output
    assert "payment_" in output

    plot = tmp_path / "calibration.svg"
    code, output, _ = minzheng("evaluate", "--truth", str(inbox / "truth"), "--plot", str(plot))
    assert code == 0
    assert plot.read_text(encoding="utf-8").startswith("<svg")
    assert "precision" in output
    assert "wrong_check" in output

    with psycopg.connect(settings().database_url) as connection:
        inferred = connection.execute(
            """
            select delivery_id || ':' || line_number || ':' || role, resident_id
            from ops.person_link where method = 'probabilistic' order by match_score limit 1
            """
        ).fetchone()
    code, output, _ = minzheng("explain", "--mention", inferred[0])
    assert code == 0
    assert "理由：" in output
    assert "推断" in output
    assert minzheng("review", "list")[0] == 0
    sheet = tmp_path / "decisions.csv"
    sheet.write_text(
        f"mention,resident_id,decision\n{inferred[0]},{inferred[1]},different\n", encoding="utf-8"
    )
    code, output, _ = minzheng("review", "decide", str(sheet), "--by", "甲")
    assert (code, "recorded: 1" in output) == (0, True)
    code, output, _ = minzheng("explain", "--mention", inferred[0])
    assert re.search("甲（登录dw_admin）：居民[0-9]+不是同一人", "".join(output.split()))
    code, _, complaint = minzheng("explain", "--mention", "nowhere")
    assert (code, "DELIVERY:LINE:ROLE" in complaint) == (2, True)

    with psycopg.connect(settings().database_url) as connection:
        household = connection.execute(
            "select aid_household_no from pub.current_household_means where household_kind = 'aid' order by 1 limit 1"
        ).fetchone()[0]
    code, output, _ = minzheng("explain", "--household", household)
    assert (code, f"救助家庭（申报） {household}" in output, "四、人均可计收入" in output) == (0, True, True)
    code, _, complaint = minzheng("explain", "--household", "nowhere")
    assert (code, "No household nowhere" in complaint) == (2, True)
    code, _, complaint = minzheng("explain", "--household", household, "--mention", inferred[0])
    assert (code, "Name a finding" in complaint) == (2, True)

    code, _, complaint = minzheng("explain", "zzzz")
    assert code == 2
    assert "minzheng findings" in complaint

    with psycopg.connect(settings().database_url) as connection:
        names = connection.execute(
            "select id_number, name from marts.resident where id_number is not null limit 2000"
        ).fetchall()
        reasons = connection.execute(
            "select coalesce(string_agg(reason, ' '), '') from ops.rejected_delivery"
        ).fetchone()[0]
    assert not any(number in reasons or (len(name or "") > 2 and name in reasons) for number, name in names)


def test_before_the_first_run_commands_say_what_to_do(minzheng, tmp_path):
    for arguments in (
        ("explain", "a"),
        ("evaluate", "--truth", str(tmp_path)),
        ("findings", "--rule", "A01"),
    ):
        code, _, complaint = minzheng(*arguments)
        assert code == 2, arguments
        assert "minzheng" in complaint or "link.csv" in complaint or "nothing is published" in complaint


def test_an_address_that_is_none(monkeypatch, minzheng):
    monkeypatch.setenv("MINZHENG_DATABASE_URL", "garbage")
    settings.cache_clear()
    code, _, complaint = minzheng("status")
    assert code == 2
    assert "postgresql://user" in complaint


def test_any_dbt_command_runs_on_the_day_of_the_last_build(minzheng, connection):
    connection.execute(
        """
        insert into ops.build_under_way
            (business_date, deliveries_digest, program_digest, generation, is_full_refresh)
        values ('2025-06-30', '', '', 7, false)
        """
    )
    connection.commit()
    a_query = (
        "select '{{ var(\"business_date\") }}' as day, {{ var('generation') }} as generation, current_user"
    )
    code, said, _ = minzheng("dbt", "--", "show", "--inline", a_query)
    assert code == 0
    assert re.search(r"2025-06-30 \| +7 \|", said)
    assert re.search(r"2024-01-31 \| +9 \|", minzheng(
        "dbt", "show", "--inline", a_query, "--vars", "{business_date: '2024-01-31', generation: 9}"
    )[1])  # fmt: skip
    assert minzheng("dbt", "--", "show", "--inline", "select nothing")[0] != 0
    code, _, complaint = minzheng("dbt", "--", "nonsense")
    assert (code, "No such command 'nonsense'" in complaint) == (2, True)


def test_what_the_last_builds_took(minzheng, connection):
    assert "minzheng build" in minzheng("status", "--timings")[1]
    for build_no, seconds in ((3, 10), (5, 30), (6, 60)):
        note(connection, build_no, "derive", {WHOLE: seconds, "resident": seconds / 10})
    note(connection, 6, "derive", {"finding": 0.5})
    connection.commit()
    code, said, _ = minzheng("status", "--timings")
    assert code == 0
    (step,) = re.findall(r"集市与规则.*", said)
    assert re.findall(r"[\d.]+|[▁-█]+", step) == ["10.0", "30.0", "60.0", "▂▅█"]
    (slow,) = re.findall(r"resident.*", said)
    assert re.findall(r"[\d.]+|[▁-█]+", slow) == ["6.00", "2.00", "3.0", "▂▅█"]
    (first,) = re.findall(r"finding.*", said)
    assert re.findall(r"[\d.]+|[▁-█]+", first) == ["0.50", "█"]


def test_psql_opens_and_its_exit_code_is_passed_on(minzheng):
    assert minzheng("psql", "--", "-c", "select 1")[0] == 0
    assert minzheng("psql", "--", "-c", "select nothing")[0] != 0


def test_evaluate_wants_a_truth_folder(minzheng, tmp_path):
    code, _, complaint = minzheng("evaluate", "--truth", str(tmp_path))
    assert code == 2
    assert "link.csv" in complaint


def test_replay_and_backfill(minzheng, tmp_path):
    """A held delivery comes back with the corrected limit; a day left out is filled up."""
    generate(tmp_path, 300, seed=3, days=3)
    days = sorted(path.name for path in (tmp_path / "assistance" / "entitlement").iterdir())
    first, last = (f"{day[:4]}-{day[4:6]}-{day[6:]}" for day in (days[0], days[-1]))
    code, told, _ = minzheng(
        "backfill", "entitlement", "--inbox", str(tmp_path), "--from", first, "--to", last, "--dry-run"
    )
    assert code == 0
    assert f"将落地 {len(days)}" in told
    code, told, log = minzheng(
        "backfill", "entitlement", "--inbox", str(tmp_path), "--from", last, "--to", last
    )
    assert code == 0
    assert log.count("outcome=landed") == 1
    code, _, log = minzheng(
        "backfill", "entitlement", "--inbox", str(tmp_path), "--from", first, "--to", last
    )
    assert code == 0
    assert log.count("outcome=landed") == len(days) - 1
    code, _, complaint = minzheng(
        "land", "--inbox", str(tmp_path), "--replay", "entitlement_20990101_full_01"
    )
    assert code == 2
    assert "is not in the inbox" in complaint
    known = next((tmp_path / "assistance" / "entitlement" / days[0]).glob("entitlement_*")).stem
    code, _, complaint = minzheng("land", "--inbox", str(tmp_path), "--replay", known)
    assert code == 2
    assert "only a held or refused delivery is landed again" in complaint


def deliver(database: Warehouse, day: str, **values: object) -> None:
    row = {
        "delivery_id": f"payment-{day}", "system": "assistance", "feed": "payment", "business_date": day,
        "mode": "full", "sequence_no": 1, "file_name": "f", "sha256": "x", "layout_version": 1,
        "received_count": 100, "landed_count": 100, "rejected_count": 0, "repeated_count": 0,
        "status": "accepted",
    } | values  # fmt: skip
    with psycopg.connect(database.address) as connection:
        connection.execute(
            f"insert into ops.delivery ({', '.join(row)}) values ({', '.join(['%s'] * len(row))})".encode(),
            list(row.values()),
        )


def test_status_tells_what_waits_for_a_build_and_how_each_system_delivers(minzheng, database):
    prepare(database)
    with psycopg.connect(database.address) as connection:
        connection.execute(
            "insert into ops.generation values (1, '2025-06-26', 'x', now(), 0, 0);"
            "insert into pub.current_generation values (true, 1, now())"
        )
    deliver(database, "2025-05-31")
    deliver(database, "2025-06-29", landed_count=90, rejected_count=10)
    deliver(database, "2025-06-20", feed="cremation", system="funeral", delivery_id="cremation-1")
    code, shown, _ = minzheng("status")
    assert code == 0
    lines = {line.split()[0]: line.split() for line in shown.splitlines() if line.strip()}
    assert lines["资金发放明细"] == ["资金发放明细", "2025-06-29", "2", "有更新的数据，待构建"]
    assert lines["火化登记"][:3] == ["火化登记", "2025-06-20", "6"]
    assert lines["火化登记"][-1] == "待发布"  # no build has judged it yet
    assert "正常" not in shown
    assert lines["机动车"][-1] == "从未交付"
    assert lines["assistance"] == ["assistance", "2025-06", "1", "0", "0", "10.00%", "↑10.00"]
    assert max(cell_len(line) for line in shown.splitlines() if "Docs" not in line) <= 120


def test_a_reason_with_an_identity_number_lets_nothing_through(minzheng, database):
    prepare(database)
    deliver(database, "2025-05-31", status="held")
    number = "420202199001011231"
    code, output, complaint = minzheng("accept", "payment-2025-05-31", "--reason", f"是{number}一人的更正")
    assert code == 2
    assert "Take it out" in complaint
    assert number not in output + complaint
    with psycopg.connect(database.address) as connection:
        assert connection.execute("select status from ops.delivery").fetchall() == [("held",)]
        assert connection.execute("select count(*) from ops.gate_result").fetchone() == (0,)


def test_retention_counts_unless_told_to_drop(minzheng, database, monkeypatch):
    prepare(database)
    deliver(database, "2020-06-29", landed_count=99, rejected_count=1, landed_at="2020-06-29")
    with psycopg.connect(database.address) as connection:
        connection.execute(
            "insert into ops.rejected_row values ('payment-2020-06-29', 1, 'bad_date', '发放日期', 'values', null)"
        )
    monkeypatch.setenv("MINZHENG_KEEP_REJECTED_DAYS", "365")
    settings.cache_clear()
    code, shown, _ = minzheng("retention")
    assert code == 0
    assert re.search(r"拒收行的原文 +1 +365", shown)
    assert "--apply" in shown
    assert re.search(r"拒收行的原文 +1 +365", minzheng("retention", "--apply")[1])
    assert re.search(r"拒收行的原文 +0 +365", minzheng("retention")[1])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make an environment that others cannot use")
def test_doctor_tells_of_a_python_that_others_cannot_reach(tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o700)
    told = _examine_python(folder / "python3.11")
    assert told.good  # it does work here
    assert told.is_notice
    assert "make install PYTHON=" in told.detail
    assert not _examine_python(Path("/usr/bin/python3")).is_notice


def test_one_delivery_that_cannot_be_read_stops_no_other(minzheng, database, tmp_path):
    """Exit 2 for what is refused; what nothing reads is told once (exit 1), and by status until acknowledged."""
    inbox = SmallInbox(tmp_path / "inbox")
    inbox.add("vehicle", [line("vehicle", 1)]).with_name("copy.csv").write_text("x")
    manifest = inbox.add("payment", [line("payment", 1)]).with_name("manifest.json")
    stated = manifest.read_text(encoding="utf-8")
    manifest.write_text(re.sub(r'"rows": \d+', f'"rows": {"2" * 5000}', stated), encoding="utf-8")
    code, output, _ = minzheng("land", "--inbox", str(inbox.root))
    assert code == 2
    assert "已落地 1" in output
    assert "无人读取 shared/vehicle/20250625/copy.csv: 清单没有指明它" in output
    assert "整份拒收（清单文件有误） assistance/payment/20250625" in output

    manifest.write_text(stated, encoding="utf-8")
    manifest.with_name("other.csv").write_text("x")
    code, _, complaint = minzheng("land", "--inbox", str(inbox.root))
    assert code == 1
    assert "assistance/payment/20250625/other.csv" in complaint
    assert "copy.csv" not in complaint, "told before"
    assert minzheng("land", "--inbox", str(inbox.root))[0] == 0

    assert minzheng("status")[1].count("无人读取") == 2
    code, _, complaint = minzheng("inbox", "ignore", "nothing/here", "--reason", "x")
    assert (code, "No landing has met" in complaint) == (2, True)
    for name in ("assistance/payment/20250625/other.csv", "shared/vehicle/20250625/copy.csv"):
        assert minzheng("inbox", "ignore", name, "--reason", "[red]样[/red]", "--by", "张")[0] == 0
    assert "无人读取" not in minzheng("status")[1]
    assert "[red]样[/red]" in minzheng("inbox", "list")[1]


def test_a_delivery_is_withdrawn_by_command(minzheng, database):
    deliver(database, "2025-06-25", delivery_id="d1")
    code, output, _ = minzheng("withdraw", "d1", "--reason", "发错了")
    assert (code, "已撤回" in output) == (0, True)
    code, _, complaint = minzheng("withdraw", "d1", "--reason", "发错了")
    assert (code, "withdrawn already" in complaint) == (2, True)
