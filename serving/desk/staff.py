"""People come, change and go, a step each: login, roles, divisions, account of the desk, sessions, work in hand."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

import psycopg
from psycopg import sql

from ingestion.divisions import are_a_scope
from serving.desk import officers
from serving.desk.officers import CONNECTIONS, END_SUBSTITUTES, LOGIN, RELEASE, SCOPE, Credentials, Subject
from warehouse.database.connection import Warehouse
from warehouse.database.errors import UsageError
from warehouse.database.migrate import migrate
from warehouse.staff.duties import BY_DIVISION, OF_PEOPLE, refuse_held, refuse_two
from warehouse.staff.logins import disconnect, drop, shut, take_memberships, verifier

OF_A_PERSON = """
select
from pg_auth_members
inner join pg_roles as granted on granted.oid = roleid
inner join pg_roles as login on login.oid = member
where login.rolname = %s and not login.rolsuper and granted.rolname = any(%s)
"""
# Whoever knew a token may still have it.
TOKENS = """
select token_id from ops.client_token as token
where added_login = %s and withdrawn_at is null and coalesce(valid_to >= verification.today(), true)
order by token_id
"""


@dataclass(frozen=True)
class Changed:
    """What a move or a leaving brought: findings put back, sessions ended, tokens of clients the login had made;
    left: what keeps the server from forgetting the name of a login that is shut."""

    released: int
    sessions: int
    tokens: list[int]
    left: str | None = None


def join(
    warehouse: Warehouse,
    login: str,
    name: str,
    roles: Sequence[str],
    divisions: Sequence[str],
    subject: Subject | None = None,
) -> Credentials | str | None:
    """A login with its roles and divisions: of an officer with an account of the desk, whose credentials come back;
    of others its password. None where the officer signs in by the office's service. Raises UsageError."""
    _refuse(roles, divisions)
    if "officer" in roles:
        credentials = officers.add(warehouse, login, name, divisions, subject)
        with warehouse.connect() as connection:
            _give(connection, login, roles)
        return credentials
    if not LOGIN.fullmatch(login) or not name.strip():
        raise UsageError(
            "须写明姓名，登录名为小写字母、数字、下划线。 A name is wanted, and a login of small letters, digits and _."
        )
    migrate(warehouse)
    password = secrets.token_urlsafe(18)
    with warehouse.connect() as connection:
        officers.refuse_taken(connection, login)
        connection.execute(
            sql.SQL("create role {} login password {} connection limit {}").format(
                sql.Identifier(login),
                sql.Literal(verifier(connection.pgconn, login, password)),
                sql.Literal(CONNECTIONS),
            )
        )
        connection.execute(
            sql.SQL("comment on role {} is {}").format(sql.Identifier(login), sql.Literal(name.strip()))
        )
        connection.execute("delete from ops.division_scope where user_name = %s", [login])
        connection.execute(SCOPE, [login, list(divisions)])
        _give(connection, login, roles)
    return password


def move(warehouse: Warehouse, login: str, roles: Sequence[str], divisions: Sequence[str]) -> Changed:
    """Other divisions and roles from now on, and no others: who is signed in is signed out, work in hand waits for
    others. Whoever comes to the desk, or leaves it, leaves and joins under another login. Raises UsageError."""
    _refuse(roles, divisions)
    migrate(warehouse)
    with warehouse.connect() as connection:
        _require_person(connection, login)
        account = connection.execute("select duty from desk.account where login = %s", [login]).fetchone()
        at_the_desk = None if account is None else "auditor" if account == ("auditor",) else "officer"
        if "officer" in roles if at_the_desk is None else at_the_desk not in roles:
            raise UsageError(
                f"{login} 与工作台的关系会改变，请先离职，再以另一登录名入职。 "
                f"{login} would come to the desk, or leave it: `minzheng staff leave`, then `staff join` under another "
                "login."
            )
        changed = _put_down(connection, login)
        take_memberships(connection, login)
        _give(connection, login, roles)
        connection.execute("delete from ops.division_scope where user_name = %s", [login])
        connection.execute(SCOPE, [login, list(divisions)])
    with warehouse.connect() as connection:
        disconnect(connection, login)
    return changed


def leave(warehouse: Warehouse, login: str) -> Changed:
    """The login goes, with all it could; what was decided stays, with its name. Raises UsageError."""
    migrate(warehouse)
    with warehouse.connect() as connection:
        _require_person(connection, login)
        changed = _put_down(connection, login)
        connection.execute("delete from desk.account where login = %s", [login])
        shut(connection, login)
    return replace(changed, left=drop(warehouse, login))


def _refuse(roles: Sequence[str], divisions: Sequence[str]) -> None:
    if not roles:
        raise UsageError("须写明角色。 A role is wanted.")
    refuse_two(roles)
    if divisions and not are_a_scope(divisions):
        raise UsageError(
            "行政区划代码为 6、9 或 12 位，* 为全部。 Codes of divisions have 6, 9 or 12 digits; * is all."
        )
    if not divisions and set(roles) & set(BY_DIVISION):
        raise UsageError("须写明行政区划。 Divisions are wanted: without any, nothing is seen.")


def _require_person(connection: psycopg.Connection, login: str) -> None:
    """Raises UsageError where a login has no role of people's."""
    if connection.execute(OF_A_PERSON, [login, list(OF_PEOPLE)]).fetchone() is None:
        raise UsageError(
            f"{login} 不是个人的登录。 {login} is no login of a person: `minzheng staff rights` lists all."
        )


def _give(connection: psycopg.Connection, login: str, roles: Sequence[str]) -> None:
    for role in roles:
        connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(role), sql.Identifier(login)))
    refuse_held(connection, login)


def _put_down(connection: psycopg.Connection, login: str) -> Changed:
    released = connection.execute(RELEASE, [login]).rowcount
    connection.execute(END_SUBSTITUTES, {"login": login})
    sessions = connection.execute("delete from desk.session where login = %s", [login]).rowcount
    tokens = [token for (token,) in connection.execute(TOKENS, [login]).fetchall()]
    return Changed(released, sessions, tokens)
