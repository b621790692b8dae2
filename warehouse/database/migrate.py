"""Bring a database to the version of this program: migrations, then functions, views and rights."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text

from ingestion.turns import LONGEST_WAIT_SECONDS
from warehouse.database import code
from warehouse.database.connection import Warehouse
from warehouse.database.errors import UsageError
from warehouse.database.ownership import STRANGERS
from warehouse.migrations.frozen.refusal import Refusal
from warehouse.publishing import served

if TYPE_CHECKING:  # every command asks whether there is anything to do; few have
    from alembic.config import Config

FOLDER = Path(__file__).parents[1] / "migrations"
# What the scripts lay down; rights an administrator grants besides are no reason to apply them again.
MAY_BE_TEMPORARY = """
select coalesce(rolname, 'public')
from pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba))) left join pg_roles on grantee = pg_roles.oid
where datname = current_database() and privilege_type = 'TEMPORARY'
    and (grantee = 0 or rolname in ('loader', 'transformer', 'publisher'))
order by 1
"""
# The version stands in two tables, which programs read and most people do not.
MAY_SEE = """
select count(*) = 2
from pg_class inner join pg_namespace on pg_namespace.oid = relnamespace
where nspname = 'ops' and relname in ('alembic_version', 'script') and
    case when has_schema_privilege(relnamespace, 'usage') then has_table_privilege(pg_class.oid, 'select') end
"""


def migrate(warehouse: Warehouse, revision: str = "head") -> None:
    """Upgrade to a revision. Running it again changes nothing and takes no lock on what is served.

    Revisions make and change tables; served tables get the columns that the marts say are served
    (``warehouse.publishing.served``). Functions, views and rights stand in ``warehouse/code`` and change without a
    revision; all are applied when one of them or the revision changed, or the rights on the database itself,
    which neither a dump nor a copy carries.
    """
    if revision == "head" and _is_current(warehouse):
        return
    from alembic import command

    with _alembic(warehouse) as (config, connection):
        connection.execute(text("create schema if not exists ops"))
        before = _revision(connection)
        command.upgrade(config, revision)
        if revision == "head":
            _apply_code(connection, is_upgraded=_revision(connection) != before)


def downgrade(warehouse: Warehouse, revision: str) -> None:
    """Back to an earlier revision, all or nothing, before an older version of the program is installed.

    What later revisions added is dropped; what was received and built stays. Raises UsageError for
    a revision that is no earlier one, and where one on the way would lose what only it can read.
    """
    from alembic import command
    from alembic.util import CommandError

    with _alembic(warehouse) as (config, _):
        try:
            command.downgrade(config, revision)
        except Refusal as refusal:
            raise UsageError(str(refusal)) from None
        except CommandError:
            raise UsageError(
                f"{revision} 不是更早的数据库版本。 "
                f"{revision} is no revision before this one. They are the numbers of the files in {FOLDER}/versions."
            ) from None


@contextmanager
def _alembic(warehouse: Warehouse) -> Iterator[tuple["Config", Connection]]:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with warehouse.engine().begin() as connection:
        # Two programs starting at once take turns: by the table of revisions, which no reader may lock.
        connection.execute(text(f"set local lock_timeout = '{LONGEST_WAIT_SECONDS}s'"))
        if _revision_table(connection) is None:  # nobody but administrators is let in yet
            connection.execute(text("select pg_advisory_xact_lock(hashtext('minzheng.migrate'))"))
        if _revision_table(connection) is not None:
            connection.execute(text("lock table ops.alembic_version in exclusive mode"))
        config.attributes["connection"] = connection
        yield config, connection


def current_revision(warehouse: Warehouse) -> str | None:
    """The revision a database is at; null for one without any."""
    with warehouse.engine().connect() as connection:
        return _revision(connection)


def is_older(warehouse: Warehouse) -> bool:
    """Whether a former version of this program migrated a database; false to a login that may not see it."""
    with warehouse.engine().connect() as connection:
        if not connection.execute(text(MAY_SEE)).scalar_one():
            return False
        revision = _revision(connection)
    return revision is not None and revision <= _newest() and not _is_current(warehouse)


def _newest() -> str:
    return max(path.stem[:4] for path in (FOLDER / "versions").glob("[0-9]*.py"))


def _is_current(warehouse: Warehouse) -> bool:
    """Nothing to do: seen with the right to read alone, so that every step may ask."""
    with warehouse.engine().connect() as connection:
        return _revision(connection) == _newest() and _applied(connection) == _wanted(connection)


def refuse_strangers(connection: Connection) -> None:
    """Raises UsageError where another role may shape what runs with the rights of an owner."""
    found = connection.execute(text(STRANGERS)).scalars().all()
    if found:
        raise UsageError(
            "他人可以改动以所有者权限运行的内容，未作改动，请由超级用户改正后再迁移。 "
            "Functions of the warehouse run with the rights of their owner, and somebody else may shape what they "
            f"run. Nothing was changed; mend it as a superuser and migrate again. {'; '.join(found)}."
        )


def _revision_table(connection: Connection) -> str | None:
    return connection.execute(text("select to_regclass('ops.alembic_version')::text")).scalar_one()


def _revision(connection: Connection) -> str | None:
    if _revision_table(connection) is None:
        return None
    return connection.execute(text("select version_num from ops.alembic_version")).scalar_one_or_none()


def _wanted(connection: Connection) -> dict[str, str]:
    """SHA-256 by name: of each file, and of who may make temporary objects in the database."""
    contents = {
        **code.files(),
        "served tables": served.FILE.read_text(encoding="utf-8"),
        "rights on the database": str(connection.execute(text(MAY_BE_TEMPORARY)).all()),
    }
    return {name: hashlib.sha256(content.encode()).hexdigest() for name, content in contents.items()}


def _applied(connection: Connection) -> dict[str, str]:
    rows = connection.execute(text("select name, sha256 from ops.script")).tuples().all()
    return dict(list(rows))


def _apply_code(connection: Connection, is_upgraded: bool) -> None:
    if _applied(connection) == _wanted(connection) and not is_upgraded:
        return
    cursor: Any = connection.connection.cursor()  # of psycopg
    served.ensure(cursor)
    code.apply(connection)
    refuse_strangers(connection)
    connection.execute(text("delete from ops.script"))
    connection.execute(
        text("insert into ops.script (name, sha256) values (:name, :sha256)"),
        [{"name": name, "sha256": digest} for name, digest in _wanted(connection).items()],
    )
