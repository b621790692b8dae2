"""Sending alerts: a webhook and e-mail, where they are configured.

Sending never breaks the work that raised the alert: what cannot be sent is logged, without the
address (a webhook's is a secret) and without the error's text.
"""

import logging
import smtplib
import ssl
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage

from warehouse.database.settings import settings

LOGGER = logging.getLogger("minzheng.alerts")
TIMEOUT_SECONDS = 10
# Of a whole message.
LONGEST_SECONDS = 60
# What to look at, the most particular first; the server's own words are not repeated.
CAUSES = {
    smtplib.SMTPAuthenticationError: "MINZHENG_ALERT_SMTP_USER or _PASSWORD is refused",
    smtplib.SMTPNotSupportedError: "the server offers no STARTTLS or no log-in",
    ssl.SSLCertVerificationError: "its certificate is not trusted: SSL_CERT_FILE names the authority's",
}


@dataclass(frozen=True)
class Notice:
    """One alert as it is told. text: one Chinese sentence without personal values."""

    kind: str
    subject: str
    text: str
    raised_at: datetime


def channels() -> list[str]:
    """The configured channels."""
    chosen = {
        "webhook": settings().alert_webhook_url.get_secret_value().strip(),
        "email": settings().alert_smtp_host and settings().alert_email_to,
    }
    return [channel for channel, is_configured in chosen.items() if is_configured]


def send(channel: str, notices: Sequence[Notice]) -> bool:
    """Send notices as one message; whether it was taken."""
    import httpx

    try:
        {"webhook": _post, "email": _mail}[channel](notices)
    except (httpx.HTTPError, httpx.InvalidURL, smtplib.SMTPException, OSError) as error:
        cause = next((told for kind, told in CAUSES.items() if isinstance(error, kind)), "is it reachable?")
        LOGGER.warning(
            "%d alerts could not be sent by %s (%s): %s; the next step tries again",
            len(notices), channel, type(error).__name__, cause,
        )  # fmt: skip
        return False
    return True


def _post(notices: Sequence[Notice]) -> None:
    """A text message as office chat robots take it, with the alerts beside it for programs."""
    import httpx

    message = {
        "msgtype": "text",
        "text": {"content": "\n".join(notice.text for notice in notices)},
        "alerts": [
            {
                "kind": notice.kind,
                "subject": notice.subject,
                "text": notice.text,
                "raised_at": notice.raised_at.isoformat(),
            }
            for notice in notices
        ],
    }
    url = settings().alert_webhook_url.get_secret_value()
    _within(
        LONGEST_SECONDS, lambda: httpx.post(url, json=message, timeout=TIMEOUT_SECONDS).raise_for_status()
    )


def _mail(notices: Sequence[Notice]) -> None:
    text = "\n".join(f"{notice.raised_at:%Y-%m-%d %H:%M} {notice.text}" for notice in notices)
    mail(settings().alert_email_to, f"[minzheng] {len(notices)} 条告警", text)


def mail(to: Sequence[str], subject: str, text: str) -> None:
    """Raises OSError or SMTPException where the server does not take it."""
    message = EmailMessage()
    message["From"] = settings().alert_email_from
    message["To"] = ", ".join(to)
    message["Subject"] = subject
    message.set_content(text)
    password = settings().alert_smtp_password.get_secret_value()

    def hand_over() -> None:
        with smtplib.SMTP(
            settings().alert_smtp_host, settings().alert_smtp_port, timeout=TIMEOUT_SECONDS
        ) as server:
            if settings().alert_smtp_over_tls:  # with a server that proves its name
                server.starttls(context=ssl.create_default_context())
            if password:
                server.login(settings().alert_smtp_user, password)
            server.send_message(message)

    _within(LONGEST_SECONDS, hand_over)


def _within(seconds: float, work: Callable[[], object]) -> None:
    """Raises TimeoutError (an OSError): a limit of the libraries is of one word, and whoever sends a letter now and
    then keeps to it for ever. What is under way then ends with the program."""
    done: Future[None] = Future()

    def run() -> None:
        try:
            work()
        except BaseException as error:
            done.set_exception(error)
        else:
            done.set_result(None)

    threading.Thread(target=run, daemon=True).start()
    done.result(timeout=seconds)
