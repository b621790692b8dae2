"""Connections to the database as the people who are signed in: a few each, closed when idle."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import make_conninfo

from ingestion.session import settle
from serving.tracing import application_name
from warehouse.database.connection import Warehouse

EACH = 2  # connections of one person
IDLE_SECONDS = 60
WAIT_SECONDS = 10


class TooManyAtWork(Exception):
    """All connections are in use, and none came free."""


class People:
    """find: tells where the database is; its login and password are exchanged for the person's.

    most: connections of all people together. A connection is the person's from its first byte: what the
    database shows, keeps and logs, it does for that login.
    """

    def __init__(self, find: Callable[[], Warehouse], most: int) -> None:
        self.find = find
        self.most = most
        self.free = threading.Condition()
        self.idle: dict[tuple[str, str], list[tuple[float, psycopg.Connection]]] = {}
        self.open: Counter[str] = Counter()

    @contextmanager
    def connection(self, login: str, password: str) -> Iterator[psycopg.Connection]:
        """One transaction: committed at the end, rolled back on an error. Raises TooManyAtWork."""
        connection = self._take(login, password)
        try:
            with connection.transaction():
                connection.execute(
                    "select pg_catalog.set_config('application_name', %s, true)", [application_name("desk")]
                )
                yield connection
        finally:
            self._give_back(login, password, connection)

    def admits(self, login: str, password: str) -> bool:
        """Whether the database lets this login in with this password; before a session begins it says no more."""
        try:
            _connect(self.find(), login, password).close()
        except psycopg.OperationalError:
            return False
        return True

    def forget(self, login: str) -> None:
        """Close what is idle of a login."""
        with self.free:
            for key in [key for key in self.idle if key[0] == login]:
                for _, connection in self.idle.pop(key):
                    self._close(key[0], connection)

    def tidy(self, idle_seconds: float = IDLE_SECONDS) -> None:
        """Close what has been idle for so long."""
        with self.free:
            for key in list(self.idle):
                kept = []
                for since, connection in self.idle[key]:
                    if time.monotonic() - since >= idle_seconds:
                        self._close(key[0], connection)
                    else:
                        kept.append((since, connection))
                self.idle[key] = kept
                if not kept:
                    del self.idle[key]

    def _take(self, login: str, password: str) -> psycopg.Connection:
        give_up = time.monotonic() + WAIT_SECONDS
        with self.free:
            while True:
                if waiting := self.idle.get((login, password)):
                    _, connection = waiting.pop()
                    if _is_as_new(connection):
                        return connection
                    self._close(login, connection)
                    continue
                if self.open[login] < EACH and (self.open.total() < self.most or self._close_an_idle_one()):
                    self.open[login] += 1
                    break
                if not self.free.wait(give_up - time.monotonic()):
                    raise TooManyAtWork
        try:
            return _connect(self.find(), login, password)
        except BaseException:
            with self.free:
                self.open[login] -= 1
                self.free.notify_all()
            raise

    def _give_back(self, login: str, password: str, connection: psycopg.Connection) -> None:
        with self.free:
            if connection.closed or connection.broken:
                self._close(login, connection)
            else:
                self.idle.setdefault((login, password), []).append((time.monotonic(), connection))
            self.free.notify_all()

    def _close_an_idle_one(self) -> bool:
        for key, waiting in self.idle.items():
            if waiting:
                self._close(key[0], waiting.pop(0)[1])
                return True
        return False

    def _close(self, login: str, connection: psycopg.Connection) -> None:
        connection.close()
        self.open[login] -= 1
        self.free.notify_all()


def _connect(warehouse: Warehouse, login: str, password: str) -> psycopg.Connection:
    person = {
        "user": login,
        "password": password,
        "application_name": "minzheng desk",
        "connect_timeout": "10",
    }
    # A server that asks for no password would let anybody in: that is no proof of who it is.
    proof = {"require_auth": "scram-sha-256", "passfile": "/dev/null"}
    # Nothing by a name that something else met in the session could have given to another statement.
    connection = psycopg.connect(
        make_conninfo(**warehouse.parameters | person | proof), prepare_threshold=None
    )
    settle(connection, keeps_limits=True)
    return connection


def _is_as_new(connection: psycopg.Connection) -> bool:
    """Whether it lives; what was set or locked in it before is gone."""
    try:
        connection.execute("reset all; deallocate all; select pg_catalog.pg_advisory_unlock_all()")
        settle(connection, keeps_limits=True)
    except psycopg.Error:
        return False
    return True
