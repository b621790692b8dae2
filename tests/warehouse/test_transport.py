"""Connections that leave the machine, with MINZHENG_REQUIRE_TLS and without: PostgreSQL over TLS, mail, sources.

0.0.0.0 leads to this machine and is none of its names: to the program it is a server elsewhere. A second.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from certificates import self_signed, speaking_tls

from ingestion.contract import load_contracts
from ingestion.errors import SourceError
from ingestion.pulling.server import ApiSource, DatabaseSource
from warehouse.alerting.notify import mail
from warehouse.database.chosen import open_warehouse
from warehouse.database.connection import Warehouse
from warehouse.database.doctor import examine_ways
from warehouse.database.errors import MinzhengError, UsageError
from warehouse.database.server import free_port
from warehouse.database.settings import settings
from warehouse.database.source_logins import signing_in
from warehouse.database.transport import Way, of_address, of_database

ELSEWHERE = "0.0.0.0"
SEALED = "select ssl, version ~ '^TLSv1' from pg_stat_ssl where pid = pg_backend_pid()"

Choose = Callable[..., None]


@pytest.fixture
def choose(monkeypatch: pytest.MonkeyPatch) -> Choose:
    def set_to(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"MINZHENG_{name.upper()}", value)
        settings.cache_clear()

    return set_to


@pytest.fixture
def certificate(server: Warehouse, open_folder: Path) -> Iterator[Path]:
    """Of an address elsewhere."""
    with speaking_tls(server, open_folder, ELSEWHERE) as file:
        yield file


@pytest.mark.parametrize(
    ("rest", "way"),
    [
        ("127.0.0.1:5432/d", Way.HERE), ("localhost/d", Way.HERE), ("[::1]:5432/d", Way.HERE),
        ("/d?host=/var/run/postgresql", Way.HERE), ("/d", Way.HERE),
        ("db.example.cn/d?hostaddr=127.0.0.1", Way.HERE),
        ("127.0.0.1/d?hostaddr=10.1.2.3", Way.PLAIN),  # libpq goes by the address
        ("a.cn,b.cn/d?hostaddr=127.0.0.1,", Way.PLAIN),  # b has none, and is looked up
        ("a.cn,b.cn/d?hostaddr=127.0.0.1,::1", Way.HERE), ("/d?hostaddr=127.0.0.1,", Way.HERE),
        ("/d?service=far", Way.PLAIN), ("/d?host=127.0.0.1,db.example.cn", Way.PLAIN),
        ("db.example.cn/d", Way.PLAIN), ("db.example.cn/d?sslmode=prefer", Way.PLAIN),
        ("db.example.cn/d?sslmode=require", Way.PLAIN),  # to whoever answers
        ("db.example.cn/d?sslmode=verify-ca", Way.TLS), ("db.example.cn/d?sslmode=verify-full", Way.TLS),
        ("127.0.0.1.example.cn/d", Way.PLAIN), ("localhost.example.cn/d", Way.PLAIN),
    ],
)  # fmt: skip
def test_where_an_address_leads_and_how(rest: str, way: Way) -> None:
    assert of_database(f"postgresql://user:password@{rest}") is way


def test_the_environment_of_libpq_counts_as_it_does_for_libpq(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    assert of_database("postgresql://user@db.example.cn/d") is Way.TLS
    assert of_database("postgresql://user@db.example.cn/d?sslmode=disable") is Way.PLAIN
    monkeypatch.setenv("PGHOST", "db.example.cn")
    assert of_database("postgresql:///d?sslmode=disable") is Way.PLAIN


@pytest.mark.parametrize(
    ("url", "way"),
    [
        ("https://a.example.cn/x", Way.TLS), ("http://a.example.cn", Way.PLAIN), ("http://127.0.0.2:80", Way.HERE),
        ("http://localhost@a.example.cn/", Way.PLAIN), ("no address", Way.PLAIN), ("http://[::1]/", Way.HERE),
    ],
)  # fmt: skip
def test_addresses_of_the_web(url: str, way: Way) -> None:
    assert of_address(url) is way


def test_a_database_elsewhere_is_not_asked_in_the_clear_and_is_over_tls(
    database: Warehouse, certificate: Path, tmp_path: Path, choose: Choose
) -> None:
    plain = database.at(host=ELSEWHERE).address
    sealed = f"{plain}?sslmode=verify-full&sslrootcert={certificate}"
    choose(database_url=plain)
    with open_warehouse() as warehouse:  # nothing is wanted: as before
        assert warehouse.address == plain
    choose(require_tls="true")
    with pytest.raises(UsageError, match=r"MINZHENG_DATABASE_URL.*sslmode=verify-full"):
        settings()
    choose(database_url=sealed)
    with open_warehouse() as warehouse, warehouse.session() as session:
        assert session.execute(SEALED).fetchone() == (True, True)
    with warehouse.engine().connect() as connection:
        assert connection.exec_driver_sql(SEALED).one() == (True, True)
    other = self_signed(tmp_path, ELSEWHERE)
    choose(database_url=f"{plain}?sslmode=verify-full&sslrootcert={other}")
    with pytest.raises(MinzhengError, match="Cannot reach PostgreSQL"), open_warehouse():
        pass


def test_dbt_goes_where_the_address_was_judged_to_lead(
    database: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the whole of it: its profile knows no hostaddr, and would look the name up."""
    from dbt.adapters.contracts.connection import Connection
    from dbt.adapters.postgres.connections import PostgresCredentials

    from warehouse.pipeline.dbt_sessions import Sessions

    place = database.parameters
    address = database.at(host="db.invalid").address + f"?hostaddr={place['host']}&keepalives_idle=77"
    assert of_database(address) is Way.HERE
    monkeypatch.setattr(Sessions, "place", Warehouse(address).parameters)
    profile = PostgresCredentials(
        host="profile.invalid", user="nobody", password="none", port=1, database="none", schema="s"
    )
    opened = Sessions.open(Connection(type="postgres", name="of a test", credentials=profile))
    try:
        told = opened.handle.get_dsn_parameters()
    finally:
        opened.handle.close()
    assert (told["host"], told["hostaddr"], told["keepalives_idle"]) == ("db.invalid", place["host"], "77")


def test_a_server_without_tls_is_not_reached(database: Warehouse, tmp_path: Path, choose: Choose) -> None:
    trusted = self_signed(tmp_path, ELSEWHERE)
    address = database.at(host=ELSEWHERE).address
    choose(database_url=f"{address}?sslmode=verify-full&sslrootcert={trusted}", require_tls="true")
    with pytest.raises(MinzhengError, match="Cannot reach PostgreSQL"), open_warehouse():
        pass


def test_every_plain_connection_is_named_at_once_without_what_is_secret(
    choose: Choose, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENLINEAGE_URL", "http://catalogue.example.cn")
    choose(
        database_url="postgresql://dw:s3cret@db.example.cn/d", alert_smtp_host="mail.example.cn",
        alert_webhook_url="http://chat.example.cn/hook/s3cret", require_tls="true",
        api_callback_origins='["https://a.example.cn", "http://b.example.cn"]', api_callback_key="k" * 32,
    )  # fmt: skip
    with pytest.raises(UsageError) as refused:
        settings()
    told = str(refused.value)
    named = (
        "DATABASE_URL",
        "ALERT_SMTP_HOST",
        "ALERT_WEBHOOK_URL",
        "API_CALLBACK_ORIGINS",
        "OPENLINEAGE_URL",
    )
    assert [name for name in named if f"{name} is not one over TLS" not in told] == []
    assert "s3cret" not in told


def test_mail_goes_where_it_is_sealed_or_stays_on_the_machine(choose: Choose) -> None:
    class Box:
        received = 0

        async def handle_DATA(self, *_: object) -> str:
            self.received += 1
            return "250 taken"

    box, port = Box(), free_port()
    plain = Controller(box, "127.0.0.1", port)
    plain.start()
    try:
        choose(
            alert_smtp_host="127.0.0.1", alert_smtp_port=str(port), alert_email_to='["duty@example.cn"]',
            require_tls="true",
        )  # fmt: skip
        mail(["duty@example.cn"], "subject", "text")
        choose(alert_smtp_host=ELSEWHERE)
        with pytest.raises(UsageError, match="MINZHENG_ALERT_SMTP_STARTTLS=true"):
            mail(["duty@example.cn"], "subject", "text")
    finally:
        plain.stop()
    assert box.received == 1


def test_a_source_whose_contract_turns_tls_off_is_not_asked(choose: Choose) -> None:
    source = DatabaseSource(
        name="far", headers=("A",), dialect="mysql+pymysql", host="db.example.cn", port=None, database="d",
        schema=None, table="t", query=None, statement_seconds=1, checks_tls=False,
    )  # fmt: skip
    choose(sources='{"far": "reader:s3cret"}')
    assert signing_in(source).user == "reader"
    choose(require_tls="true")
    with pytest.raises(SourceError, match=r"far: .* Take `tls: off` out") as refused:
        signing_in(source)
    assert "s3cret" not in str(refused.value)
    for allowed in (replace(source, checks_tls=True), replace(source, host="127.0.0.1")):
        assert signing_in(allowed).user == "reader"
    of_the_web = [c.source for c in load_contracts().values() if isinstance(c.source, ApiSource)]
    assert all(signing_in(replace(each, auth="none")) for each in of_the_web)


def test_the_doctor_says_how_each_connection_travels(choose: Choose) -> None:
    choose(
        database_url="postgresql://dw@db.example.cn/d", alert_smtp_host="mail.example.cn",
        alert_smtp_starttls="true", alert_webhook_url="http://127.0.0.1/hook",
    )  # fmt: skip
    told = {check.title.rpartition(" ")[2]: check for check in examine_ways()}
    assert {name: check.is_notice for name, check in told.items()} == {
        "database": True, "mail": False, "webhook": False,
    }  # fmt: skip
    assert "sslmode=verify-full" in told["database"].detail
    assert Way.TLS.value in told["mail"].detail
    assert Way.HERE.value in told["webhook"].detail
