"""Logins of people in the server: a password no statement holds, all memberships taken, an end in two steps."""

import psycopg
from psycopg import sql

from warehouse.database.connection import Warehouse

# By whom each was given: before version 16 whoever revokes is not asked, later it is another membership.
HELD = """
select granted.rolname::text, grantor.rolname::text
from pg_auth_members as held
inner join pg_roles as granted on granted.oid = held.roleid
inner join pg_roles as login on login.oid = held.member
left join pg_roles as grantor on grantor.oid = held.grantor
where login.rolname = %s
"""
NEWEST_WITHOUT_GRANTORS = 15
# As long as the server takes to end them; after it what they hold is dropped from under them.
DISCONNECT = "select pg_terminate_backend(pid, 2000) from pg_stat_activity where usename = %s"


def verifier(pgconn: object, login: str, password: str) -> str:
    """What verifies a password, as the database keeps it (SCRAM): no statement holds the password itself."""
    made: bytes = pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256")  # type: ignore[attr-defined]
    return made.decode()


def take_memberships(connection: psycopg.Connection, login: str) -> None:
    """Every one, whoever gave it, and what the login gave on of it; so too what lets it give itself others."""
    name = sql.Identifier(login)
    for role, grantor in connection.execute(HELD, [login]).fetchall():
        by: sql.Composable = sql.SQL("")
        if grantor is not None and connection.info.server_version // 10000 > NEWEST_WITHOUT_GRANTORS:
            by = sql.SQL("granted by {}").format(sql.Identifier(grantor))
        connection.execute(sql.SQL("revoke {} from {} {} cascade").format(sql.Identifier(role), name, by))
    connection.execute(
        sql.SQL("alter role {} nocreaterole nocreatedb noreplication nobypassrls").format(name)
    )


def disconnect(connection: psycopg.Connection, login: str) -> None:
    """Whoever is in with a login. After what is taken from it is committed: who comes in again has the rights left."""
    connection.execute(DISCONNECT, [login])


def shut(connection: psycopg.Connection, login: str) -> None:
    """Nobody comes in with a login any more, and it may and sees nothing. Nothing that it made can hinder this."""
    connection.execute(
        sql.SQL("alter role {} nologin password null connection limit 0").format(sql.Identifier(login))
    )
    take_memberships(connection, login)
    connection.execute("delete from ops.division_scope where user_name = %s", [login])


def drop(warehouse: Warehouse, login: str) -> str | None:
    """The end of a login that is shut: who is in is put out, what it owns here goes, and its name. What it decided
    stays. Returns what hinders it, in the server's words: the name stays then, with no way in."""
    name = sql.Identifier(login)
    with warehouse.connect() as connection:
        disconnect(connection, login)
    try:
        with warehouse.connect() as connection:
            connection.execute(sql.SQL("drop owned by {}").format(name))
            connection.execute(sql.SQL("drop role {}").format(name))
    except psycopg.errors.DependentObjectsStillExist as error:
        return error.diag.message_detail or error.diag.message_primary
    return None
