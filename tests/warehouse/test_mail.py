"""Alerts by a mail server that wants STARTTLS and a password, with a certificate of the test's own."""

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from warehouse.alerting.notify import Notice, send
from warehouse.database.server import free_port
from warehouse.database.settings import settings

PASSWORD = "correct-horse"
NOTICES = [Notice("late_feed", "payment", "迟交 payment", datetime(2025, 7, 1, tzinfo=UTC))]


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed certificate of localhost, with its key, in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name.from_rfc4514_string("CN=localhost")
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "mail.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return file


class Mailbox:
    """What arrived, and whether over TLS."""

    def __init__(self) -> None:
        self.received: list[tuple[bytes, bool]] = []

    async def handle_DATA(self, server: object, session: object, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.received.append((envelope.content, session.ssl is not None))
        return "250 taken"


Serve = Callable[[ssl.SSLContext | None], Mailbox]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Starts a mail server (with TLS: one that takes nothing without it and a log-in) and names it."""
    servers: list[Controller] = []

    def check(server: object, session: object, envelope: object, mechanism: str, login: object) -> AuthResult:
        is_right = (login.login, login.password) == (b"alerts", PASSWORD.encode())
        return AuthResult(success=is_right, handled=False)

    def start(context: ssl.SSLContext | None) -> Mailbox:
        mailbox, port = Mailbox(), free_port()
        wants = {"tls_context": context, "require_starttls": True, "auth_required": True} if context else {}
        servers.append(Controller(mailbox, "localhost", port, authenticator=check, **wants))
        servers[-1].start()
        for name, value in {
            "SMTP_HOST": "localhost", "SMTP_PORT": str(port), "SMTP_USER": "alerts",
            "SMTP_PASSWORD": PASSWORD, "EMAIL_TO": '["duty@example.cn"]',
        }.items():  # fmt: skip
            monkeypatch.setenv(f"MINZHENG_ALERT_{name}", value)
        settings.cache_clear()
        return mailbox

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def context(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """The server's side; the client trusts the certificate."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return made


def test_mail_goes_over_tls_with_the_password(serve: Serve, context: ssl.SSLContext) -> None:
    mailbox = serve(context)
    assert send("email", NOTICES)
    ((content, is_encrypted),) = mailbox.received
    assert is_encrypted
    assert "迟交 payment" in message_from_bytes(content).get_payload(decode=True).decode()


def test_a_refused_password_is_told_without_it(
    serve: Serve, context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    mailbox = serve(context)
    monkeypatch.setenv("MINZHENG_ALERT_SMTP_PASSWORD", "wrong-horse")
    settings.cache_clear()
    assert not send("email", NOTICES)
    assert mailbox.received == []
    assert "MINZHENG_ALERT_SMTP_USER or _PASSWORD is refused" in caplog.text
    assert "wrong-horse" not in caplog.text


def test_an_unknown_certificate_gets_no_password(
    serve: Serve, context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    mailbox = serve(context)
    assert not send("email", NOTICES)
    assert mailbox.received == []
    assert "its certificate is not trusted" in caplog.text


def test_a_password_never_goes_in_the_clear(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    mailbox = serve(None)
    assert not send("email", NOTICES)
    assert mailbox.received == []
    assert "the server offers no STARTTLS" in caplog.text
