"""Shared fixtures: a real PostgreSQL for every test that needs one."""

import os
import shutil
import tempfile
import uuid
from collections import Counter
from collections.abc import Generator, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from templates import NewDatabase, Templates, copy_database

from warehouse.database.connection import Warehouse
from warehouse.database.migrate import migrate
from warehouse.database.server import EmbeddedServer
from warehouse.database.settings import PROJECT_ROOT, settings

if TYPE_CHECKING:  # most tests need none, and importing what makes it takes seconds
    from town import Town

# A busy machine is slow, and no test says how fast: no example fails for the time it took.
hypothesis_settings.register_profile(
    "any_machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("any_machine")


NAMED_SERVER = "MINZHENG_TEST_DATABASE_URL"
SHARED = "MINZHENG_TEST_SHARED"  # handed to the workers in their environment
ROOM_FOR_DATABASES = 8 * 2**30  # bytes
# What the tests a run leaves out are marked with, a number for each.
LEFT_OUT = pytest.StashKey[Counter[str]]()
WHY_LEFT_OUT = ("airflow", "soak", "database")


def pytest_configure(config: pytest.Config) -> None:
    """A folder beside pytest's own, which every session that begins closes to the server's account."""
    if not hasattr(config, "workerinput"):
        os.environ[SHARED] = tempfile.mkdtemp(prefix="minzheng-test-", dir=_memory())
        Path(os.environ[SHARED]).chmod(0o755)


def _memory() -> str | None:
    """A file system in memory with room for all databases: a disk's spends longer on looking for names of files
    that are free again (two of five processor seconds of the server) than on what is in them."""
    folder = Path("/dev/shm")
    roomy = os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > ROOM_FOR_DATABASES
    return str(folder) if roomy else None


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None]:
    """What uses the server is marked, and the files that build whole towns are dealt out to the workers first.

    ``--dist worksteal`` gives each worker one piece of the list, and lets it take from the end of another's. A file
    goes to one worker: what is built for all its tests would be built once in each.
    """
    for item in items:
        if "server" in getattr(item, "fixturenames", ()):
            item.add_marker("database")
    yield  # by marker, some are left out
    long: dict[Path, list[pytest.Item]] = {}
    short = []
    for item in items:
        (long.setdefault(item.path, []) if item.get_closest_marker("builds") else short).append(item)
    files = list(long.values())
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    piece = -(-len(items) // workers)
    items.clear()
    for number in range(workers):
        mine = list(chain.from_iterable(files[number::workers]))
        items += mine + [short.pop(0) for _ in range(min(piece - len(mine), len(short)))]


def pytest_deselected(items: list[pytest.Item]) -> None:
    for item in items:
        why = next((name for name in WHY_LEFT_OUT if item.get_closest_marker(name)), "not asked for")
        item.config.stash.setdefault(LEFT_OUT, Counter())[why] += 1


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = dict(session.config.stash.get(LEFT_OUT, {}))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Every worker leaves out the same."""
    if left_out := getattr(node, "workeroutput", {}).get("left_out"):
        node.config.stash[LEFT_OUT] = Counter(left_out)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """The last line of a run says what it left out."""
    if hasattr(config, "workerinput"):
        return
    _clear_away(Path(os.environ.pop(SHARED)))
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    left_out = config.stash.get(LEFT_OUT, {})
    if reporter and left_out:
        told = ", ".join(f"{number} {why}" for why, number in sorted(left_out.items()))
        reporter.write_line(f"left out: {told} (`make test-all` runs everything)")


def _clear_away(shared: Path) -> None:
    """All that the workers shared."""
    named = os.environ.get(NAMED_SERVER)
    if named:
        Templates(Warehouse(named), shared).drop()
    for folder in (shared / "server", *shared.glob("own_*")):
        server = EmbeddedServer(folder)
        server.stop()
        shutil.rmtree(server.home, ignore_errors=True)
    shutil.rmtree(shared, ignore_errors=True)


# Of the program: a bureau's own folder on this machine is none of the tests' business.
os.environ.pop("MINZHENG_BUREAU", None)
# Every test has a home of its own; the parsed dbt project is of the program, as in daily use.
os.environ["MINZHENG_DBT_MANIFESTS"] = str(PROJECT_ROOT / ".minzheng" / "dbt_manifests")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of all workers of this session, open to the server's account."""
    return Path(os.environ[SHARED])


@pytest.fixture
def open_folder(shared: Path) -> Path:
    """A folder of the test for a server of its own."""
    folder = shared / f"own_{uuid.uuid4().hex[:12]}"
    folder.mkdir()
    return folder


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of the test for logs and dbt's files, and no database but the one it names."""
    monkeypatch.setenv("MINZHENG_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MINZHENG_DATABASE_URL", raising=False)
    monkeypatch.setenv("MINZHENG_DISK_FREE_PERCENT", "1")  # how full this machine is, is no test's business
    settings.cache_clear()
    yield tmp_path / "home"
    settings.cache_clear()


@pytest.fixture(scope="session")
def server(shared: Path) -> Warehouse:
    """One embedded server for all workers (or the one named in the environment). The first to ask starts it;
    it is stopped when all are gone, however they went."""
    named = os.environ.get(NAMED_SERVER)
    if named:
        return Warehouse(named)
    embedded = EmbeddedServer(shared / "server")
    embedded.start()
    with psycopg.connect(embedded.warehouse.address, autocommit=True) as admin:
        admin.execute("alter system set fsync = off")
        admin.execute("alter system set max_wal_size = '512MB'")
        admin.execute("alter system set autovacuum_naptime = '1h'")  # hundreds of databases, gone in seconds
        admin.execute("select pg_reload_conf()")
    return embedded.warehouse


@pytest.fixture(scope="session")
def made() -> list[str]:
    """Names of the databases that were made and still stand."""
    return []


def _drop(server: Warehouse, names: list[str]) -> None:
    with psycopg.connect(server.address, autocommit=True) as admin:
        while names:
            admin.execute(f"drop database if exists {names.pop()} with (force)")


@pytest.fixture(scope="session")
def new_database(server: Warehouse, made: list[str]) -> Iterator[NewDatabase]:
    """Makes databases, empty or as copies of another. Those a test made go with the test, those
    of a module or of the session at the end."""

    def make(template: Warehouse | None = None) -> Warehouse:
        made.append(f"test_{uuid.uuid4().hex[:12]}")
        return copy_database(server, made[-1], template)

    yield make
    _drop(server, made)


@pytest.fixture(scope="session")
def templates(server: Warehouse, shared: Path) -> Templates:
    """Databases to be copied, made once for all workers."""
    return Templates(server, shared)


@pytest.fixture(autouse=True)
def databases_of_a_test_go_with_it(made: list[str], request: pytest.FixtureRequest) -> Iterator[None]:
    """Together they would fill a disk. Fixtures of a wider scope have made theirs before."""
    stood = len(made)
    yield
    if made[stood:]:
        own, made[stood:] = made[stood:], []
        _drop(request.getfixturevalue("server"), own)


@pytest.fixture
def empty_database(new_database: NewDatabase) -> Warehouse:
    """A new, empty database."""
    return new_database(None)


@pytest.fixture(scope="session")
def migrated(templates: Templates) -> Warehouse:
    """A database with all migrations applied, to be copied."""
    return templates.made_once("migrated", migrate)


@pytest.fixture
def template(migrated: Warehouse) -> Warehouse:
    """What `database` is a copy of; modules whose tests all begin with more name theirs."""
    return migrated


@pytest.fixture
def database(new_database: NewDatabase, template: Warehouse) -> Warehouse:
    """A new database with all migrations applied."""
    return new_database(template)


@pytest.fixture
def connection(database: Warehouse) -> Iterator[psycopg.Connection]:
    """A connection to a migrated database."""
    with database.connect() as open_connection:
        yield open_connection


@pytest.fixture(scope="session")
def town(templates: Templates) -> "Town":
    """A town of 500 with all kinds of defects: its deliveries, and a template after each step of its build."""
    from town import Town

    town = Town(templates)
    town.after("publish")  # now, before a test changes what builds are made of
    return town


@pytest.fixture
def published_town(town: "Town", new_database: NewDatabase) -> Warehouse:
    """A database of its own in which the town is published as generation 1, up to 26 June 2025."""
    return new_database(town.after("publish"))
