"""Migrations: up, again, down and up on a filled database; what is served stands on pub alone."""

import ast
import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from alembic.script import ScriptDirectory
from hand_made_marts import Marts
from templates import NewDatabase

from cli import main as cli
from warehouse.database import code
from warehouse.database.chosen import open_warehouse
from warehouse.database.code import OWNERS
from warehouse.database.connection import Warehouse
from warehouse.database.errors import NotBuilt, UsageError, without_values
from warehouse.database.migrate import FOLDER, current_revision, downgrade, migrate
from warehouse.database.server import running_server
from warehouse.database.settings import settings

CATALOGUE = """
    select 'column', attrelid::regclass::text, attname::text, format_type(atttypid, atttypmod)
    from pg_attribute join pg_class on pg_class.oid = attrelid
    where relnamespace::regnamespace::text in ('ops', 'pub', 'api_v1', 'analytics') and attnum > 0 and not attisdropped
    union all
    select 'routine', oid::regprocedure::text, prosecdef::text, md5(pg_get_functiondef(oid))
    from pg_proc where pronamespace::regnamespace::text in ('clean', 'pub', 'api_v1')
    union all
    select 'rights', oid::regclass::text, relowner::regrole::text, relacl::text
    from pg_class where relnamespace::regnamespace::text in ('pub', 'api_v1', 'analytics')
    order by 1, 2, 3, 4
"""


def catalogue(database: Warehouse) -> list[tuple]:
    with database.connect() as connection:
        return connection.execute(CATALOGUE.encode()).fetchall()


def schemas(database: Warehouse) -> set[str]:
    with database.connect() as connection:
        return {name for (name,) in connection.execute("select nspname from pg_namespace").fetchall()}


def test_revisions_are_the_numbers_of_their_files() -> None:
    """Whether a database is current is seen from the names of the files alone."""
    revisions = list(ScriptDirectory(str(FOLDER)).walk_revisions())
    assert [Path(revision.path).stem[:4] for revision in revisions] == [item.revision for item in revisions]
    assert [item.revision for item in revisions] == sorted(
        (item.revision for item in revisions), reverse=True
    )


MIGRATIONS_MAY_IMPORT = {*sys.stdlib_module_names, "alembic", "sqlalchemy", "pypinyin"}
FROZEN = "warehouse.migrations.frozen"


def test_landed_migrations_are_frozen() -> None:
    """The list is made with each release (tests/upgrade/README.md); what came since may still change."""
    landed = dict(line.split()[::-1] for line in (FOLDER / "landed.sha256").read_text().splitlines())
    assert len(landed) > 27
    now = {name: hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() for name in landed}
    assert now == landed


def test_migrations_import_nothing_that_may_change() -> None:
    imported = set()
    for path in (*FOLDER.glob("versions/*.py"), *FOLDER.glob("frozen/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {(path.name, name.name) for name in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add((path.name, node.module or ""))
    assert ("0002_publishing.py", f"{FROZEN}.served_table") in imported
    may = tuple(f"{name}." for name in (*MIGRATIONS_MAY_IMPORT, FROZEN))
    assert [(file, name) for file, name in sorted(imported) if not f"{name}.".startswith(may)] == []


def test_migrating_again_changes_nothing(database: Warehouse) -> None:
    before = catalogue(database)
    migrate(database)
    assert catalogue(database) == before


def test_rights_granted_besides_are_no_reason_to_migrate_again(database: Warehouse) -> None:
    """Who runs daily may not: after an operator was let in every run would be refused."""
    mine = "select max(xmin::text::bigint) from ops.script"
    with database.connect() as connection:
        before = connection.execute(mine).fetchone()
        name = connection.info.dbname
        connection.execute(f"grant connect on database {name} to analyst")
    migrate(database)
    with database.connect() as connection:
        assert connection.execute(mine).fetchone() == before
        connection.execute(f"grant temporary on database {name} to public")
    migrate(database)
    with database.connect() as connection:
        may = connection.execute("select has_database_privilege('analyst', current_database(), 'temporary')")
        assert may.fetchone() == (False,)


def test_down_and_up_on_a_filled_database(database: Warehouse) -> None:
    before = catalogue(database)
    with database.connect() as connection:
        marts = Marts(connection)
        marts.add_resident(1)
        marts.publish()

    downgrade(database, "0001")
    with database.connect() as connection:
        assert connection.execute(
            "select to_regclass('pub.resident'), to_regclass('api_v1.household_check')"
        ).fetchone() == (None, None)
        # What was received and built stays, and so does the history of publications.
        assert connection.execute("select count(*) from marts.resident").fetchone() == (1,)
        assert connection.execute("select count(*) from ops.generation").fetchone() == (1,)

    migrate(database)
    assert catalogue(database) == before
    with database.connect() as connection:
        marts = object.__new__(Marts)
        marts.connection = connection
        assert marts.publish().generation == 2  # numbers are not used again
        assert connection.execute("select resident_id from pub.current_resident").fetchall() == [(1,)]


def test_an_older_database_is_told_from_one_in_which_nothing_is_built(
    database: Warehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MINZHENG_DATABASE_URL", database.address)
    settings.cache_clear()

    def said(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["minzheng", *arguments])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        assert stopped.value.code == 2
        return capsys.readouterr().err

    commands = (["build"], ["findings", "--purpose", "review"], ["explain", "f1", "--purpose", "review"])
    downgrade(database, "0001")
    for command in commands:
        assert "run `minzheng migrate` first" in said(*command), command
    migrate(database)
    with (
        pytest.raises(NotBuilt, match="Nothing has been built"),
        without_values(),
        open_warehouse() as current,
        current.connect() as connection,
    ):
        connection.execute("select from marts.nothing")


def test_an_unknown_revision_changes_nothing(database: Warehouse) -> None:
    before = current_revision(database)
    with pytest.raises(UsageError, match="1234 is no revision"):
        downgrade(database, "1234")
    assert current_revision(database) == before is not None


def test_what_only_this_version_can_read_is_not_left_behind(database: Warehouse) -> None:
    with database.connect() as connection:
        connection.execute(
            "insert into audit.verification_log (operation, outcome, asked_on, operator, purpose)"
            " values ('findings', 'read', date '2025-07-10', 'somebody', 'review')"
        )
    before = catalogue(database)
    with pytest.raises(UsageError, match="readings of officers"):
        downgrade(database, "0023")
    assert catalogue(database) == before


def test_amounts_that_officers_wrote_are_not_left_behind(database: Warehouse) -> None:
    with database.connect() as connection:
        connection.execute(
            "insert into ops.finding_decision"
            " (finding_id, rule_code, decision, reason_code, evidence_digest, decided_by, recovered_yuan)"
            " values ('f', 'A01', 'confirmed', 'STOPPED', 'first', '张三', 800)"
        )
    before = catalogue(database)
    with pytest.raises(UsageError, match="what was recovered"):
        downgrade(database, "0042")
    assert catalogue(database) == before


def test_all_the_way_down(database: Warehouse) -> None:
    downgrade(database, "base")
    assert not schemas(database) & {"raw", "clean", "pub", "api_v1", "analytics", "marts"}
    migrate(database)
    assert {"raw", "clean", "pub", "api_v1", "analytics", "marts"} <= schemas(database)


@contextmanager
def owned_by_plain_user(database: Warehouse) -> Iterator[Warehouse]:
    """The database for a user who owns it and may not create roles."""
    name = "plain_" + database.parameters["dbname"]
    with psycopg.connect(database.address, autocommit=True) as admin:
        admin.execute(f"create role {name} login password 'plain' nocreaterole".encode())
        admin.execute(f"alter database {database.parameters['dbname']} owner to {name}".encode())
    yield database.at(username=name, password="plain")
    with psycopg.connect(database.address, autocommit=True) as admin:
        admin.execute(f"reassign owned by {name} to current_user".encode())
        admin.execute(f"drop owned by {name}".encode())
        admin.execute(f"drop role {name}".encode())


def assert_migrates_and_publishes(database: Warehouse) -> None:
    migrate(database)
    migrate(database)
    with database.connect() as connection:
        marts = Marts(connection)
        marts.add_resident(1)
        assert marts.publish().generation == 1
        assert connection.execute("select count(*) from analytics.person").fetchone() == (1,)


@pytest.mark.database
def test_a_user_who_may_not_create_roles_works_without_them(open_folder: Path) -> None:
    with running_server(open_folder) as database, owned_by_plain_user(database) as plain:
        assert_migrates_and_publishes(plain)
        with database.connect() as connection:
            assert connection.execute("select to_regrole('analyst')").fetchone() == (None,)


def test_a_user_who_is_no_member_of_the_owner_keeps_what_is_served(
    database: Warehouse, new_database: NewDatabase
) -> None:
    """The roles exist on this server, made by another database's migration."""
    with owned_by_plain_user(new_database(None)) as plain:
        assert_migrates_and_publishes(plain)
        with plain.connect() as connection:
            owner = (
                "select relowner = current_user::regrole from pg_class where oid = 'pub.resident'::regclass"
            )
            assert connection.execute(owner.encode()).fetchone() == (True,)
            may_read = "select has_table_privilege('analyst', 'analytics.person', 'select')"
            assert connection.execute(may_read.encode()).fetchone() == (True,)


@pytest.mark.parametrize(
    ("later", "granted", "told"),
    [
        ((), ("dw_owner",), "grant analytics_owner to .*grant line_reader to"),
        (("a_later_role",), OWNERS, "create role a_later_role nologin;"),
    ],
)
def test_a_version_with_more_roles_is_not_taken_in_by_half(
    later: tuple[str, ...],
    granted: tuple[str, ...],
    told: str,
    database: Warehouse,
    new_database: NewDatabase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Some of the roles are there and others are not, or who migrates is a member of some owners alone."""
    known = code.files()
    monkeypatch.setattr(code, "files", lambda: known | {f"rights/{name}.sql": "" for name in later})
    with owned_by_plain_user(new_database(None)) as plain:
        with psycopg.connect(database.address, autocommit=True) as admin:
            for owner in granted:
                admin.execute(f"grant {owner} to {plain.parameters['user']}".encode())
        with pytest.raises(UsageError, match=told):
            migrate(plain)
        assert "api_v1" not in schemas(plain)


def test_every_served_column_is_explained_in_chinese(connection: psycopg.Connection) -> None:
    silent = connection.execute(
        """
        select attrelid::regclass::text, attname from pg_attribute join pg_class on pg_class.oid = attrelid
        where relnamespace::regnamespace::text in ('api_v1', 'analytics') and relkind = 'v' and attnum > 0
            and col_description(attrelid, attnum) !~ '[一-龥]' is not false
        union all
        select oid::regclass::text, null from pg_class
        where relnamespace::regnamespace::text in ('pub', 'api_v1', 'analytics') and relkind in ('r', 'v')
            and obj_description(oid, 'pg_class') is null
        """
    ).fetchall()
    assert silent == []


# Asked by generation: they show the span in which a row holds instead of following the pointer.
BY_GENERATION = {"analytics.generation", "analytics.household_history", "analytics.income_history"}


def test_what_is_served_reads_pub_through_the_pointer_only(connection: psycopg.Connection) -> None:
    """dbt drops and makes its tables anew: a served view on one of them would vanish."""
    read = connection.execute(
        """
        select distinct
            view.oid::regclass::text,
            seen.relnamespace::regnamespace::text || '.' || seen.relname
        from pg_class as view
        join pg_rewrite as rule on rule.ev_class = view.oid
        join pg_depend as needs on needs.objid = rule.oid and needs.classid = 'pg_rewrite'::regclass
        join pg_class as seen on seen.oid = needs.refobjid and needs.refclassid = 'pg_class'::regclass
        where view.relnamespace::regnamespace::text in ('api_v1', 'analytics') and seen.oid <> view.oid
        """
    ).fetchall()
    assert {view for view, _ in read} >= BY_GENERATION
    astray = [
        (view, name)
        for view, name in read
        if not name.startswith(
            ("pub.", "ops.generation")
            if view in BY_GENERATION
            else ("pub.current_", "pub.scoped_", "api_v1.", "analytics.", "ops.source_quality")
        )
    ]
    assert astray == []
