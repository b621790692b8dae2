"""The desk in a real Chromium: by mouse, by keyboard, without script, and what axe finds."""

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from at_the_desk import HERE, MINE, Officers, Visitor, listening
from fastapi import FastAPI
from hand_made_family import Family

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
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with listening(app, port) as place:
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


def test_the_pages_work_without_script(browser: Any, address: str, officer: Visitor) -> None:
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
