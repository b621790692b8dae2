"""Databases made once and copied by whoever needs one like them, in any worker of a session."""

import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from warehouse.database.connection import Warehouse
from warehouse.database.settings import settings

NewDatabase = Callable[[Warehouse | None], Warehouse]


@contextmanager
def at_home(folder: Path) -> Iterator[None]:
    """For fixtures wider than a test, whose own home it would be: settings with this folder as home."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINZHENG_HOME", str(folder))
        patch.delenv("MINZHENG_DATABASE_URL", raising=False)
        settings.cache_clear()
        try:
            yield
        finally:
            settings.cache_clear()


def copy_database(server: Warehouse, name: str, source: Warehouse | None = None) -> Warehouse:
    """A new database, empty or as another one is now."""
    former = source.parameters["dbname"] if source else "template1"
    with psycopg.connect(server.address, autocommit=True) as admin:
        # A database can only be copied while nobody uses it.
        admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [former])
        # Copied as files: nothing here outlives the server, so no log need say what was copied.
        admin.execute(f"create database {name} template {former} strategy file_copy")
        # A copy comes without the rights on the database itself.
        admin.execute(
            """
            update pg_database as copy set datacl = original.datacl from pg_database as original
            where copy.datname = %s and original.datname = %s
            """,
            [name, former],
        )
    return server.at(database=name)


class Templates:
    """Nobody can connect to a template once it is made, so that anybody may copy it at any time.

    shared: the folder of all workers, for what was made with a template (homes, deliveries; only to be read).
    """

    def __init__(self, server: Warehouse, shared: Path) -> None:
        self.server, self.shared = server, shared
        self.prefix = f"template_{shared.name.rpartition('-')[2]}"
        self.known: set[str] = set()

    def made_once(
        self, name: str, fill: Callable[[Warehouse], object], source: Warehouse | None = None
    ) -> Warehouse:
        """A template, filled by whichever worker asks first; the others wait for it.

        source: the template it begins as. A fill that failed or was killed is begun anew by the next.
        """
        database = f"{self.prefix}_{name}"
        if name not in self.known:
            with self._alone(database):
                if database not in self._names():
                    self._make(database, fill, source)
            self.known.add(name)
        return self.server.at(database=database)

    def folder(self, name: str, fill: Callable[[Path], object]) -> Path:
        """A folder filled once in the same way."""
        folder = self.shared / name
        with self._alone(name):
            if not folder.exists():
                unfinished = folder.with_suffix(".unfinished")
                shutil.rmtree(unfinished, ignore_errors=True)
                unfinished.mkdir()
                fill(unfinished)
                unfinished.rename(folder)
        return folder

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        """One worker at a time; whoever dies lets the next one in."""
        with open(self.shared / f"{name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _make(self, database: str, fill: Callable[[Warehouse], object], source: Warehouse | None) -> None:
        unfinished = f"{database}_unfinished"
        with psycopg.connect(self.server.address, autocommit=True) as admin:
            admin.execute(f"drop database if exists {unfinished} with (force)")
            with at_home(self.shared / "homes" / database):
                fill(copy_database(self.server, unfinished, source))
            admin.execute(f"alter database {unfinished} allow_connections false")
            admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [unfinished]
            )
            admin.execute(f"alter database {unfinished} rename to {database}")

    def drop(self) -> None:
        """All that were made, also those that were not finished."""
        with psycopg.connect(self.server.address, autocommit=True) as admin:
            for name in self._names():
                admin.execute(f"drop database {name} with (force)")

    def _names(self) -> list[str]:
        with psycopg.connect(self.server.address, autocommit=True) as admin:
            return [
                name
                for (name,) in admin.execute(
                    "select datname from pg_database where datname like %s", [f"{self.prefix}%"]
                ).fetchall()
            ]
