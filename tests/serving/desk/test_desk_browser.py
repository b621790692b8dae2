"""The desk in a real Chromium: by mouse, by keyboard, without script, and what axe finds."""

import os
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from at_the_desk import HERE, MINE, Officers, Visitor, listening
from fastapi import FastAPI
from hand_made_family import CONSENT, TODAY, Family
from landed_lines import PHONE

from warehouse.database.server import free_port

CHROMIUM = (
    os.environ.get("MINZHENG_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
)
AXE = Path(__file__).parent / "axe" / "axe.min.js"
SERIOUS = """
async () => (await axe.run()).violations
    .filter(found => ["serious", "critical"].includes(found.impact))
    .map(found => [found.id, found.nodes.map(node => node.target.join(" "))])
"""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium")


@pytest.fixture
def address(app: FastAPI) -> Iterator[str]:
    """Where the desk of the test listens."""
    with listening(app, free_port()) as place:
        yield place


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


def open_page(browser: Any, **options: Any) -> Any:
    page = browser.new_context(
        viewport={"width": 1366, "height": 768}, bypass_csp=False, **options
    ).new_page()
    page.set_default_timeout(60_000)  # of a busy machine
    page.faults = []
    page.on(
        "console", lambda said: page.faults.append(said.text) if said.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    return page


def sign_in(page: Any, address: str, officer: Visitor) -> None:
    page.goto(f"{address}/sign-in")
    page.fill("#login", officer.login)
    page.fill("#password", officer.credentials.password)
    page.fill("#code", officer.code(1))
    page.click("main button")
    page.wait_for_url("**/findings")


def serious(page: Any) -> list[Any]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[Any] = page.evaluate(SERIOUS)
    return found


def test_an_officer_takes_and_decides_by_mouse(browser: Any, address: str, officer: Visitor) -> None:
    officer.enter()
    page = open_page(browser)
    page.goto(f"{address}/sign-in")
    assert serious(page) == []
    sign_in(page, address, officer)
    assert serious(page) == []
    page.select_option("#severity", "yellow")
    page.wait_for_url("**severity=yellow**")
    assert page.locator("table.list tbody tr").count() == 4
    page.check("#c1")
    page.click("main form .button >> text=领取所选")
    page.wait_for_url("**pile=taken**")
    page.click("table.list tbody a")
    assert page.url.split("/")[-1] in MINE
    assert serious(page) == []
    page.click("text=政策允许")
    page.fill("#note", "依规")
    page.click("aside button >> text=登记")
    page.wait_for_url("**told=done_decide")
    assert "已处理" in page.inner_text(".badge")
    page.goto(f"{address}/findings/import")
    assert serious(page) == []
    assert page.faults == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0, "nothing stays in the browser"


def test_an_officer_takes_and_decides_by_keyboard_alone(browser: Any, address: str, officer: Visitor) -> None:
    officer.enter()
    page = open_page(browser)
    page.goto(f"{address}/sign-in")
    focus(page, "login")
    for typed in (officer.login, officer.credentials.password, officer.code(1)):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    focus(page, "BUTTON:登录")
    page.keyboard.press("Enter")
    page.wait_for_url("**/findings")
    focus(page, "c1")
    page.keyboard.press("Space")
    focus(page, "BUTTON:领取所选")
    page.keyboard.press("Enter")
    page.wait_for_url("**pile=taken**")
    page.locator("table.list tbody a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/findings/mine*")
    focus(page, "rSTOPPED")
    page.keyboard.press("Space")
    focus(page, "note")
    page.keyboard.type("依规")
    focus(page, "BUTTON:登记")
    page.keyboard.press("Enter")
    page.wait_for_url("**told=done_decide")
    outline = page.evaluate("() => { document.querySelector('.bar a').focus(); "
                            "return getComputedStyle(document.activeElement).outlineStyle; }")  # fmt: skip
    assert outline == "solid", "where one is, is seen"
    assert page.faults == []


def focus(page: Any, wanted: str) -> None:
    """Tab on until what has this id, or is a button with these words, has the focus."""
    where = "() => { const at = document.activeElement; return [at.id, at.tagName + ':' + at.innerText]; }"
    for _ in range(120):
        if wanted in page.evaluate(where):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} is not reached by Tab")


def test_the_further_pages_by_keyboard(browser: Any, address: str, officer: Visitor, family: Family) -> None:
    family.add(
        "aid_household", aid_household_no="JZ7", aid_type_code="DB", division_code=HERE, is_active=True
    )
    family.add(
        "aid_household_member", aid_household_no="JZ7", member_no=1, resident_id=1, relation="本人",
        is_covered=True,
    )  # fmt: skip
    family.publish()
    officer.enter()
    page = open_page(browser)
    sign_in(page, address, officer)
    for name in ("overview", "deliveries", "identity", "audit", "households"):
        page.goto(f"{address}/{name}")
        assert serious(page) == [], name
    focus(page, "number")
    page.keyboard.type("JZ7")
    page.keyboard.press("Enter")
    page.wait_for_url("**/households/JZ7")
    assert serious(page) == []
    assert "王一" not in page.inner_text("main")
    focus(page, "BUTTON:显示姓名和号码（用途：定期复核，留痕）")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=隐去姓名和号码")
    assert "王一" in page.inner_text("main")
    assert page.faults == []


def fill_in(page: Any, family: Family) -> None:
    """The form of a question, with a line taken away and one added by button."""
    page.fill("#authorization_no", CONSENT)
    page.select_option("#aid_type", "DB")
    page.click("text=增加一行")
    page.click("[aria-label='删去第 2 行']")
    for place, resident_id in enumerate((1, 3)):
        page.fill(f"#name{place}", family.NAMES[resident_id])
        page.fill(f"#id_number{place}", family.numbers[resident_id])
        page.fill(f"#relation{place}", "本人" if place == 0 else "子女")


def test_a_report_is_asked_for_and_objected_to_by_mouse(
    browser: Any, address: str, officer: Visitor, colleague: Visitor, family: Family
) -> None:
    officer.enter()
    page = open_page(browser)
    sign_in(page, address, officer)
    page.click("nav >> text=核对报告")
    page.wait_for_url("**/reports")
    assert serious(page) == []
    page.click("text=核对申请")
    assert serious(page) == []
    page.click("form.question .button")
    assert "至少须有一项" in page.inner_text("main"), "nobody was named"
    assert all("400 (Bad Request)" in fault for fault in page.faults)
    page.faults.clear()
    assert serious(page) == []
    fill_in(page, family)
    page.click("form.question .button")
    page.wait_for_url("**/reports/HD*")
    assert serious(page) == []
    assert page.is_visible("text=打印")
    assert family.numbers[1] not in page.url + page.title() + page.inner_text("main")
    with page.expect_download() as saved:
        page.click("text=下载 PDF")
    assert Path(saved.value.path()).read_bytes().startswith(b"%PDF")
    page.select_option("#item", "income")
    page.fill("#statement", "工资已停发")
    page.fill("#received", str(TODAY))
    page.click("aside button >> text=登记")
    page.wait_for_url("**/objections/FH*")
    assert serious(page) == []
    assert "须由另一人办结" in page.inner_text("aside")
    page.click("aside button >> text=重新核对")
    page.wait_for_url("**told=done_verify_again")
    case = page.url.partition("?")[0]
    colleague.enter()
    other = open_page(browser)
    sign_in(other, address, colleague)
    other.click(".tabs >> text=异议复核")
    assert serious(other) == []
    other.click("table.list tbody a")
    assert other.url == case
    other.click("text=来源记载已有变化")
    other.click("aside button >> text=办结")
    other.wait_for_url("**told=done_decide_objection")
    assert "重新核对" in other.inner_text(".badge")
    assert serious(other) == []
    assert page.faults == other.faults == []


def test_a_report_is_asked_for_by_keyboard_alone(
    browser: Any, address: str, officer: Visitor, family: Family
) -> None:
    officer.enter()
    page = open_page(browser)
    sign_in(page, address, officer)
    page.goto(f"{address}/reports/ask")
    focus(page, "authorization_no")
    page.keyboard.type(CONSENT)
    focus(page, "aid_type")
    page.keyboard.press("ArrowDown")
    for place, typed in (("name0", "王一"), ("id_number0", family.numbers[1]), ("relation0", "本人")):
        focus(page, place)
        page.keyboard.type(typed)
    page.keyboard.press("Enter")
    page.wait_for_url("**/reports/HD*")
    focus(page, "item")
    page.keyboard.press("ArrowDown")
    focus(page, "statement")
    page.keyboard.type("工资已停发")
    focus(page, "received")
    page.keyboard.type(f"{TODAY:%m%d%Y}")
    focus(page, "BUTTON:登记")
    page.keyboard.press("Enter")
    page.wait_for_url("**/objections/FH*")
    assert page.faults == []


def test_lines_letter_file_and_substitute(
    browser: Any, address: str, told: Family, officer: Visitor, colleague: Visitor
) -> None:
    officer.enter()
    page = open_page(browser)
    sign_in(page, address, officer)
    page.goto(f"{address}/findings/{MINE[0]}")
    page.click("aside button >> text=领取")
    page.fill("#letter_due", "2099-01-01")
    page.fill("#contact", "张三 0714-0000000")
    assert serious(page) == []
    page.click("aside button >> text=拟发通知")
    page.wait_for_url("**told=done_letter")
    with page.expect_download() as letter:
        page.click("aside button >> text=打印")
    assert letter.value.suggested_filename.startswith("letter-")
    page.set_input_files("#file", {"name": "证明.pdf", "mimeType": "text/html", "buffer": b"%PDF-1.7"})
    page.click("button >> text=存入")
    page.wait_for_url("**told=done_attachment")
    with page.expect_download() as kept:
        page.click("text=证明.pdf")
    assert kept.value.suggested_filename == "证明.pdf"
    assert serious(page) == []
    focus(page, "A:来源行对照与联系方式")
    page.keyboard.press("Enter")
    page.wait_for_url("**/lines")
    assert serious(page) == []
    assert PHONE not in page.inner_text("main")
    focus(page, "BUTTON:显示姓名、号码和电话（用途：定期复核，留痕）")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=隐去姓名和号码")
    assert PHONE in page.inner_text("main")
    assert serious(page) == []
    page.goto(f"{address}/substitutes")
    page.fill("#f1", "2026-01-01")
    page.fill("#u1", str(date.today() + timedelta(30)))
    assert serious(page) == []
    page.click("button >> text=登记")
    page.wait_for_url("**told=done_substitute")
    assert colleague.credentials.login not in page.inner_text("main"), "people are told by name"
    assert "李四" in page.inner_text("dd")
    assert page.faults == []


def test_the_pages_work_without_script(browser: Any, address: str, officer: Visitor, family: Family) -> None:
    officer.enter()
    page = open_page(browser, java_script_enabled=False)
    sign_in(page, address, officer)
    page.select_option("#severity", "red")
    page.click("text=筛选")
    assert page.locator("table.list tbody tr").count() == 1
    page.click("table.list tbody a")
    page.click("aside >> text=领取")
    page.click("text=政策允许")
    page.click("aside button >> text=登记")
    assert "已处理" in page.inner_text(".badge")
    page.goto(f"{address}/reports/ask")
    fill_in(page, family)
    page.press("#id_number1", "Enter")
    page.wait_for_url("**/reports/HD*")
    assert not page.is_visible("text=打印"), "only a script prints"


def test_a_session_that_ended_leads_to_signing_in_from_a_part_of_a_page_too(
    browser: Any, address: str, officers: Officers
) -> None:
    officer = officers.add("张三", HERE)
    officer.enter()
    page = open_page(browser)
    sign_in(page, address, officer)
    with officer.desk.accounts.engine.connect() as connection:
        connection.exec_driver_sql("delete from desk.session")
    page.select_option("#severity", "red")
    page.wait_for_url("**/sign-in?told=session_ended")
    assert "会话已结束" in page.inner_text("main")
