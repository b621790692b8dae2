"""Signing in by a sign-in service (OIDC) that runs beside the test; what the desk's login may set, and what not."""

import base64
import hashlib
import io
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import oidc_provider_mock
import psycopg
import pytest
import werkzeug.serving
from at_the_desk import ELSEWHERE, HERE, HOST, MINE, Officers, Visitor, listening
from fastapi import FastAPI
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import RSAKey
from test_desk_browser import CHROMIUM, browser, open_page, serious
from typer.testing import CliRunner

from cli.main import app as command_line
from serving.desk.accounts import form_token
from serving.desk.app import create_app
from serving.desk.officers import Subject, add, reset
from serving.desk.oidc import NotSignedIn, SignInService
from serving.desk.staff import leave
from warehouse.alerting import alerts
from warehouse.database.connection import Warehouse
from warehouse.database.errors import UsageError
from warehouse.database.migrate import downgrade, migrate
from warehouse.database.server import free_port
from warehouse.database.settings import Settings, settings
from warehouse.staff.logins import verifier

FAILED = "没有登录"
SUBJECT = "6f1c-zhang"
# The fixture is that of the other pages in the browser.
__all__ = ["browser"]
MADE_UP = "function desk.{}(verifier text) returns void language sql security definer begin atomic end"


class Provider:
    """oidc-provider-mock, with PKCE demanded besides; every answer passes by `change`, which may forge it."""

    def __init__(self) -> None:
        self.inner = oidc_provider_mock.app(require_client_registration=True, require_nonce=True)
        self.challenges: list[str] = []
        self.change: Callable[[str, dict[str, Any]], dict[str, Any]] = lambda path, answer: answer
        self.server = werkzeug.serving.make_server("localhost", 0, self.answer, threaded=True)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()
        self.issuer = f"http://localhost:{self.server.server_port}"
        self.client_id = ""

    def known_to(self, address: str) -> Settings:
        """Those of a desk at this address, registered here."""
        registered = httpx.post(
            f"{self.issuer}/oauth2/clients", json={"redirect_uris": [f"{address}/sign-in/oidc/return"]}
        ).json()
        self.client_id = registered["client_id"]
        return Settings(
            desk_secure_cookies=False, desk_oidc_issuer=self.issuer, desk_oidc_client_id=self.client_id,
            desk_oidc_client_secret=registered["client_secret"], desk_address=address,
        )  # fmt: skip

    def answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        request = werkzeug.Request(environ)
        body = request.get_data()
        environ["wsgi.input"] = io.BytesIO(body)  # to be read once more
        if request.path == "/oauth2/authorize" and request.method == "POST":
            assert request.args["code_challenge_method"] == "S256"
            self.challenges.append(request.args["code_challenge"])
        if request.path == "/oauth2/token":
            digest = hashlib.sha256(parse_qs(body)[b"code_verifier"][0]).digest()
            if base64.urlsafe_b64encode(digest).decode().rstrip("=") not in self.challenges:
                return werkzeug.Response("{}", 400)(environ, start)
        response = werkzeug.Response.from_app(self.inner, environ)
        if response.mimetype == "application/json":
            response.set_data(json.dumps(self.change(request.path, json.loads(response.get_data()))))
        return response(environ, start)

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.stop()


@pytest.fixture
def provider(running: Provider) -> Provider:
    running.change = lambda path, answer: answer
    return running


@pytest.fixture
def chosen(provider: Provider) -> Settings:
    return provider.known_to(HOST)


class Person:
    """A browser of somebody whom the sign-in service knows."""

    def __init__(self, app: FastAPI, subject: str = SUBJECT) -> None:
        self.client = TestClient(app, HOST, raise_server_exceptions=False, follow_redirects=False)
        self.subject = subject

    def sent_to(self, purpose: str = "review") -> str:
        """The address at the sign-in service, to which a page leads on by itself."""
        response = self.begin(purpose)
        assert response.status_code == 200, response.text
        (address,) = re.findall(r'http-equiv="refresh" content="0;url=([^"]+)"', response.text)
        return unescape(address)

    def begin(self, purpose: str = "review") -> httpx.Response:
        self.client.get("/sign-in")
        return self.post("/sign-in/oidc", purpose=purpose)

    def sent_back(self, address: str) -> str:
        """The address at the desk, once signed in there."""
        return httpx.post(address, data={"sub": self.subject}).headers["location"].removeprefix(HOST)

    def sign_in(self, purpose: str = "review") -> httpx.Response:
        return self.client.get(self.sent_back(self.sent_to(purpose)))

    @property
    def token(self) -> str:
        return self.client.cookies.get("desk", "")

    def post(self, address: str, **sent: object) -> httpx.Response:
        return self.client.post(address, data={"form": form_token(self.token)} | sent)


@pytest.fixture
def login(officers: Officers, provider: Provider) -> str:
    """An officer of the division of the family who signs in there."""
    return known_there(officers, provider, "张三", SUBJECT, HERE)


def known_there(officers: Officers, provider: Provider, name: str, subject: str, division: str) -> str:
    made = f"s{len(officers.added)}_{officers.database.parameters['dbname']}"
    assert add(officers.database, made, name, [division], Subject(provider.issuer, subject)) is None
    officers.added.append(made)
    return made


def test_who_signs_in_elsewhere_works_by_the_own_login(
    app: FastAPI, login: str, officer: Visitor, connection: psycopg.Connection
) -> None:
    person = Person(app)
    page = person.client.get("/sign-in").text
    assert "统一身份认证" in page
    assert 'name="password"' in page, "accounts of the desk go on"
    entered = person.sign_in("objection")
    assert entered.status_code == 200
    assert 'content="0;url=/"' in entered.text, "no redirect: the strict cookie would stay behind"
    assert (
        "samesite=strict"
        in next(
            cookie for cookie in entered.headers.get_list("set-cookie") if cookie.startswith("desk=")
        ).lower()
    )
    assert person.client.cookies.get("desk-oidc") is None
    listed = person.client.get("/findings").text
    assert MINE[0] in listed
    assert '<option value="objection" selected>' in listed
    assert "/password" not in listed
    assert person.client.get("/password").status_code == 404
    assert person.post("/password", now="", new="x" * 12, again="x" * 12).status_code == 404
    assert person.client.get("/findings/theirs1").status_code == 404
    person.post(f"/findings/{MINE[0]}/hand", event="taken", seen="0.0")
    handed = connection.execute("select assigned_login, holder_login from ops.finding_assignment").fetchall()
    assert handed == [(login, login)], "the database saw the person"
    assert officer.enter().get("/findings").status_code == 200


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium")
def test_a_browser_goes_there_and_comes_back(
    browser: Any, login: str, provider: Provider, database: Warehouse
) -> None:
    """The service is another site to it (localhost, 127.0.0.1): strict cookies and the policy of the pages hold."""
    port = free_port()
    app = create_app(provider.known_to(f"http://127.0.0.1:{port}"), lambda: database)
    with listening(app, port) as address:
        page = open_page(browser)
        page.goto(f"{address}/sign-in")
        assert serious(page) == []
        page.click("text=定期复核")
        page.wait_for_url(f"{provider.issuer}/**")
        page.fill("input[name=sub]", SUBJECT)
        page.keyboard.press("Enter")
        page.wait_for_url("**/findings")
        assert MINE[0] in page.content()
        page.click("text=退出")
        page.wait_for_url("**/sign-in**")
        page.goto(f"{address}/findings")
        assert "/sign-in" in page.url
        assert [fault for fault in page.faults if address in fault or "Content Security" in fault] == []
    app.state.desk.people.tidy(0)
    app.state.desk.accounts.engine.dispose()


def test_signing_out_leaves_no_password_behind(
    app: FastAPI, login: str, connection: psycopg.Connection
) -> None:
    def has_password() -> bool:
        row = connection.execute("select rolpassword from pg_authid where rolname = %s", [login]).fetchone()
        connection.rollback()
        assert row is not None
        return row[0] is not None

    assert not has_password()
    person = Person(app)
    person.sign_in()
    assert has_password()
    kept = person.token
    assert person.post("/sign-out").headers["location"].startswith("/sign-in")
    assert not has_password()
    person.client.cookies.set("desk", kept)
    assert person.client.get("/findings").status_code == 303


def test_the_same_person_elsewhere_ends_the_session_here(app: FastAPI, login: str) -> None:
    here, there = Person(app), Person(app)
    here.sign_in()
    assert here.client.get("/findings").status_code == 200
    there.sign_in()
    assert there.client.get("/findings").status_code == 200
    assert here.client.get("/findings").headers["location"] == "/sign-in?told=session_ended"


def test_only_a_subject_that_an_administrator_entered_gets_in(
    app: FastAPI, login: str, officers: Officers, provider: Provider, officer: Visitor
) -> None:
    """Never by name: not by the login's, nor by that of a local account."""
    for subject in ("somebody", login, officer.login, "张三"):
        refused = Person(app, subject).sign_in()
        assert refused.status_code == 403
        assert FAILED in refused.text
        assert subject not in refused.text
    other = known_there(officers, provider, "王五", "another", ELSEWHERE)
    theirs = Person(app, "another")
    theirs.sign_in()
    assert "theirs1" in theirs.client.get("/findings").text
    with pytest.raises(UsageError, match="already"):
        add(officers.database, f"{other}x", "赵六", [HERE], Subject(provider.issuer, "another"))
    with psycopg.connect(officers.database.address) as admin:
        assert admin.execute("select from pg_roles where rolname = %s", [f"{other}x"]).fetchone() is None


def test_who_comes_back_must_be_who_went(app: FastAPI, login: str) -> None:
    person, thief = Person(app), Person(app)
    back = person.sent_back(person.sent_to())
    thief.sent_to()
    stranger = Person(app)
    for other in (thief, stranger):
        refused = other.client.get(back)
        assert refused.status_code == 403, "the state is another's"
        assert other.client.get("/findings").headers["location"].startswith("/sign-in")
    assert person.client.get(re.sub("state=[^&]+", "state=", back)).status_code == 403
    person.sent_to()
    assert person.client.get("/sign-in/oidc/return?error=access_denied").status_code == 403
    address = person.sent_to()
    back = person.sent_back(address)
    assert person.client.get(f"{back}&iss=https://evil.example").status_code == 403
    back = person.sent_back(person.sent_to())
    assert person.client.get(back).status_code == 200
    assert person.client.get(back).status_code == 403, "a code works once, and the secret is gone"
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert asked["scope"] == "openid"
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
    assert person.begin("curiosity").status_code == 400


def test_when_a_sign_in_began_is_the_desk_s_to_say(chosen: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser holds the secret, and could work out all that derives from one of its own."""
    secret = SignInService(chosen).begin("review")
    purpose, moment = SignInService(chosen).begun(secret)  # as another desk of the bureau reads it
    assert (purpose, abs(moment - time.time()) < 5) == ("review", True)
    for forged in (secret.replace(str(moment), str(moment - 300)), f"x{secret}", "", "review.x"):
        with pytest.raises(NotSignedIn, match="secret"):
            SignInService(chosen).begun(forged)
    monkeypatch.setattr("serving.desk.oidc.LONGEST_SECONDS", -1)
    with pytest.raises(NotSignedIn, match="long ago"):
        SignInService(chosen).begun(secret)


def test_no_foreign_page_begins_it(app: FastAPI, login: str) -> None:
    """A link leads nowhere, and a form needs what only a page of the desk in this browser holds."""
    person, other = Person(app), Person(app)
    assert person.client.get("/sign-in/oidc?purpose=review").status_code == 405
    assert person.client.post("/sign-in/oidc", data={"purpose": "review"}).status_code == 403
    other.client.get("/sign-in")
    person.client.get("/sign-in")
    stolen = {"purpose": "review", "form": form_token(other.token)}
    refused = person.client.post("/sign-in/oidc", data=stolen)
    assert refused.status_code == 403
    assert "desk-oidc" not in refused.headers.get("set-cookie", "")
    assert person.begin().status_code == 200


@pytest.mark.parametrize(
    "forged",
    [
        "signature",
        "unsigned",
        "shared",
        "iss",
        "aud",
        "azp",
        "nonce",
        "no nonce",
        "old",
        "no subject",
        "no token",
        "signed in before",
        "no moment",
    ],
)
def test_a_forged_word_of_the_service_lets_nobody_in(
    app: FastAPI, login: str, provider: Provider, forged: str
) -> None:
    """Each is a token of which one thing is wrong; the same made with nothing wrong lets in."""
    key = RSAKey.generate_key(2048, {"kid": "forger"})
    person = Person(app)
    nonce = ""

    def change(path: str, answer: dict[str, Any]) -> dict[str, Any]:
        if path == "/jwks":
            return {"keys": [key.as_dict(private=False)]}
        if path != "/oauth2/token":
            return answer
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": provider.issuer, "aud": provider.client_id, "sub": SUBJECT, "nonce": nonce, "iat": now,
            "exp": now + 60, "auth_time": now,
        }  # fmt: skip
        claims |= {
            "iss": {"iss": "http://evil.example"}, "aud": {"aud": "another"}, "nonce": {"nonce": "x"},
            "azp": {"aud": [provider.client_id, "another"], "azp": "another"},
            "old": {"exp": now - 120}, "signed in before": {"auth_time": now - 120}, "no subject": {"sub": ""},
        }.get(what, {})  # fmt: skip
        for name in {"no nonce": ["nonce"], "no moment": ["auth_time"]}.get(what, []):
            del claims[name]
        if what == "no token":
            return {"access_token": "x", "token_type": "Bearer"}
        header = {"alg": "RS256", "kid": "forger"}
        signer: Any = RSAKey.generate_key(2048, {"kid": "forger"}) if what == "signature" else key
        token = jwt.encode(header, claims, signer)
        if what in ("unsigned", "shared"):
            algorithm = {"unsigned": "none", "shared": "HS256"}[what]
            head = base64.urlsafe_b64encode(json.dumps({"alg": algorithm}).encode()).decode().rstrip("=")
            token = f"{head}.{token.split('.')[1]}." + ("" if what == "unsigned" else "AAAA")
        return {"access_token": "x", "token_type": "Bearer", "id_token": token}

    provider.change = change
    for what, status in ((forged, 403), ("", 200)):
        address = person.sent_to()
        nonce = parse_qs(urlsplit(address).query)["nonce"][0]
        assert person.client.get(person.sent_back(address)).status_code == status, what


def test_a_service_that_is_another_or_away_lets_nobody_in(
    app: FastAPI, login: str, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    person = Person(app)
    for changed in (
        {"issuer": "http://evil.example"},
        {"authorization_endpoint": "http://evil.example/authorize"},
    ):
        provider.change = lambda path, answer, changed=changed: answer | changed  # type: ignore[misc]
        assert person.begin().status_code == 503
    provider.change = lambda path, answer: answer
    back = person.sent_back(person.sent_to())
    provider.change = lambda path, answer: answer | {"token_endpoint": "http://evil.example/token"}
    assert person.client.get(back).status_code == 403
    assert SUBJECT not in caplog.text


# What the desk's login may set


def test_the_desk_sets_passwords_of_those_logins_alone(
    officers: Officers, login: str, officer: Visitor, provider: Provider, database: Warehouse
) -> None:
    """Raw SQL by the desk's own login: an administrator's, a local officer's, its own, a made-up one."""
    other = known_there(officers, provider, "王五", "another", ELSEWHERE)
    administrator = database.parameters["user"]

    def passwords(admin: psycopg.Connection) -> dict[str, str]:
        return dict(admin.execute("select rolname::text, rolpassword from pg_authid").fetchall())

    with database.connect() as admin:
        set_to = verifier(admin.pgconn, login, "a password")
        before = passwords(admin)
        admin.execute("set session authorization desk")
        for role in (administrator, officer.login, "dw_owner", "officer", login):
            for statement in (f"alter role {role} password 'x'", f"alter role {role} superuser"):
                with pytest.raises(psycopg.Error), admin.transaction():
                    admin.execute(statement.encode())
        for role in (administrator, officer.login, "desk", "dw_owner", "officer"):
            with pytest.raises(psycopg.errors.UndefinedFunction), admin.transaction():
                admin.execute(f"select desk.{role}('{set_to}')".encode())
        for statement in (
            f"set role {login}",
            f"grant {login} to desk",
            f"alter function desk.{login}(text) owner to desk",
            f"alter function desk.{login}(text) security invoker",
            f"create {MADE_UP.format('mine')}",
            f"create or replace {MADE_UP.format(login)}",
            f"insert into desk.account (login, display_name, issuer, subject) values ('{login}x', 'x', 'x', 'x')",
            f"update desk.account set subject = 'x' where login = '{login}'",
        ):
            with pytest.raises(psycopg.Error), admin.transaction():
                admin.execute(statement.encode())
        with pytest.raises(psycopg.errors.InvalidParameterValue), admin.transaction():
            admin.execute(f"select desk.{login}('a password in the open')".encode())
        admin.execute(f"select desk.{login}('{set_to}')".encode())
        admin.execute("reset session authorization")
        after = passwords(admin)
    assert {role for role in after if after[role] != before[role]} == {login}
    # Nor does an officer set another's.
    with database.connect() as admin:
        for role, of in ((login, other), (officer.login, login)):
            admin.execute(f"set session authorization {role}".encode())
            with pytest.raises(psycopg.errors.InsufficientPrivilege), admin.transaction():
                admin.execute(f"select desk.{of}(null)".encode())
            with pytest.raises(psycopg.errors.InsufficientPrivilege), admin.transaction():
                admin.execute(f"create or replace {MADE_UP.format(role)}".encode())
            admin.execute("reset session authorization")


def test_a_migration_leaves_the_ways_in_and_finds_no_stranger(
    app: FastAPI, login: str, database: Warehouse
) -> None:
    with database.session() as admin:
        admin.execute("delete from ops.script")
    migrate(database)
    person = Person(app)
    assert person.sign_in().status_code == 200
    assert person.client.get("/findings").status_code == 200


def test_the_version_before_forgets_who_signs_in_elsewhere_and_what_was_not_told(
    login: str, officer: Visitor, officers: Officers, database: Warehouse
) -> None:
    with database.session() as admin:
        admin.execute(
            "with batch as (insert into audit.batch (caller, client) values ('x', 'approval') returning batch_id)"
            " insert into ops.batch_callback (batch_id, client, url, next_attempt_at, given_up_at, last_error)"
            " select batch_id, 'approval', 'http://x', null, now(), 'too_slow' from batch"
        )
    alerts.update(database)
    downgrade(database, "0033")
    with database.session() as admin:
        assert admin.execute("select login from desk.account").fetchall() == [(officer.login,)]
        assert admin.execute("select from pg_proc where proname = %s", [login]).fetchall() == []
        assert admin.execute("select from ops.alert where kind = 'callback_failed'").fetchall() == []
    migrate(database)
    with database.session() as admin:
        admin.execute(f"drop owned by {login}; drop role {login}".encode())
    officers.added.remove(login)


# What the administrator sets


def test_an_officer_changes_from_one_way_in_to_the_other_and_leaves(
    app: FastAPI, login: str, officers: Officers, provider: Provider, database: Warehouse
) -> None:
    person = Person(app)
    person.sign_in()
    local = reset(database, login)
    assert local is not None
    assert person.client.get("/findings").status_code == 303
    assert Person(app).sign_in().status_code == 403
    visitor = officers.browser(local)
    assert visitor.sign_in().headers["location"] == "/"
    assert reset(database, login, Subject(provider.issuer, SUBJECT)) is None
    assert FAILED in visitor.sign_in(code=visitor.code(1)).text
    assert Person(app).sign_in().status_code == 200
    leave(database, login)
    officers.added.remove(login)
    assert Person(app).sign_in().status_code == 403
    with database.session() as admin:
        assert admin.execute("select from pg_proc where proname = %s", [login]).fetchone() is None


def test_either_way_in_may_be_off(
    app: FastAPI, login: str, officer: Visitor, database: Warehouse, chosen: Settings
) -> None:
    person = Person(app)
    person.sign_in()
    officer.enter()
    local_only = Settings(desk_secure_cookies=False)
    oidc_only = chosen.model_copy(update={"desk_local_accounts": False})
    for settings_now, stays, goes in ((local_only, officer, person), (oidc_only, person, officer)):
        other = create_app(settings_now, lambda: database)
        for who, status in ((stays, 200), (goes, 303)):
            browser = TestClient(other, HOST, follow_redirects=False, cookies={"desk": who.token})
            assert browser.get("/findings").status_code == status
        page = TestClient(other, HOST, follow_redirects=False).get("/sign-in").text
        assert ('name="password"' in page) == (goes is person)
        assert ("/sign-in/oidc" in page) == (goes is officer)
        other.state.desk.people.tidy(0)
        other.state.desk.accounts.engine.dispose()
    shut = create_app(oidc_only, lambda: database)
    visitor = Visitor(TestClient(shut, HOST, follow_redirects=False), officer.credentials, database)
    assert visitor.sign_in().status_code == 404
    shut = create_app(local_only, lambda: database)
    assert TestClient(shut, HOST).get("/sign-in/oidc/return").status_code == 404
    assert Person(shut).begin().status_code == 404


def test_the_command_enters_a_subject(
    database: Warehouse, provider: Provider, officers: Officers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINZHENG_DATABASE_URL", database.address)
    made = f"by_command_{database.parameters['dbname']}"

    def minzheng(*words: str) -> Any:
        settings.cache_clear()
        return CliRunner().invoke(command_line, ["officer", *words], env={"COLUMNS": "200"})

    asked = ("add", made, "--name", "赵六", "--division", HERE, "--oidc-subject", SUBJECT)
    assert isinstance(minzheng(*asked).exception, UsageError), "no service is set"
    for name, value in (
        ("DESK_OIDC_ISSUER", provider.issuer), ("DESK_OIDC_CLIENT_ID", "desk"), ("DESK_ADDRESS", HOST),
    ):  # fmt: skip
        monkeypatch.setenv(f"MINZHENG_{name}", value)
    done = minzheng(*asked)
    assert done.exit_code == 0, done.output
    officers.added.append(made)
    assert "password" not in done.output
    listed = minzheng("list").output
    assert "统一身份认证" in listed
    assert SUBJECT not in listed


@pytest.mark.parametrize(
    ("given", "at_fault"),
    [
        ({"DESK_OIDC_ISSUER": "http://sso.example.cn"}, "DESK_OIDC_ISSUER"),
        ({"DESK_OIDC_ISSUER": "https://sso.example.cn"}, "DESK_OIDC_CLIENT_ID"),
        ({"DESK_OIDC_ISSUER": "https://sso.example.cn", "DESK_OIDC_CLIENT_ID": "desk"}, "DESK_ADDRESS"),
        ({"DESK_ADDRESS": "desk.example.cn"}, "DESK_ADDRESS"),
        ({"DESK_LOCAL_ACCOUNTS": "false"}, "DESK_LOCAL_ACCOUNTS"),
    ],
)
def test_settings_that_let_nobody_in_are_refused(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], at_fault: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"MINZHENG_{name}", value)
    with pytest.raises(UsageError, match=f"MINZHENG_{at_fault}"):
        settings.__wrapped__()
