"""Where a feed is fetched from, as its contract says beside its place in the inbox (ODCS ``servers``)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

from open_data_contract_standard.model import Server

from ingestion.errors import ContractError
from ingestion.vocabulary import unknown_word

Fail = Callable[[str, str], ContractError]
Kind = Literal["database", "api", "sftp"]

# SQLAlchemy dialect and driver by type of server; of a custom one the contract names them.
DIALECTS = {
    "mysql": "mysql+pymysql", "postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg",
    "oracle": "oracle+oracledb", "sqlserver": "mssql+pymssql",
}  # fmt: skip
# What the files are written as.
FORMATS: dict[Kind, str] = {"database": "parquet", "api": "jsonl"}
WORDS: dict[Kind, tuple[str, ...]] = {
    "database": (
        "table", "query", "cursor", "snapshotEvery", "window", "statementSeconds", "dialect", "tls",
    ),
    "api": (
        "items", "total", "page", "next", "since", "cursor", "snapshotEvery", "window", "requestsPerMinute", "auth",
        "parameters",
    ),
    "sftp": ("window",),
}  # fmt: skip
PAGE_WORDS = ("parameter", "first", "sizeParameter", "size")
# Drivers that are told here how to check the server's certificate.
CHECKS_CERTIFICATES = ("mysql+pymysql", "postgresql+psycopg", "oracle+oracledb")
STATEMENT_SECONDS = 1800
REQUESTS_PER_MINUTE = 120
_SPAN = re.compile(r"([0-9]{1,6})\s*(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_WINDOW = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
_HEADER = re.compile(r"header ([A-Za-z][A-Za-z0-9-]{0,60})")


@dataclass(frozen=True)
class Cursor:
    """By which rows changed since the last pull are found. column: header of a column of the contract; overlap: what
    is asked for again each time, for rows that were committed late."""

    column: str
    overlap: timedelta | int


@dataclass(frozen=True)
class Paging:
    """Pages by number: name of the parameter, the first number, name and value of the one for rows of a page."""

    parameter: str
    first: int
    size_parameter: str | None
    size: int


@dataclass(frozen=True)
class Window:
    """The hours in which a source may be asked, over midnight where it ends before it begins."""

    begins: time
    ends: time

    def is_open(self, now: datetime) -> bool:
        if self.begins <= self.ends:
            return self.begins <= now.time() < self.ends
        return now.time() >= self.begins or now.time() < self.ends

    def __str__(self) -> str:
        return f"{self.begins:%H:%M}-{self.ends:%H:%M}"


@dataclass(frozen=True)
class Source:
    """One server of one feed.

    name: under it MINZHENG_SOURCES keeps who signs in. location: of an interface or file server its address.
    schema, table, query: of a database; one of table and query. checks_tls: whether its certificate is checked.
    snapshot_every: a full extraction follows the last after so long; null never where there is a cursor.
    items, total, next: paths in an answer to the list of rows, to their number in all, and to what the next page is
    asked with (an address, or the value of ``next_parameter``). since: the parameter that takes the cursor.
    """

    name: str
    kind: Kind
    dialect: str = ""
    host: str = ""
    port: int | None = None
    database: str = ""
    schema: str | None = None
    table: str | None = None
    query: str | None = None
    location: str = ""
    cursor: Cursor | None = None
    snapshot_every: timedelta | None = None
    window: Window | None = None
    statement_seconds: int = STATEMENT_SECONDS
    checks_tls: bool = True
    items: str = ""
    total: str | None = None
    paging: Paging | None = None
    next: str | None = None
    next_parameter: str | None = None
    since: str | None = None
    requests_per_minute: int = REQUESTS_PER_MINUTE
    auth: str = "bearer"
    parameters: Mapping[str, str] | None = None

    @property
    def origin(self) -> str:
        """What a cursor is of: another table, another cursor, and all is fetched anew."""
        read = self.table or self.query or self.location
        cursor = self.cursor.column if self.cursor else ""
        return "\n".join([self.name, self.dialect, self.database, self.schema or "", read, cursor])


def source_of(server: Server, headers: frozenset[str], written: str, fail: Fail) -> Source:
    """server: the one beside the inbox; headers: of the contract's columns; written: format of its files."""
    name = server.server or ""
    place = f"servers.{name or 'server'}"
    if not _NAME.fullmatch(name):
        raise fail("servers", "name the server in lower-case English with underscores.")
    kind = _kind(server, place, fail)
    if kind in FORMATS and written != FORMATS[kind]:
        raise fail("servers.format", f"what is fetched from {name} is written as {FORMATS[kind]}.")
    said = {item.property or "": item.value for item in server.customProperties or []}
    if problem := unknown_word(said, WORDS[kind], f"word of a {kind} server"):
        raise fail(place, problem)
    return _SourceParser(
        name, kind, server, said, headers, lambda word, text: fail(f"{place}.{word}", text)
    ).source()


def _kind(server: Server, place: str, fail: Fail) -> Kind:
    if server.type in ("api", "sftp"):
        return "api" if server.type == "api" else "sftp"
    if server.type in DIALECTS or server.type == "custom":
        return "database"
    known = ", ".join([*DIALECTS, "custom", "api", "sftp"])
    raise fail(f"{place}.type", f"nothing is fetched from {server.type}. Known: {known}.")


class _SourceParser:
    """What the properties of one server say."""

    def __init__(
        self,
        name: str,
        kind: Kind,
        server: Server,
        said: Mapping[str, Any],
        headers: frozenset[str],
        fail: Fail,
    ) -> None:
        self.name, self.kind, self.server, self.said = name, kind, server, said
        self.headers, self.fail = headers, fail

    def source(self) -> Source:
        if self.kind == "database":
            return self._database()
        return self._interface() if self.kind == "api" else self._file_server()

    def _database(self) -> Source:
        dialect = DIALECTS.get(self.server.type or "") or self._text("dialect")
        if self.server.type != "custom" and "dialect" in self.said:
            raise self.fail("dialect", "goes with type custom. Take it out.")
        if ("table" in self.said) == ("query" in self.said):
            raise self.fail("table", "name the table, or write the query.")
        tls = self.said.get("tls", "verify")
        if tls not in ("verify", "off"):
            raise self.fail("tls", "expected verify or off.")
        if tls == "verify" and dialect not in CHECKS_CERTIFICATES:
            raise self.fail(
                "tls", f"{dialect} is not asked to check a certificate. Write tls: off, and say why."
            )
        return Source(
            name=self.name,
            kind=self.kind,
            dialect=dialect,
            host=self._given("host"),
            port=None if self.server.port is None else int(self.server.port),
            database=self.server.database or self.server.serviceName or "",
            schema=self.server.schema_ or None,
            table=self._optional("table"),
            query=self._optional("query"),
            cursor=self._cursor(),
            snapshot_every=self._snapshot_every(),
            window=self._window(),
            statement_seconds=self._count("statementSeconds", STATEMENT_SECONDS),
            checks_tls=tls == "verify",
        )

    def _interface(self) -> Source:
        location = self._address("https", "http")
        if urlsplit(location).scheme == "http" and urlsplit(location).hostname not in (
            "127.0.0.1",
            "localhost",
        ):
            raise self.fail("location", "write https: an interface is asked over TLS.")
        paging, following = self.said.get("page"), self.said.get("next")
        if paging is not None and following is not None:
            raise self.fail("page", "pages go by number, or by what the last answer says (next). Keep one.")
        cursor = self._cursor()
        if (cursor is None) != ("since" not in self.said):
            raise self.fail("since", "cursor and since go together: the parameter that takes the cursor.")
        auth = self.said.get("auth", "bearer")
        if auth not in ("bearer", "basic", "none") and not _HEADER.fullmatch(str(auth)):
            raise self.fail("auth", "expected bearer, basic, none or header NAME.")
        parameters = self.said.get("parameters")
        if parameters is not None and not isinstance(parameters, Mapping):
            raise self.fail("parameters", "expected a mapping of names to values.")
        return Source(
            name=self.name,
            kind=self.kind,
            location=location,
            items=str(self.said.get("items", "")),
            total=self._optional("total"),
            paging=self._paging(paging),
            next=following.get("path") if isinstance(following, Mapping) else following,
            next_parameter=following.get("parameter") if isinstance(following, Mapping) else None,
            since=self._optional("since"),
            cursor=cursor,
            snapshot_every=self._snapshot_every(),
            window=self._window(),
            requests_per_minute=self._count("requestsPerMinute", REQUESTS_PER_MINUTE),
            auth=str(auth),
            parameters={str(name): str(value) for name, value in (parameters or {}).items()},
        )

    def _file_server(self) -> Source:
        return Source(name=self.name, kind=self.kind, location=self._address("sftp"), window=self._window())

    def _address(self, *schemes: str) -> str:
        location = self.server.location or ""
        parts = urlsplit(location)
        if parts.scheme not in schemes or not parts.hostname:
            raise self.fail("location", f"expected an address such as {schemes[0]}://host/path.")
        if parts.username or parts.password:
            raise self.fail("location", "holds who signs in. That belongs into MINZHENG_SOURCES alone.")
        return location

    def _given(self, word: str) -> str:
        value = getattr(self.server, word)
        if not value:
            raise self.fail(word, "is missing.")
        return str(value)

    def _text(self, word: str) -> str:
        value = self._optional(word)
        if value is None:
            raise self.fail(word, "is missing.")
        return value

    def _optional(self, word: str) -> str | None:
        value = self.said.get(word)
        return None if value is None else str(value)

    def _count(self, word: str, usual: int) -> int:
        value = self.said.get(word, usual)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 86_400:
            raise self.fail(word, "expected a whole number from 1.")
        return value

    def _span(self, word: str, value: Any) -> timedelta:
        said = _SPAN.fullmatch(str(value))
        if said is None:
            raise self.fail(word, "expected a time such as 30m, 2h or 7d.")
        return timedelta(**{_UNITS[said[2]]: int(said[1])})

    def _snapshot_every(self) -> timedelta | None:
        value = self.said.get("snapshotEvery")
        if value is not None and "cursor" not in self.said:
            raise self.fail("snapshotEvery", "without a cursor every extraction is a full one. Take it out.")
        return None if value is None else self._span("snapshotEvery", value)

    def _cursor(self) -> Cursor | None:
        value = self.said.get("cursor")
        if value is None:
            return None
        if not isinstance(value, Mapping) or set(value) != {"column", "overlap"}:
            raise self.fail("cursor", "expected {column: its name at the source, overlap: 2h, or a number}.")
        if value["column"] not in self.headers:
            raise self.fail("cursor", f"no column of the contract is called {value['column']} in the file.")
        overlap = value["overlap"]
        is_number = isinstance(overlap, int) and not isinstance(overlap, bool) and overlap >= 0
        return Cursor(value["column"], overlap if is_number else self._span("cursor", overlap))

    def _window(self) -> Window | None:
        value = self.said.get("window")
        if value is None:
            return None
        said = _WINDOW.fullmatch(str(value))
        if said is None:
            raise self.fail("window", "expected hours such as '22:00-06:00'.")
        begins, ends = time(int(said[1]), int(said[2])), time(int(said[3]), int(said[4]))
        return Window(begins, ends)

    def _paging(self, value: Any) -> Paging | None:
        if value is None:
            return None
        if not isinstance(value, Mapping) or "parameter" not in value:
            raise self.fail("page", "expected {parameter: page, first: 1, sizeParameter: size, size: 500}.")
        if problem := unknown_word(value, PAGE_WORDS, "word of page"):
            raise self.fail("page", problem)
        return Paging(
            str(value["parameter"]),
            int(value.get("first", 1)),
            value.get("sizeParameter"),
            int(value.get("size", 500)),
        )
