"""Clients of the REST service and their tokens, as an administrator keeps them: only digests are stored."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import psycopg

from ingestion.divisions import are_a_scope
from warehouse.database.connection import Warehouse
from warehouse.database.errors import UsageError
from warehouse.database.migrate import migrate
from warehouse.database.settings import settings

CLIENT_LENGTH = 64
KEEP_CLIENT = """
insert into ops.client (client, divisions) values (%(client)s, %(divisions)s)
on conflict (client) do update set divisions = excluded.divisions
"""
KEEP_TOKEN = """
insert into ops.client_token (client, sha256, valid_from, valid_to)
values (%s, %s, coalesce(%s, verification.today()), %s) returning token_id
"""
# The reason of the first withdrawal stays.
WITHDRAW = """
update ops.client_token
set withdrawn_at = clock_timestamp(), withdrawn_login = session_user, withdrawn_reason = %s
where token_id = %s and withdrawn_at is null
returning client
"""
LISTED = """
select
    token.token_id, token.client, client.divisions, token.valid_from, token.valid_to, token.last_used_at,
    token.withdrawn_at, token.withdrawn_reason, coalesce(token.valid_to < verification.today(), false) as is_over
from ops.client_token as token
inner join ops.client as client using (client)
order by token.client, token.token_id
"""


@dataclass(frozen=True)
class Token:
    """valid_to: the last day; none, until it is withdrawn."""

    token_id: int
    client: str
    divisions: list[str]
    valid_from: date
    valid_to: date | None
    last_used_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_reason: str | None
    is_over: bool


def new_token() -> tuple[str, str]:
    """A bearer token, and the SHA-256 (hex) that is kept of it."""
    token = secrets.token_urlsafe(32)
    return token, hashlib.sha256(token.encode()).hexdigest()


def add(
    warehouse: Warehouse,
    client: str,
    divisions: Sequence[str],
    since: date | None = None,
    to: date | None = None,
) -> tuple[int, str]:
    """A token for a client: its number and the token itself, which is told this once.

    divisions: whose authorizations the client may ask under, from now on with all its tokens (* for all);
    none leaves those of a client that is known. since: today in Beijing where none is given.
    Raises UsageError.
    """
    if not client.strip() or len(client) > CLIENT_LENGTH or not client.isprintable():
        raise UsageError(
            f"客户名称为 1 至 {CLIENT_LENGTH} 个字符。 A client has a name of at most {CLIENT_LENGTH} characters."
        )
    if divisions and not are_a_scope(divisions):
        raise UsageError(
            "行政区划代码为 6、9 或 12 位，* 为全部。 Codes of divisions have 6, 9 or 12 digits; * is all."
        )
    migrate(warehouse)
    token, digest = new_token()
    with warehouse.connect() as connection:
        if divisions:
            connection.execute(KEEP_CLIENT, {"client": client, "divisions": sorted(set(divisions))})
        elif connection.execute("select from ops.client where client = %s", [client]).fetchone() is None:
            raise UsageError(
                f"新客户 {client} 须写明行政区划。 {client} is a new client: name its divisions, * for all."
            )
        try:
            row = connection.execute(KEEP_TOKEN, [client, digest, since, to]).fetchone()
        except psycopg.errors.CheckViolation:
            raise UsageError("止日早于起日。 The token would end before it begins.") from None
    assert row is not None
    return int(row[0]), token


def withdraw(warehouse: Warehouse, token_id: int, reason: str) -> str:
    """The token is refused from now on, with the words that it was withdrawn. Returns its client. Raises UsageError."""
    if not reason.strip():
        raise UsageError("须写明原因。 A reason is wanted.")
    migrate(warehouse)
    with warehouse.connect() as connection:
        row = connection.execute(WITHDRAW, [reason.strip(), token_id]).fetchone()
    if row is None:
        raise UsageError(
            f"没有可撤回的令牌 {token_id}。 There is no token {token_id} to withdraw: `minzheng token list`."
        )
    return str(row[0])


def want_client(warehouse: Warehouse, client: str) -> None:
    """Raises UsageError for a name that is no client's, of a token or of the settings."""
    chosen = settings()
    migrate(warehouse)
    with warehouse.connect() as connection:
        is_kept = (
            connection.execute("select from ops.client where client = %s", [client]).fetchone() is not None
        )
    if not is_kept and client not in {*chosen.api_tokens, *chosen.api_certificates.values()}:
        raise UsageError(f"没有客户 {client}。 There is no client {client}: `minzheng token list`.")


def tokens(warehouse: Warehouse) -> list[Token]:
    migrate(warehouse)
    with warehouse.connect() as connection:
        return [Token(*row) for row in connection.execute(LISTED).fetchall()]
