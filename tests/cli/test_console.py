"""What comes from outside is shown as text: it styles nothing, hides nothing and forges no line."""

import io
import json
import logging
import os
import re
import subprocess
import sys
from datetime import datetime, timedelta

import pytest
from rich.table import Table

from cli.console import PlainConsole, harmless
from cli.log_lines import LineFormatter, LineHandler
from cli.progress import progress_bar
from warehouse.database.settings import settings

VALUES = {
    "JZ[/red]1": "JZ[/red]1",
    "JZ[bold]1[link=x]": "JZ[bold]1[link=x]",
    ":warning:": ":warning:",
    "\x1b[31mred\x1b[0m": r"\x1b[31mred\x1b[0m",
    "\x9b31mred": r"\x9b31mred",
    "a\rb\x08c\x7f": r"a\rb\x08c\x7f",
    "one\ntwo\x85three": r"one\ntwo\x85three",
    "\x1b]0;title\x07": r"\x1b]0;title\x07",
    "abc\u202edef": r"abc\u202edef",
    "鄂B·😀": "鄂B·😀",
}


@pytest.mark.parametrize("value", VALUES)
def test_a_value_is_shown_as_it_is_written(value: str) -> None:
    table = Table(value, title=value, box=None)
    table.add_row(value, style="red")
    out = io.StringIO()
    console = PlainConsole(file=out, width=200, force_terminal=True, color_system=None)
    console.print(f"家庭 {value}。", style="yellow")
    console.print(table)
    assert out.getvalue().count(VALUES[value]) == 4
    assert not set("\x1b\x9b\r\x07\x08\u202e") & set(out.getvalue())
    assert out.getvalue().count("\n") == 4


def test_the_step_under_way_is_text_too() -> None:
    out = io.StringIO()
    with progress_bar(PlainConsole(file=out, width=200, force_terminal=True, color_system=None)) as progress:
        progress("落地 [/red]\x07delivery", 1, 2)
    assert r"落地 [/red]\x07delivery" in out.getvalue()


def test_without_a_terminal_the_log_says_which_step_is_under_way(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO, "minzheng.progress")
    with progress_bar(PlainConsole(file=io.StringIO())) as progress:
        for done in range(3):
            progress("清洗 staging", done, 3)
        progress("人员识别 link", 0, 0)
        monkeypatch.setattr("cli.progress.SECONDS_OF_SILENCE", 0)
        progress("人员识别 link", 1, 2)
    assert caplog.messages == ["清洗 staging 0/3", "人员识别 link", "人员识别 link 1/2"]


def test_a_log_record_is_one_line() -> None:
    record = logging.LogRecord(
        "minzheng", logging.INFO, "", 0, "delivery=%s", ("a\nERROR forged\x1b[2J",), None
    )
    assert LineFormatter().format(record).endswith(r" INFO minzheng delivery=a\nERROR forged\x1b[2J")
    assert harmless("plain 文字") == "plain 文字"


def test_a_log_record_as_json_hides_and_turns_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINZHENG_LOG_FORMAT", "json")
    settings.cache_clear()
    said = "张三\n\x1b[2J\x7f\x9b2J\u2028ERROR\u202eforged\u2066"
    line = LineFormatter().format(logging.LogRecord("minzheng", logging.INFO, "", 0, said, (), None))
    assert harmless(line) == line
    assert "张三" in line
    assert json.loads(line)["message"] == said


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_error_is_logged_by_its_kind_and_place_and_not_its_words(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINZHENG_LOG_FORMAT", form)
    settings.cache_clear()
    try:
        {}["420203198001010011"]
    except KeyError:
        record = logging.LogRecord("foreign", logging.ERROR, "", 0, "failed\n二", (), sys.exc_info())
    logging.Formatter().format(record)  # a handler before ours leaves its text, words and all
    line = LineFormatter().format(record)
    assert "420203198001010011" not in line
    assert "\n" not in line
    assert re.search(r"KeyError at \S+test_console.py:\d+ in test_an_error", line)
    if form == "json":
        told = json.loads(line)
        assert told.keys() == {"time", "level", "logger", "message", "error"}
        assert told["message"] == "failed\n二"
        assert datetime.fromisoformat(told["time"]).utcoffset() == timedelta()


def test_a_line_that_cannot_be_written_is_told_by_its_kind(capfd: pytest.CaptureFixture[str]) -> None:
    handler = LineHandler()
    handler.setStream(closed := io.StringIO())
    closed.close()
    handler.handle(logging.LogRecord("foreign", logging.ERROR, "", 0, "%s", ("420203198001010011",), None))
    assert capfd.readouterr().err == "A line of foreign was not written: ValueError\n"


def test_a_reader_who_leaves_early_ends_the_printing_and_not_the_work() -> None:
    program = """
import sys
from cli.console import console
for number in range(2_000):
    console.print(f"line {number}")
print("done", file=sys.stderr)
"""
    read, write = os.pipe()
    with subprocess.Popen([sys.executable, "-c", program], stdout=write, stderr=subprocess.PIPE) as work:
        os.close(write)
        os.read(read, 10)
        os.close(read)
        assert work.stderr
        assert work.stderr.read() == b"done\n"
    assert work.returncode == 0
