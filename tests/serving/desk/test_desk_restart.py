"""Two desks behind HAProxy are restarted one after the other, as the guide says, and nobody at work notices.

Processes of their own, as a service manager starts them: about 15 s of processor.
"""

import threading
from pathlib import Path

import httpx
import pytest
from at_the_desk import Visitor
from processes import HAPROXY, Service, before_two, running

from serving.desk.accounts import form_token
from warehouse.database.connection import Warehouse

pytestmark = pytest.mark.skipif(HAPROXY is None, reason="no HAProxy here: apt-get install haproxy")


class AtWork(threading.Thread):
    """An officer who opens one page after the other; whatever is not the page asked for is lost."""

    def __init__(self, address: str, token: str) -> None:
        super().__init__()
        self.browser = httpx.Client(base_url=address, cookies={"desk": token}, timeout=60)
        self.token = token
        self.opened, self.lost = 0, []  # type: tuple[int, list[str]]
        self.ends = threading.Event()

    def run(self) -> None:
        with self.browser:
            while not self.ends.wait(0.1):
                try:
                    answer = self.browser.get("/findings")
                except httpx.HTTPError as error:
                    self.lost.append(type(error).__name__)
                    continue
                if answer.status_code != 200 or form_token(self.token) not in answer.text:
                    self.lost.append(f"{answer.status_code} {answer.headers.get('location')}")
                self.opened += 1

    def goes_on(self) -> None:
        wanted = self.opened + 5
        while self.opened < wanted:
            assert self.is_alive()
            assert not self.ends.wait(0.1)


def restart(service: Service) -> None:
    service.stop()
    service.start()
    service.await_ready()


def test_two_desks_are_restarted_in_turn_and_who_is_signed_in_stays_so(
    database: Warehouse, officer: Visitor, tmp_path: Path
) -> None:
    token = officer.enter().token
    with (
        running(tmp_path, database, "desk", {"MINZHENG_DESK_SECURE_COOKIES": "false"}) as two,
        before_two(tmp_path, "desk", two) as address,
    ):
        assert address
        at_work = AtWork(address, token)
        at_work.start()
        try:
            at_work.goes_on()
            for service in two:
                restart(service)
                at_work.goes_on()
        finally:
            at_work.ends.set()
            at_work.join()
        answered = [log_of(service) for service in two]
    assert at_work.lost == []
    assert all(answered)


def log_of(service: Service) -> int:
    """How many pages it opened, by its own lines."""
    return service.log.read_text().count("GET /findings 200")
