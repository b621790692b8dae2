"""Where a feed is fetched from, as its contract says beside its place in the inbox (ODCS ``servers``)."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

from open_data_contract_standard.model import Server

from ingestion.errors import ContractError
from ingestion.pulling.mark import Kind, kind_of
from ingestion.vocabulary import unknown_word
from ingestion.way import is_this_machine

Fail = Callable[[str, str], ContractError]

# SQLAlchemy dialect and driver by type of server; of a custom one the contract names them.
DIALECTS = {
    "mysql": "mysql+pymysql", "postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg",
    "oracle": "oracle+oracledb", "sqlserver": "mssql+pymssql",
}  # fmt: skip
# Drivers that are told here how to check the server's certificate, and how long a statement may run.
CHECKS_CERTIFICATES = ("mysql+pymysql", "postgresql+psycopg", "oracle+oracledb")
LIMITS_STATEMENTS = ("mysql+pymysql", "postgresql+psycopg", "oracle+oracledb", "mssql+pymssql")
STATEMENT_SECONDS = 1800
REQUESTS_PER_MINUTE = 120
PAGE_ROWS = 500
_SPAN = re.compile(r"([0-9]{1,6})\s*(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_WINDOW = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
_AUTH = re.compile(r"bearer|basic|none|(header|parameter) [A-Za-z][A-Za-z0-9_.-]{0,60}")


@dataclass(frozen=True)
class Cursor:
    """By which rows changed since the last pull are found. column: header of a column of the contract; overlap: what
    is asked for again each time, for rows that were committed late."""

    column: str
    kind: Kind
    overlap: timedelta | int


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


@dataclass(frozen=True, kw_only=True)
class Source:
    """One server of one feed.

    name: under it MINZHENG_SOURCES keeps who signs in. headers: of the columns that are read, in the contract's order.
    snapshot_every: a full extraction follows the last after so long; null never where there is a cursor.
    """

    name: str
    headers: tuple[str, ...]
    cursor: Cursor | None = None
    snapshot_every: timedelta | None = None
    window: Window | None = None

    # What the files of its deliveries are written as, null: as they come.
    written_as: ClassVar[str | None] = None
    words: ClassVar[tuple[str, ...]] = ()

    @property
    def origin(self) -> str:
        """Tells what rows are asked for: of others a cursor says nothing, and all is fetched anew."""
        said = [self.name, *self.headers, self.cursor and self.cursor.column, *self._read_from()]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()

    def _read_from(self) -> list[Any]:
        return []


@dataclass(frozen=True, kw_only=True)
class DatabaseSource(Source):
    """database: its name, of Oracle that of the service. One of table and query is null. checks_tls: whether its
    certificate is checked."""

    dialect: str
    host: str
    port: int | None
    database: str
    schema: str | None
    table: str | None
    query: str | None
    statement_seconds: int
    checks_tls: bool

    written_as: ClassVar[str | None] = "parquet"
    words: ClassVar[tuple[str, ...]] = (
        "table", "query", "cursor", "snapshotEvery", "window", "statementSeconds", "dialect", "tls",
    )  # fmt: skip

    def _read_from(self) -> list[Any]:
        return [self.dialect, self.host, self.port, self.database, self.schema, self.table, self.query]


@dataclass(frozen=True)
class Paging:
    """Pages by number: name of the parameter, the first number, name and value of the one for rows of a page."""

    parameter: str
    first: int
    size_parameter: str | None
    size: int


@dataclass(frozen=True)
class Following:
    """Pages by what the last answer says at ``path``: an address, or the value of a parameter."""

    path: str
    parameter: str | None


@dataclass(frozen=True, kw_only=True)
class ApiSource(Source):
    """items, total: paths in an answer to the list of rows and to their number in all; well: path and value by which an
    answer says that all is well. since: the parameter that takes the cursor."""

    location: str
    items: str
    total: str | None
    well: tuple[str, str] | None
    paging: Paging | None
    following: Following | None
    since: str | None
    requests_per_minute: int
    auth: str
    parameters: Mapping[str, str]

    written_as: ClassVar[str | None] = "jsonl"
    words: ClassVar[tuple[str, ...]] = (
        "items", "total", "ok", "page", "next", "since", "cursor", "snapshotEvery", "window", "requestsPerMinute",
        "auth", "parameters",
    )  # fmt: skip

    def _read_from(self) -> list[Any]:
        return [self.location, self.items, self.since, sorted(self.parameters.items())]


@dataclass(frozen=True, kw_only=True)
class FileSource(Source):
    """location: sftp address of the folder."""

    location: str

    words: ClassVar[tuple[str, ...]] = ("window",)


@dataclass(frozen=True, kw_only=True)
class BucketSource(FileSource):
    """location: s3 address of the folder; endpoint: address of the object store. addressing: whether the bucket stands
    in the path of addresses or in the host's name (``virtual``)."""

    endpoint: str
    region: str
    addressing: str

    words: ClassVar[tuple[str, ...]] = ("window", "region", "addressing")


def source_of(server: Server, types: Mapping[str, str], written: str, fail: Fail) -> Source:
    """server: the one beside the inbox; types: of the contract's columns, by header; written: format of its files."""
    name = server.server or ""
    place = f"servers.{name or 'server'}"
    if not _NAME.fullmatch(name):
        raise fail("servers", "name the server in lower-case English with underscores.")
    kind = _class_of(server, place, fail)
    if kind.written_as is not None and written != kind.written_as:
        raise fail("servers.format", f"what is fetched from {name} is written as {kind.written_as}.")
    said = {item.property or "": item.value for item in server.customProperties or []}
    if problem := unknown_word(said, kind.words, f"word of a server of type {server.type}"):
        raise fail(place, problem)
    parser = _SourceParser(server, said, types, lambda word, text: fail(f"{place}.{word}", text))
    if kind is DatabaseSource:
        return parser.database()
    if kind is ApiSource:
        return parser.interface()
    return parser.bucket() if kind is BucketSource else parser.file_server()


def _class_of(server: Server, place: str, fail: Fail) -> type[Source]:
    if server.type in DIALECTS or server.type == "custom":
        return DatabaseSource
    others: dict[str, type[Source]] = {"api": ApiSource, "sftp": FileSource, "s3": BucketSource}
    if server.type in others:
        return others[server.type]
    known = ", ".join([*DIALECTS, "custom", *others])
    raise fail(f"{place}.type", f"nothing is fetched from {server.type}. Known: {known}.")


class _SourceParser:
    """What the properties of one server say."""

    def __init__(
        self,
        server: Server,
        said: Mapping[str, Any],
        types: Mapping[str, str],
        fail: Callable[[str, str], ContractError],
    ) -> None:
        self.server, self.said, self.types, self.fail = server, said, types, fail

    def database(self) -> DatabaseSource:
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
        if "statementSeconds" in self.said and dialect not in LIMITS_STATEMENTS:
            raise self.fail(
                "statementSeconds", f"{dialect} is told no limit. Set it at the source, and take this out."
            )
        return DatabaseSource(
            **self._common(),
            dialect=dialect,
            host=self._given("host"),
            port=None if self.server.port is None else int(self.server.port),
            database=self.server.database or self.server.serviceName or "",
            schema=self.server.schema_ or None,
            table=self._optional("table"),
            query=self._optional("query"),
            statement_seconds=self._count("statementSeconds", self.said, STATEMENT_SECONDS),
            checks_tls=tls == "verify",
        )

    def interface(self) -> ApiSource:
        location = self._over_tls("location", self.server.location)
        common = self._common()
        if (common["cursor"] is None) != ("since" not in self.said):
            raise self.fail("since", "cursor and since go together: the parameter that takes the cursor.")
        auth = str(self.said.get("auth", "bearer"))
        if not _AUTH.fullmatch(auth):
            raise self.fail("auth", "expected bearer, basic, none, header NAME or parameter NAME.")
        parameters = self._mapping("parameters", {}, None)
        well = self._mapping("ok", None, ("path", "value"))
        return ApiSource(
            **common,
            location=location,
            items=str(self.said.get("items", "")),
            total=self._optional("total"),
            well=(str(well["path"]), str(well["value"])) if well else None,
            paging=self._paging(),
            following=self._following(),
            since=self._optional("since"),
            requests_per_minute=self._count("requestsPerMinute", self.said, REQUESTS_PER_MINUTE),
            auth=auth,
            parameters={str(name): str(value) for name, value in (parameters or {}).items()},
        )

    def file_server(self) -> FileSource:
        return FileSource(**self._common(), location=self._address("location", self.server.location, "sftp"))

    def bucket(self) -> BucketSource:
        addressing = str(self.said.get("addressing", "path"))
        if addressing not in ("path", "virtual"):
            raise self.fail("addressing", "expected path or virtual (the bucket in the name of the host).")
        return BucketSource(
            **self._common(),
            location=self._address("location", self.server.location, "s3"),
            endpoint=self._over_tls("endpointUrl", self.server.endpointUrl),
            region=str(self.said.get("region", "us-east-1")),
            addressing=addressing,
        )

    def _common(self) -> dict[str, Any]:
        return {
            "name": self.server.server,
            "headers": tuple(self.types),
            "cursor": self._cursor(),
            "snapshot_every": self._snapshot_every(),
            "window": self._window(),
        }

    def _address(self, word: str, address: str | None, *schemes: str) -> str:
        parts = urlsplit(address or "")
        if parts.scheme not in schemes or not parts.hostname:
            raise self.fail(word, f"expected an address such as {schemes[0]}://host/path.")
        if parts.username or parts.password:
            raise self.fail(word, "holds who signs in. That belongs into MINZHENG_SOURCES alone.")
        return address or ""

    def _over_tls(self, word: str, said: str | None) -> str:
        address = self._address(word, said, "https", "http")
        parts = urlsplit(address)
        if parts.scheme == "http" and not is_this_machine(parts.hostname or ""):
            raise self.fail(word, "write https: it is asked over TLS.")
        return address

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

    def _count(self, word: str, said: Mapping[str, Any], usual: int, least: int = 1) -> int:
        value = said.get(word, usual)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= 86_400:
            raise self.fail(word, f"expected a whole number from {least} to 86400.")
        return value

    def _mapping(
        self, word: str, usual: dict[str, Any] | None, keys: tuple[str, ...] | None
    ) -> Mapping[str, Any] | None:
        """keys: those it has, all of them; null any."""
        value = self.said.get(word, usual)
        if value is not None and (
            not isinstance(value, Mapping) or (keys is not None and set(value) != set(keys))
        ):
            raise self.fail(word, f"expected {{{', '.join(f'{key}: ...' for key in keys or ('name',))}}}.")
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
        value = self._mapping("cursor", None, ("column", "overlap"))
        if value is None:
            return None
        column = str(value["column"])
        if column not in self.types:
            raise self.fail("cursor", f"no column of the contract is called {column} in the file.")
        kind = kind_of(self.types[column])
        if kind is None:
            raise self.fail(
                "cursor",
                f"{column} is of type {self.types[column]}; rows are counted back from a time, a date or a number "
                "(sequence) alone.",
            )
        if kind != "number":
            return Cursor(column, kind, self._span("cursor", value["overlap"]))
        return Cursor(column, kind, self._count("overlap", value, 0, 0))

    def _window(self) -> Window | None:
        value = self.said.get("window")
        if value is None:
            return None
        said = _WINDOW.fullmatch(str(value))
        if said is None:
            raise self.fail("window", "expected hours such as '22:00-06:00'.")
        return Window(time(int(said[1]), int(said[2])), time(int(said[3]), int(said[4])))

    def _paging(self) -> Paging | None:
        value = self.said.get("page")
        if value is None:
            return None
        if "next" in self.said:
            raise self.fail("page", "pages go by number, or by what the last answer says (next). Keep one.")
        if not isinstance(value, Mapping) or "parameter" not in value:
            raise self.fail("page", "expected {parameter: page, first: 1, sizeParameter: size, size: 500}.")
        if problem := unknown_word(value, ("parameter", "first", "sizeParameter", "size"), "word of page"):
            raise self.fail("page", problem)
        if "total" not in self.said:
            raise self.fail(
                "total", "say where an answer tells how many rows there are: else no page is the last."
            )
        size_parameter = value.get("sizeParameter")
        return Paging(
            str(value["parameter"]),
            self._count("first", value, 1, 0),
            None if size_parameter is None else str(size_parameter),
            self._count("size", value, PAGE_ROWS),
        )

    def _following(self) -> Following | None:
        value = self.said.get("next")
        if value is None or isinstance(value, str):
            return Following(value, None) if value else None
        pair = self._mapping("next", None, ("path", "parameter")) or {}
        return Following(str(pair["path"]), str(pair["parameter"]))
