"""Break-glass: a login beside the usual ways, with a reason, an alert as long as it stands, and an end by itself."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg import sql
from psycopg.rows import class_row

from ingestion.divisions import are_a_scope
from warehouse.database.connection import Warehouse
from warehouse.database.errors import UsageError
from warehouse.database.migrate import migrate
from warehouse.staff.duties import BY_DIVISION, refuse_held, refuse_two
from warehouse.staff.logins import drop, shut, verifier

MOST_HOURS = 24
CONNECTIONS = 2
KEEP = """
insert into ops.emergency_access (login, role, divisions, reason, asked_by, until_at)
values ('emergency_' || to_char(clock_timestamp(), 'YYYYMMDD_HH24MISS_MS'), %s, %s, %s, %s, clock_timestamp() + %s)
returning login, until_at
"""


WITHDRAW = """
update ops.client_token
set withdrawn_at = clock_timestamp(), withdrawn_login = session_user, withdrawn_reason = %(reason)s
where added_login = %(login)s and withdrawn_at is null
returning token_id
"""
GIVEN = """
select holder || ' ' || string_agg(division_code, ' ' order by division_code)
from ops.scope_change as given
where
    changed_login = %s and change = 'given'
    and not exists (
        select from ops.scope_change as later
        where
            (later.holder, later.is_client, later.division_code)
            = (given.holder, given.is_client, given.division_code)
            and later.scope_change_id > given.scope_change_id
    )
group by holder, is_client
order by holder
"""


@dataclass(frozen=True)
class Ended:
    """What outlived a login for hours: tokens it had added, withdrawn now; holders with the divisions it gave them,
    which stand; left: what keeps the server from forgetting its name (`warehouse.staff.logins.drop`)."""

    tokens: list[int]
    given: list[str]
    left: str | None


@dataclass(frozen=True)
class Emergency:
    """A row of ``ops.emergency_access``."""

    login: str
    role: str
    divisions: list[str]
    reason: str
    asked_by: str
    opened_login: str
    opened_at: datetime
    until_at: datetime
    ended_at: datetime | None
    ended_login: str | None


def open_emergency(
    warehouse: Warehouse, role: str, divisions: list[str], hours: int, reason: str, asked_by: str
) -> tuple[str, str, datetime]:
    """A login with one role of people's: its name, its password (told this once) and when it ends. Raises UsageError.

    At its end the server takes the password no more; `end_emergency` ends what is still open.
    """
    refuse_two([role])
    if not reason.strip() or not asked_by.strip():
        raise UsageError("须写明原因和要求的人。 A reason is wanted, and who asks for it.")
    if role in BY_DIVISION and not are_a_scope(divisions):
        raise UsageError("须写明行政区划代码，* 为全部。 Codes of divisions are wanted, * for all.")
    migrate(warehouse)
    password = secrets.token_urlsafe(18)
    with warehouse.connect() as connection:
        row = connection.execute(
            KEEP, [role, divisions, reason.strip(), asked_by.strip(), timedelta(hours=hours)]
        ).fetchone()
        assert row is not None
        login, until = row
        connection.execute(
            sql.SQL(
                "create role {} login password {} valid until {} connection limit {} in role {}"
            ).format(
                sql.Identifier(login), sql.Literal(verifier(connection.pgconn, login, password)),
                sql.Literal(until.isoformat()), sql.Literal(CONNECTIONS), sql.Identifier(role),
            )
        )  # fmt: skip
        refuse_held(connection, login)
        for division in divisions:
            connection.execute("insert into ops.division_scope values (%s, %s)", [login, division])
    return login, password, until


def end_emergency(warehouse: Warehouse, login: str) -> Ended:
    """The login goes, whoever is in with it, and tokens it added; the row stays, with who ended it and when.

    Raises UsageError."""
    migrate(warehouse)
    with warehouse.connect() as connection:
        ended = connection.execute(
            "update ops.emergency_access set ended_at = clock_timestamp(), ended_login = session_user"
            " where login = %s and ended_at is null",
            [login],
        ).rowcount
        if not ended:
            raise UsageError(
                f"没有应急登录 {login}。 No emergency login {login} stands: `minzheng emergency list`."
            )
        shut(connection, login)
    # With no right left, though perhaps still in, it adds no other.
    with warehouse.connect() as connection:
        asked = {"login": login, "reason": f"应急登录 {login} 已结束"}
        tokens = sorted(token for (token,) in connection.execute(WITHDRAW, asked).fetchall())
        given = [told for (told,) in connection.execute(GIVEN, [login]).fetchall()]
    return Ended(tokens, given, drop(warehouse, login))


def emergencies(warehouse: Warehouse) -> list[Emergency]:
    """All there were, the newest first."""
    migrate(warehouse)
    with warehouse.connect() as connection, connection.cursor(row_factory=class_row(Emergency)) as cursor:
        return cursor.execute(
            "select login, role, divisions, reason, asked_by, opened_login, opened_at, until_at, ended_at, ended_login"
            " from ops.emergency_access order by emergency_id desc"
        ).fetchall()
