"""Officers as an administrator keeps them: a database login each, with divisions and an account of the desk."""

import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
import pyotp
from psycopg import sql

from ingestion.divisions import are_a_scope
from serving.desk.accounts import ARGON2, SALT_BYTES, derived
from serving.desk.sign_in import new_password
from warehouse.database.connection import Warehouse
from warehouse.database.errors import UsageError
from warehouse.database.migrate import migrate

LOGIN = re.compile(r"[a-z][a-z0-9_]{1,62}")
ISSUER = "民政核对工作台"
# Two of a desk, another desk beside it, and one to spare.
CONNECTIONS = 5
SCOPE = "insert into ops.division_scope (user_name, division_code) select %s, unnest(%s::text[]) on conflict do nothing"
# What somebody works on who is gone waits for others.
RELEASE = """
insert into ops.finding_assignment (finding_id, event, after_decision_id, assigned_by)
select finding_id, 'released', decision_id, session_user from ops.finding_desk where holder_login = %s
"""
# A login of that name to come has nothing to do with who stands in for whom now.
END_SUBSTITUTES = """
insert into ops.officer_substitute (login, from_on, until_on, set_by)
select latest.login, current_date, current_date, session_user
from (
    select distinct on (login) login, substitute_login
    from ops.officer_substitute
    order by login, substitute_id desc
) as latest
where latest.substitute_login is not null and %(login)s in (latest.login, latest.substitute_login)
"""
# Where a login's name stands beside what somebody did or holds: whoever has it later would have done and held it.
BEARS_LOGIN = """
select format('%I.%I', table_schema, table_name), column_name
from information_schema.columns
where table_schema in ('ops', 'audit', 'desk') and is_updatable = 'YES' and data_type = 'text'
    and (column_name like '%%login' or (table_name, column_name) = ('verification_log', 'caller'))
order by 1, 2
"""
# Whoever signs in by OIDC: the login's password is set for each session, and by this function alone, which belongs to
# the login and so can do it for no other. It stands in it by name: were it an administrator's after a restore, it would
# still set no other's.
SETTER = """
create function desk.{name}(verifier text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if verifier not like 'SCRAM-SHA-256$%' then
        raise invalid_parameter_value using message = 'A verifier is wanted, not a password.';
    end if;
    execute format('alter role %I password %L', {login}, verifier);
end $$;
revoke execute on function desk.{name}(text) from public;
grant execute on function desk.{name}(text) to desk;
alter function desk.{name}(text) owner to {name}
"""
LISTED = """
select
    account.login, account.display_name,
    array(
        select scope.division_code from ops.division_scope as scope where scope.user_name = account.login order by 1
    ) as divisions,
    account.duty, account.mail, account.subject is not null as is_by_oidc,
    account.must_change, account.locked_until > clock_timestamp() as is_locked,
    (select max(session.last_seen_at) from desk.session as session where session.login = account.login) as last_seen_at
from desk.account as account
order by account.login
"""


@dataclass(frozen=True)
class Credentials:
    """To be given to the officer, once: the password must be changed at the first sign-in."""

    login: str
    password: str
    totp_uri: str


@dataclass(frozen=True)
class Subject:
    """Who an officer is at the office's sign-in service (OIDC)."""

    issuer: str
    subject: str


@dataclass(frozen=True)
class Officer:
    login: str
    name: str
    divisions: list[str]
    duty: str
    mail: str | None
    is_by_oidc: bool
    must_change: bool
    is_locked: bool
    last_seen_at: datetime | None


def add(
    warehouse: Warehouse,
    login: str,
    name: str,
    divisions: Sequence[str],
    subject: Subject | None = None,
    *,
    audits_only: bool = False,
) -> Credentials | None:
    """A new login with the role ``officer``, its divisions and its account: of the desk, or of the sign-in service
    under this subject, and then nothing is to be given to anybody. audits_only: with the role ``auditor`` instead,
    and no page of officers. Raises UsageError, for a login that somebody had before too."""
    if not LOGIN.fullmatch(login):
        raise UsageError(
            f"登录名 {login!r} 不可用：小写字母、数字、下划线，以字母开头。 "
            "A login is of small letters, digits and _, and begins with a letter."
        )
    if not are_a_scope(divisions) or not name.strip():
        raise UsageError(
            "须写明姓名和行政区划代码（6、9 或 12 位，* 为全部）。 "
            "A name and codes of divisions (6, 9 or 12 digits, * for all) are wanted."
        )
    migrate(warehouse)
    with warehouse.connect() as connection:
        refuse_taken(connection, login)
        connection.execute(
            sql.SQL("create role {} login connection limit {} in role {}").format(
                sql.Identifier(login),
                sql.Literal(CONNECTIONS),
                sql.Identifier("auditor" if audits_only else "officer"),
            )
        )
        # A login of that name may have been removed by hand, and its divisions not.
        connection.execute("delete from ops.division_scope where user_name = %s", [login])
        connection.execute(SCOPE, [login, list(divisions)])
        credentials = _let_in(connection, login, name.strip(), subject)
        if audits_only:
            connection.execute("update desk.account set duty = 'auditor' where login = %s", [login])
        return credentials


def refuse_taken(connection: psycopg.Connection, login: str) -> None:
    """Raises UsageError where somebody has this login, or had it."""
    if connection.execute("select from pg_roles where rolname = %s", [login]).fetchone() is not None:
        raise UsageError(f"登录名 {login} 已有人用。 There is a login {login} already: choose another.")
    if _was_somebodys(connection, login):
        raise UsageError(
            f"登录名 {login} 曾有人用，其名下的记录会归于新人。 "
            f"Somebody had the login {login} before, and what bears it would be taken for the new person's: "
            "choose another."
        )


def _was_somebodys(connection: psycopg.Connection, login: str) -> bool:
    """Whether anything there is bears this login. Reads the log once: nobody makes logins often."""
    return any(
        connection.execute(f"select from {table} where {column} = %s limit 1".encode(), [login]).fetchone()
        is not None
        for table, column in connection.execute(BEARS_LOGIN.encode()).fetchall()
    )


def reset(warehouse: Warehouse, login: str, subject: Subject | None = None) -> Credentials | None:
    """A new first password and one-time codes, or the sign-in service from now on; sessions end. Raises UsageError."""
    migrate(warehouse)
    with warehouse.connect() as connection:
        name = _known(connection, login)
        kept = connection.execute(
            "delete from desk.account where login = %s returning duty, mail", [login]
        ).fetchone()
        connection.execute(sql.SQL("drop function if exists desk.{}(text)").format(sql.Identifier(login)))
        credentials = _let_in(connection, login, name, subject)
        connection.execute(
            "update desk.account set duty = %s, mail = %s where login = %s", [*(kept or ()), login]
        )
        return credentials


def set_duty(warehouse: Warehouse, login: str, *, is_head: bool) -> None:
    """Head of a section, or not: sees what is overdue in the own divisions, and says who stands in for whom there.

    Raises UsageError.
    """
    migrate(warehouse)
    with warehouse.connect() as connection:
        _known(connection, login)
        changed = connection.execute(
            "update desk.account set duty = %s where login = %s and duty <> 'auditor'",
            ["head" if is_head else "officer", login],
        ).rowcount
        if not changed:
            raise UsageError(
                f"{login} 是审计人员，不办理疑点。 {login} is an auditor's account, no officer's."
            )


def set_mail(warehouse: Warehouse, login: str, mail: str | None) -> None:
    """Where what is due is reminded of (`minzheng alert remind`); none: nowhere. Raises UsageError."""
    migrate(warehouse)
    with warehouse.connect() as connection:
        _known(connection, login)
        try:
            connection.execute("update desk.account set mail = %s where login = %s", [mail, login])
        except psycopg.errors.CheckViolation:
            raise UsageError("这不是电子邮箱地址。 That is no mail address.") from None


def officers(warehouse: Warehouse) -> list[Officer]:
    migrate(warehouse)
    with warehouse.connect() as connection:
        return [
            Officer(login, name, divisions, duty, mail, is_by_oidc, must_change, bool(is_locked), seen)
            for login, name, divisions, duty, mail, is_by_oidc, must_change, is_locked, seen in connection.execute(
                LISTED
            ).fetchall()
        ]


def require_desk(warehouse: Warehouse) -> None:
    """Raises UsageError where the login is not that of the desk. A superuser may: the desk lays its rights down."""
    with warehouse.connect() as connection:
        row = connection.execute(
            "select session_user::text, rolsuper or pg_has_role(session_user, 'desk', 'member')"
            " from pg_roles where rolname = session_user"
        ).fetchone()
    assert row is not None
    if not row[1]:
        raise UsageError(
            f"登录 {row[0]} 不能开工作台，由数据库管理员授予。 "
            f"{row[0]} cannot open the desk: whoever administers the database runs `grant desk to {row[0]}`."
        )


def _known(connection: psycopg.Connection, login: str) -> str:
    row = connection.execute("select display_name from desk.account where login = %s", [login]).fetchone()
    if row is None:
        raise UsageError(
            f"工作台没有账号 {login}。 The desk has no account {login}: `minzheng officer list`."
        )
    return str(row[0])


def _let_in(
    connection: psycopg.Connection, login: str, name: str, subject: Subject | None
) -> Credentials | None:
    if subject:
        _let_in_by(connection, login, name, subject)
        return None
    password, salt, secret = secrets.token_urlsafe(12), secrets.token_bytes(SALT_BYTES), pyotp.random_base32()
    connection.execute(new_password(connection.pgconn, login, derived(password, salt)))
    connection.execute(
        "insert into desk.account (login, display_name, salt, argon2, totp_secret) values (%s, %s, %s, %s, %s)",
        [login, name, salt, json.dumps(ARGON2), secret],
    )
    return Credentials(login, password, pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER))


def _let_in_by(connection: psycopg.Connection, login: str, name: str, subject: Subject) -> None:
    try:
        connection.execute(
            "insert into desk.account (login, display_name, issuer, subject, must_change)"
            " values (%s, %s, %s, %s, false)",
            [login, name, subject.issuer, subject.subject],
        )
    except psycopg.errors.UniqueViolation:
        raise UsageError(
            "该身份已是另一核对员的。 Another officer is known under this subject already: `minzheng officer list`."
        ) from None
    names = {"name": sql.Identifier(login), "login": sql.Literal(login)}
    connection.execute(sql.SQL("alter role {name} password null").format(**names))
    connection.execute(sql.SQL(SETTER).format(**names))
