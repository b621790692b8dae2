"""The logins of the guide (docs/operations.md): what each is for, its roles, how many connections it may hold."""

from collections.abc import Collection
from dataclasses import dataclass

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from warehouse.database.connection import Warehouse
from warehouse.database.errors import UsageError
from warehouse.database.migrate import migrate


@dataclass(frozen=True)
class Login:
    """roles: that it is a member of. connections: at most at once. commands: of ``minzheng`` it is for.

    may_replicate: reads the server whole, as its files are (``replication``), and no row of it by a statement.
    """

    roles: tuple[str, ...]
    connections: int
    commands: tuple[str, ...]
    may_replicate: bool = False


LOGINS = {
    "dw_land": Login(("loader",), 10, (
        "land", "pull", "backfill", "gate", "accept", "withdraw", "return-list", "inbox list", "inbox ignore",
        "alert list", "alert send", "alert remind", "doctor", "review list", "review decide",
    )),
    "dw_build": Login(
        ("loader", "transformer", "publisher"), 30, ("build", "run", "status", "rollback", "docs")
    ),
    # These two serve twice at once, so that one is restarted while the other answers.
    "dw_serve": Login(("approval_api",), 24, ("serve", "report")),
    "dw_audit": Login(("auditor",), 5, ("audit verify", "audit anchor", "audit who-read", "audit reproduce")),
    "dw_desk": Login(("officer",), 5, (
        "findings", "explain", "finding worklist", "finding decide", "finding import", "authorization add",
        "authorization revoke", "statistics monthly", "statistics quarterly",
    )),
    "dw_door": Login(("desk",), 14, ("desk",)),
    "dw_tidy": Login(("retention",), 5, ("retention",)),
    "dw_security": Login(
        ("security",), 3, ("token add", "token list", "token withdraw", "staff rights")
    ),
    "dw_watch": Login(("vendor_ops",), 3, ("metrics",)),
    "dw_backup": Login((), 5, ("backup take", "backup follow"), may_replicate=True),
}  # fmt: skip

# What an administrator built before belongs to whoever did; the steps own what they make.
HAND_OVER = """
select format(
    'alter %s %s owner to %s', case relkind when 'v' then 'view' else 'table' end, oid::regclass,
    case when relnamespace::regnamespace::text in ('raw', 'input') then 'loader' else 'transformer' end
)
from pg_class
where
    relkind in ('r', 'v')
    and relnamespace::regnamespace::text in ('raw', 'input', 'staging', 'intermediate', 'marts', 'rules')
    and relowner not in ('loader'::regrole, 'transformer'::regrole)
"""


def make_login(
    connection: psycopg.Connection,
    address: str,
    roles: tuple[str, ...],
    limit: int,
    may_replicate: bool = False,
) -> None:
    """The login an address names, with its password, these roles and a limit; again, it changes nothing. A higher
    limit stays: an administrator gave it."""
    place = make_url(address)
    name = sql.Identifier(place.username or "")
    known = connection.execute(
        "select rolconnlimit from pg_roles where rolname = %s", [place.username]
    ).fetchone()
    if known is None:
        connection.execute(sql.SQL("create role {} login").format(name))
    else:
        limit = max(limit, known[0])
    connection.execute(
        sql.SQL("alter role {} login{} password {} connection limit {}").format(
            name,
            sql.SQL(" replication" if may_replicate else ""),
            sql.Literal(place.password),
            sql.Literal(limit),
        )
    )
    for role in roles:
        connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(role), name))
    if "approval_api" in roles:
        connection.execute(
            "insert into ops.client_door (user_name) values (%s) on conflict do nothing", [place.username]
        )


def connections_for(roles: Collection[str]) -> int:
    """How many a login of these roles may hold: as many as the largest of the guide's whose work it can do."""
    return max(
        login.connections
        for login in LOGINS.values()
        if set(login.roles) <= set(roles) and bool(login.roles) == bool(roles)
    )


def make_logins(administrator: Warehouse, addresses: dict[str, tuple[str, ...]]) -> None:
    """Migrate, make each address's login with its roles, and give the steps what was built before.

    Addresses of the administrator itself are passed over: it has all rights.
    """
    migrate(administrator)
    with administrator.connect() as connection:
        for address, roles in addresses.items():
            if make_url(address).username != administrator.parameters.get("user"):
                make_login(connection, address, roles, connections_for(roles))
        for (statement,) in connection.execute(HAND_OVER.encode()).fetchall():
            connection.execute(statement.encode())


def require_door(warehouse: Warehouse) -> None:
    """Raises UsageError, naming what is missing and who gives it, where the login cannot serve clients.

    A superuser may: the service lays its rights down.
    """
    with warehouse.connect() as connection:
        row = connection.execute(
            "select session_user::text, rolsuper, pg_has_role(session_user, 'approval_api', 'member')"
            " from pg_roles where rolname = session_user"
        ).fetchone()
        assert row is not None
        login, is_superuser, may_ask = row
        if is_superuser:
            return
        if not may_ask:
            raise UsageError(
                f"登录 {login} 无权核对，由数据库管理员授予。 "
                f"{login} may not ask: whoever administers the database runs `grant approval_api to {login}`."
            )
        if connection.execute("select api_v1.is_client_door()").fetchone() != (True,):
            raise UsageError(
                f"登录 {login} 不可代客户端提问，由数据库管理员登记。 "
                f"{login} may not name the clients it asks for: whoever administers the database runs "
                f"`insert into ops.client_door values ('{login}')`."
            )


def who_may(arguments: list[str]) -> str:
    """Which roles a command is for, and who gives them; empty where the guide names none."""
    words = [word for word in arguments if not word.startswith("-")]
    called = {words[0], " ".join(words[:2])} if words else set()
    # What was received in all divisions, as `review list` shows it.
    tells_lines = "explain" in called and any(word.startswith("--mention") for word in arguments)
    for name, login in LOGINS.items():
        if found := ({"review list"} if tells_lines else called) & set(login.commands):
            command = f"`minzheng {'explain --mention' if tells_lines else ' '.join(found)}`"
            roles = ", ".join(login.roles)
            return (
                f"{command} 供具有角色 {roles} 的登录使用（docs/operations.zh.md 中的 {name}），由数据库管理员授予。 "
                f"{command} is for a login with the roles "
                f"{roles} ({name} in docs/operations.md); whoever administers the database gives "
                "them: `grant ROLE to LOGIN`."
            )
    return (
        "权利由数据库管理员按角色授予，哪个登录用于哪条命令见 docs/operations.zh.md。 "
        "Whoever administers the database gives rights, by role: docs/operations.md says which login is for "
        "which command."
    )
