"""Accounts and sessions of the desk, in its own tables (schema ``desk``).

What a person types is not the password of that person's database login but argon2id(typed, salt): the database
verifies it, and here it is kept nowhere but in sessions, sealed by the token that only the browser holds.
"""

import base64
import hashlib
import hmac
import secrets
import time
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import psycopg
import pyotp
from argon2.low_level import Type, hash_secret_raw
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from psycopg import sql
from sqlalchemy import Connection, Engine, text

from warehouse.staff.logins import verifier

# RFC 9106, the second choice: 64 MiB.
ARGON2 = {"time_cost": 3, "memory_cost": 1 << 16, "parallelism": 4}
SALT_BYTES = 16
PASSWORD_LENGTH = 12
LONGEST_PASSWORD = 200  # as in the pages; what combining marks cost to put in order grows with their square
TOTP_SECONDS = 30
TOTP_DRIFT = 1  # steps a telephone's clock may be off
FREE_FAILURES = 5  # then an account waits, twice as long each time
LONGEST_WAIT_MINUTES = 60
CLAIM = """
update desk.account
set
    failed_count = failed_count + 1,
    locked_until = case
        when failed_count + 1 >= :free
            then clock_timestamp() + least(:longest, power(2, least(failed_count + 1 - :free, 6))) * interval '1 minute'
    end
where login = :login and subject is null and coalesce(locked_until < clock_timestamp(), true)
returning salt, argon2, totp_secret, display_name, must_change
"""
SUCCEED = """
update desk.account
set totp_step = :step, failed_count = 0, locked_until = null
where login = :login and totp_step < :step
returning login
"""
OPEN = """
insert into desk.session (session_id, login, sealed, purpose, ends_at)
values (:id, :login, :sealed, :purpose, clock_timestamp() + make_interval(mins => :minutes))
"""
FIND = """
update desk.session set last_seen_at = clock_timestamp()
from desk.account
where
    session.session_id = :id and account.login = session.login
    and session.ends_at > clock_timestamp()
    and session.last_seen_at > clock_timestamp() - make_interval(mins => :idle)
returning
    session.login, account.display_name, session.sealed, session.purpose, account.must_change,
    account.subject is null as is_local, account.duty
"""
# The row is held until the session stands: of two sign-ins at once the later one's password and session stay.
OF_SUBJECT = "select login from desk.account where issuer = :issuer and subject = :subject for update"
CLEAR = """
delete from desk.session
where ends_at < clock_timestamp() or last_seen_at < clock_timestamp() - make_interval(mins => :idle)
"""


@dataclass(frozen=True)
class Account:
    login: str
    salt: bytes
    argon2: Mapping[str, int]
    totp_secret: str


@dataclass(frozen=True)
class Session:
    """password: that of the database login, as the token opened it. is_local: it derives from what the person typed."""

    login: str
    name: str
    password: str
    purpose: str
    must_change: bool
    is_local: bool
    duty: str


# Of nobody: what an unknown name costs is what a known one does.
NOBODY = Account("", bytes(SALT_BYTES), ARGON2, pyotp.random_base32())


def derived(typed: str, salt: bytes, parameters: Mapping[str, int] = ARGON2) -> str:
    """The password of the database login. Takes 64 MiB for a moment: few at once (`Desk.deriving`)."""
    written = unicodedata.normalize("NFKC", typed[:LONGEST_PASSWORD]).encode()
    return hash_secret_raw(written, salt, hash_len=32, type=Type.ID, **parameters).hex()


def form_token(token: str) -> str:
    """What a form of whoever holds the token carries, and no other site can know."""
    return hmac.new(token.encode(), b"form", hashlib.sha256).hexdigest()


def _session_id(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _seal(token: str) -> Fernet:
    key = HKDF(SHA256(), 32, salt=None, info=b"minzheng desk session").derive(token.encode())
    return Fernet(base64.urlsafe_b64encode(key))


class Accounts:
    """engine: connects as the desk's own login. idle, longest: minutes a session lasts without, and with, use."""

    def __init__(self, engine: Engine, idle: int, longest: int) -> None:
        self.engine = engine
        self.idle = idle
        self.longest = longest

    def claim(self, login: str) -> Account | None:
        """The account, one attempt counted; none where nobody has it or it waits."""
        with self.engine.connect() as connection:
            row = connection.execute(
                text(CLAIM), {"login": login, "free": FREE_FAILURES, "longest": LONGEST_WAIT_MINUTES}
            ).one_or_none()
        return Account(login, bytes(row.salt), row.argon2, row.totp_secret) if row else None

    def succeed(self, account: Account, code: str) -> bool:
        """Whether the code is right and was not used before; then attempts count from nothing again."""
        now = int(time.time()) // TOTP_SECONDS
        totp = pyotp.TOTP(account.totp_secret)
        steps = [
            step
            for step in range(now - TOTP_DRIFT, now + TOTP_DRIFT + 1)
            if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode())
        ]
        if not steps:
            return False
        with self.engine.connect() as connection:
            asked = {"login": account.login, "step": steps[0]}
            return connection.execute(text(SUCCEED), asked).one_or_none() is not None

    def open(self, login: str, password: str, purpose: str) -> str:
        """A session; returns its token. Those that have ended are cleared away."""
        with self.engine.connect() as connection:
            return self._open(connection, login, password, purpose)

    def open_by(self, issuer: str, subject: str, purpose: str) -> tuple[str, str] | None:
        """A session of whoever this is at the sign-in service: login and token; none where nobody is known so.

        The login has another password from now on, for this session alone: any other of the same person ends.
        """
        password = secrets.token_urlsafe(32)
        transaction = self.engine.connect().execution_options(isolation_level="READ COMMITTED")
        with transaction as connection, connection.begin():
            asked = {"issuer": issuer, "subject": subject}
            login = connection.execute(text(OF_SUBJECT), asked).scalar_one_or_none()
            if login is None:
                return None
            self._set_password(connection, login, password)
            connection.execute(text("delete from desk.session where login = :login"), {"login": login})
            return login, self._open(connection, login, password, purpose)

    def lock(self, login: str) -> None:
        """Of whoever signs in by the sign-in service: no password opens the login until the next session."""
        with self.engine.connect() as connection:
            self._set_password(connection, login, None)

    def _set_password(self, connection: Connection, login: str, password: str | None) -> None:
        """By the function that belongs to this login and to no other (``serving.desk.officers``)."""
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        setter = sql.SQL("select desk.{}(%s)").format(sql.Identifier(login))
        driver.execute(setter, [password and verifier(driver.pgconn, login, password)])

    def _open(self, connection: Connection, login: str, password: str, purpose: str) -> str:
        token = secrets.token_urlsafe(32)
        sealed = _seal(token).encrypt(password.encode())
        connection.execute(text(CLEAR), {"idle": self.idle})
        connection.execute(
            text(OPEN),
            {
                "id": _session_id(token), "login": login, "sealed": sealed, "purpose": purpose,
                "minutes": self.longest,
            },
        )  # fmt: skip
        return token

    def find(self, token: str) -> Session | None:
        """The session of a token, which then counts as used."""
        with self.engine.connect() as connection:
            row = connection.execute(text(FIND), {"id": _session_id(token), "idle": self.idle}).one_or_none()
        if row is None:
            return None
        try:
            password = _seal(token).decrypt(bytes(row.sealed)).decode()
        except InvalidToken:  # the row was written by somebody who does not hold the token
            return None
        return Session(
            row.login, row.display_name, password, row.purpose, row.must_change, row.is_local, row.duty
        )

    def salt(self, login: str) -> tuple[bytes, Mapping[str, int]]:
        with self.engine.connect() as connection:
            row = connection.execute(
                text("select salt, argon2 from desk.account where login = :login"), {"login": login}
            ).one()
        return bytes(row.salt), row.argon2

    def set_purpose(self, token: str, purpose: str) -> None:
        with self.engine.connect() as connection:
            connection.execute(
                text("update desk.session set purpose = :purpose where session_id = :id"),
                {"purpose": purpose, "id": _session_id(token)},
            )

    def changed(self, login: str) -> None:
        """The password is another: the sessions sealed with the former one end."""
        with self.engine.begin() as connection:
            connection.execute(
                text("update desk.account set must_change = false where login = :login"), {"login": login}
            )
            connection.execute(text("delete from desk.session where login = :login"), {"login": login})

    def close(self, token: str) -> None:
        with self.engine.connect() as connection:
            connection.execute(
                text("delete from desk.session where session_id = :id"), {"id": _session_id(token)}
            )
