"""Findings of a family in two divisions, and the officers who sit down to them."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from urllib.parse import parse_qs, urlsplit

import httpx
import pyotp
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hand_made_family import SINCE, Family, settle

from serving.desk.accounts import TOTP_SECONDS, form_token
from serving.desk.desk import Desk
from serving.desk.officers import Credentials, add
from warehouse.database.connection import Warehouse

HOST = "http://127.0.0.1"
HERE, ELSEWHERE = "420203", "420204"
MINE = [f"mine{number}" for number in range(1, 6)]
THEIRS = "theirs1"
# What a sender wrote: shown as text, wherever it is shown.
SCRIPT = "<script>alert(1)</script>"
REASONS = [
    ("STOPPED", "confirmed", "属实，已停发或变更"), ("CORRECTED", "cleared", "数据已更正"),
    ("LAWFUL", "dismissed", "政策允许"), ("NEW_FACTS", "reopened", "有新情况，重新处理"),
]  # fmt: skip
CODES = [
    ("objection_item", "income", "收入"), ("objection_upheld", "records_agree", "来源记载与报告一致"),
    ("objection_corrected", "source_wrong", "来源记载有误，已由来源单位更正"),
    ("objection_verified_again", "record_changed", "来源记载已有变化，以新报告为准"),
]  # fmt: skip


def add_finding(family: Family, finding_id: str, division: str, **values: object) -> None:
    family.add(
        "finding",
        **{
            "finding_id": finding_id, "rule_code": "D02", "outcome": "hit", "severity": "red",
            "division_code": division, "subject_resident_id": 1, "evidence_digest": "first",
            "first_on": SINCE, "amount_yuan": 1200, "link_score": 1, "aid_household_no": "JZ1",
            "evidence": {
                "facts": {"value_yuan": 85000, "died_on": "2024-02-03", "account_tail": SCRIPT},
                "sources": [
                    {"feed": "vehicle", "delivery_id": "vehicle_20250630_full_01", "line_number": line}
                    for line in (3, 4, 5, 9)
                ],
            },
        }
        | values,
    )  # fmt: skip


def furnish(database: Warehouse) -> None:
    settle(database)
    with database.connect() as connection:
        family = Family(connection)
        for reason_code, decision, title in REASONS:
            family.add("finding_reason", reason_code=reason_code, decision=decision, title_zh=title)
        for code_list, code, title in CODES:
            family.add("verification_code", code_list=code_list, code=code, title_zh=title)
        for parameter, value in (
            ("objection_working_days", 15), ("person_request_working_days", 15), ("consent_by_another", 0),
        ):  # fmt: skip
            family.add("verification_parameter", parameter=parameter, value=value, valid_from=SINCE)
        family.add(
            "rule_parameter",
            rule_code="*",
            parameter="due_days",
            division_code="000000",
            value=15,
            valid_from=SINCE,
        )
        family.execute("update marts.resident set name = %s where resident_id = 2", [SCRIPT])
        for number, finding_id in enumerate(MINE):
            add_finding(
                family, finding_id, HERE, amount_yuan=1000 * number, severity="yellow" if number else "red"
            )
        add_finding(family, THEIRS, ELSEWHERE)
        family.publish()


@contextmanager
def listening(app: FastAPI, port: int) -> Iterator[str]:
    """The address of an application while it is served on this machine."""
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@dataclass
class Visitor:
    """A browser, and whose it is."""

    client: TestClient
    credentials: Credentials
    database: Warehouse

    @property
    def login(self) -> str:
        return self.credentials.login

    @property
    def desk(self) -> Desk:
        """That of the application, of which this is a browser."""
        app = self.client.app
        assert isinstance(app, FastAPI)
        found: Desk = app.state.desk
        return found

    @property
    def token(self) -> str:
        return self.client.cookies.get("desk", "")

    def code(self, step: int = 0) -> str:
        """The one-time code of now, or of a step of half a minute before or after."""
        secret = parse_qs(urlsplit(self.credentials.totp_uri).query)["secret"][0]
        return pyotp.TOTP(secret).generate_otp(int(time.time()) // TOTP_SECONDS + step)

    def get(self, address: str) -> httpx.Response:
        return self.client.get(address)

    def post(self, address: str, **sent: object) -> httpx.Response:
        return self.client.post(address, data={"form": form_token(self.token)} | sent)

    def sign_in(self, **other: str) -> httpx.Response:
        self.get("/sign-in")
        said = {
            "login": self.login,
            "password": self.credentials.password,
            "code": self.code(),
            "purpose": "review",
        }
        return self.post("/sign-in", **(said | other))

    def enter(self) -> "Visitor":
        """Signed in, with the first password behind it; codes count anew."""
        with self.database.session() as admin:
            admin.execute(
                "update desk.account set must_change = false, totp_step = 0 where login = %s", [self.login]
            )
        assert self.sign_in().headers["location"] == "/"
        return self


class Officers:
    """Adds officers to the desk, and sends them away at the end."""

    def __init__(self, database: Warehouse, app: FastAPI) -> None:
        self.database = database
        self.app = app
        self.added: list[str] = []
        self.numbers = count()

    def add(self, name: str, *divisions: str) -> Visitor:
        login = f"o{next(self.numbers)}_{self.database.parameters['dbname']}"
        credentials = add(self.database, login, name, divisions)
        self.added.append(login)
        return self.browser(credentials)

    def browser(self, credentials: Credentials) -> Visitor:
        client = TestClient(self.app, HOST, raise_server_exceptions=False, follow_redirects=False)
        return Visitor(client, credentials, self.database)
