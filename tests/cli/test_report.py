"""Tables in a window of 80 columns: what names a thing is never cut, and is not folded while there is room."""

import io
import re
from datetime import UTC, datetime

from rich.cells import cell_len

from cli.console import PlainConsole
from cli.report import print_alerts, print_cases, print_readings, print_strays
from ingestion.strays import KnownStray
from linkage.review import Case
from warehouse.alerting.alerts import Alert
from warehouse.database.settings import PROJECT_ROOT
from warehouse.verification.audit import OPERATIONS_ZH, Reading

NOW = datetime(2025, 6, 25, 1, 30, tzinfo=UTC)
PLACE = "assistance/payment/20250625/payment_copy.csv"


def narrow() -> PlainConsole:
    return PlainConsole(width=80, record=True, file=io.StringIO())


def told(console: PlainConsole) -> str:
    text = console.export_text()
    assert max(map(cell_len, text.splitlines())) <= 80
    return text


def test_an_alert_is_told_whole() -> None:
    console = narrow()
    alert = Alert(
        12, "delivery_refused", "assistance/payment/20250625", "清单文件有误：" * 20, NOW, None, None
    )
    print_alerts(console, [alert])
    assert {"12", "整份拒收", "assistance/payment/20250625", "01:30"} <= set(told(console).split())


def test_a_place_that_lies_astray_can_be_copied() -> None:
    console = narrow()
    print_strays(
        console, [KnownStray(PLACE, "payment", "清单没有指明它。 " * 9, NOW, "王五", NOW, "样本", "dw_land")]
    )
    assert PLACE in told(console).split()


def test_a_place_longer_than_the_window_is_folded_and_not_cut() -> None:
    console, place = narrow(), f"{PLACE}/" * 3
    print_strays(console, [KnownStray(place, "payment", "说明", NOW, None, None, None, None)])
    assert place in "".join(line.split()[0] for line in told(console).splitlines()[2:])


def test_who_read_is_told_with_the_whole_number_of_the_report_and_what_had_no_room() -> None:
    console, report_no = narrow(), "HD20250625-0A1B2C3D-0123456789AB"
    print_readings(
        console,
        [
            Reading(
                NOW, "household_check", "answered", "王五", "dw_serve", "approval", "review", "SQ1", report_no
            )
        ],
    )
    text = told(console)
    assert report_no in text.split()
    assert "review" in text.split()
    assert "家庭核对" in text.split()
    assert text.splitlines()[-1].endswith("结果、系统、授权书、登录用户")


def test_everything_logged_of_who_read_has_a_title() -> None:
    logging = {
        "warehouse/code/*/*.sql": (
            r"verification\.(?:answer|refuse|note_reading|told_findings|desk_household|finding_lines|hand_out)\(\s*'(\w+)'"
        ),
        "[csw]*/**/*.py": r'note_lookup\(connection, "(\w+)"',
    }
    logged = {
        operation
        for files, called in logging.items()
        for path in PROJECT_ROOT.glob(files)
        for operation in re.findall(called, path.read_text(encoding="utf-8"))
    }
    assert logged == set(OPERATIONS_ZH)


def test_a_mention_to_decide_on_is_not_folded() -> None:
    console, mention = narrow(), "social_insurance_20250625_full_01:12345:insured"
    reasons = ["姓名相同", "出生日期相同", "同一户"]
    print_cases(
        console,
        [
            Case(
                mention,
                12345,
                "near_tie",
                "0.93",
                reasons,
                "王*明",
                "420203********1011",
                None,
                0,
                None,
                None,
            )
        ],
    )
    text = told(console)
    assert {mention, "12345", "0.93"} <= set(text.split())
    assert text.splitlines()[-1].endswith("身份号码、情况、写作")
