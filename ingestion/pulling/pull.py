"""Fetch what is new of one feed and lay it into the inbox."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import psycopg

from ingestion.contract import Contract
from ingestion.errors import RequestError, SourceError
from ingestion.inbox import MANIFEST, file_named
from ingestion.pulling import database, ledger
from ingestion.pulling.delivery import UNFINISHED, Written, deliver, write_lines, write_table
from ingestion.pulling.file_server import copied, reachable
from ingestion.pulling.mark import Mark, before, compared, whole_days
from ingestion.pulling.server import Source
from ingestion.pulling.sign_in import SignIn
from ingestion.pulling.web import Pages
from ingestion.turns import take_turn
from ingestion.value import MOMENTS


@dataclass(frozen=True)
class Wish:
    """What is asked for. day: the business date of the delivery; since, until: a span of the cursor to fetch again;
    is_full: everything, whatever was fetched before; is_dry_run: only look, and lay nothing down."""

    day: date
    since: Mark | None = None
    until: Mark | None = None
    is_full: bool = False
    is_dry_run: bool = False


@dataclass(frozen=True)
class Pulled:
    """What came. delivery_id: null of a dry run, and of files copied from a file server (``files``: their places).
    lower, upper: of the cursor. additions: columns of the source that the contract does not name.
    without_cursor: rows whose cursor is empty."""

    feed: str
    source: str
    mode: str
    rows: int
    delivery_id: str | None = None
    lower: Mark | None = None
    upper: Mark | None = None
    additions: tuple[str, ...] = ()
    without_cursor: int = 0
    files: tuple[str, ...] = ()


def source_of_feed(contracts: Mapping[str, Contract], feed: str) -> tuple[Contract, Source]:
    """Raises RequestError where nothing says from where the feed is fetched."""
    contract = contracts.get(feed)
    fetched = [name for name, one in contracts.items() if one.source is not None]
    if contract is None or contract.source is None:
        known = ", ".join(fetched) or "none"
        raise RequestError(
            f"{feed}：没有契约写明从何处取。可取的：{'、'.join(fetched) or '无'}。 "
            f"{feed}: no contract says from where it is fetched (a second one of servers). Fetched are: {known}."
        )
    return contract, contract.source


def pull(
    connection: psycopg.Connection,
    contract: Contract,
    sign_in: SignIn,
    inbox: Path,
    wish: Wish,
    now: datetime,
) -> Pulled:
    """One delivery, or the files of a file server. now: the bureau's clock.

    Begins and commits a transaction of the connection, a settled one: two of one source take turns. Whatever ends
    it early, the next one begins at the same mark; nothing half-written is seen by anybody. Raises SourceError
    where the source cannot be asked, RequestError outside the hours in which it may be.
    """
    contract = contract.on(wish.day)
    source = contract.source
    assert source is not None  # source_of_feed has seen to it
    if source.window is not None and not source.window.is_open(now):
        raise RequestError(
            f"{source.name}：只可在 {source.window} 取数。 "
            f"{source.name} may be asked from {source.window} alone. Run it then."
        )
    with connection.transaction():
        take_turn(connection, f"pull {source.name}")
        if source.kind == "sftp":
            folder = inbox / contract.system / contract.feed
            files = tuple(copied(source, sign_in, folder, wish.is_dry_run))
            return Pulled(contract.feed, source.name, "files", len(files), files=files)
        return _Extracting(connection, contract, source, sign_in, inbox, wish, now).pulled()


def look(contract: Contract, sign_in: SignIn) -> str:
    """What a source answers without giving a row: that it is there, and its columns. Raises SourceError."""
    source = contract.source
    assert source is not None
    if source.kind == "database":
        headers = [column.header for column in contract.columns]
        with database.opened(source, sign_in) as connection:
            found = database.Table(connection, source, headers, None, None).columns()
        additions = check_columns(contract, source, found)
        return "可用 reached" + (
            f"；契约没有的列 not in the contract: {', '.join(additions)}" if additions else ""
        )
    if source.kind == "sftp":
        return f"可用 reached, {reachable(source, sign_in)} 个文件 files"
    Pages(source, sign_in, None).first()
    return "可用 reached"


def check_columns(contract: Contract, source: Source, found: list[str]) -> tuple[str, ...]:
    """The columns that the contract does not name. Raises SourceError where it names one that is not there."""
    # Oracle's own names are in capitals, which SQLAlchemy writes small.
    same = str.casefold if source.dialect.startswith("oracle") else str
    there = {same(name) for name in found}
    missing = [one.header for one in contract.columns if same(one.header) not in there]
    if missing:
        raise SourceError(
            f"{source.name}: 来源没有这些列：{'、'.join(missing)}。请核对契约的 physicalName。 "
            f"The source has no column {', '.join(missing)}. It has: {', '.join(found)}. Mend physicalName in the "
            "contract, or begin a new version of it."
        )
    named = {same(one.header) for one in contract.columns}
    return tuple(name for name in found if same(name) not in named)


class _Extracting:
    """One extraction of one feed."""

    def __init__(
        self,
        connection: psycopg.Connection,
        contract: Contract,
        source: Source,
        sign_in: SignIn,
        inbox: Path,
        wish: Wish,
        now: datetime,
    ) -> None:
        self._connection = connection
        self._contract, self._source, self._sign_in = contract, source, sign_in
        self._folder = inbox / contract.system / contract.feed / f"{wish.day:%Y%m%d}"
        self._now = now
        cursor = source.cursor and contract.column_of_header[source.cursor.column]
        if cursor and cursor.type in MOMENTS:
            since, until = whole_days(wish.since, wish.until)
            wish = replace(wish, since=since, until=until)
        self._wish = wish
        self._mode, self._lower = self._from_where()

    def pulled(self) -> Pulled:
        try:
            return self._of_database() if self._source.kind == "database" else self._of_interface()
        finally:
            (self._folder / UNFINISHED).unlink(missing_ok=True)

    def _from_where(self) -> tuple[str, Mark | None]:
        """Full or delta, and from which mark on."""
        cursor = self._source.cursor
        wish = self._wish
        if wish.since is not None or wish.until is not None:
            if cursor is None or wish.since is None or self._source.kind == "api":
                raise RequestError(
                    "按区间取数要有游标，并写明 --from。 "
                    "A span is fetched from a database with a cursor, and begins somewhere (--from)."
                )
            return "delta", wish.since
        standing = ledger.standing(self._connection, self._contract.feed, self._source.origin)
        mark = ledger.reached(standing)
        fulls = [one.pulled_at for one in standing if one.mode == "full"]
        if wish.is_full or cursor is None or mark is None:
            return "full", None
        if self._source.snapshot_every is not None and self._now - fulls[-1] >= self._source.snapshot_every:
            return "full", None
        return "delta", before(mark, cursor.overlap)

    def _of_database(self) -> Pulled:
        headers = [column.header for column in self._contract.columns]
        with database.opened(self._source, self._sign_in) as connection:
            found = database.Table(connection, self._source, headers, None, None).columns()
            additions = check_columns(self._contract, self._source, found)
            told = database.Table(connection, self._source, headers, self._lower, self._wish.until).told()
            upper = told.reached
            if not self._wish.is_dry_run:
                bound = None if self._mode == "full" else upper or self._wish.until
                rows = database.Table(connection, self._source, headers, self._lower, bound).batches()
                written = write_table(self._folder, self._contract, rows)
                if written.rows != told.rows:
                    raise SourceError(
                        f"{self._source.name}: 先报 {told.rows} 行，读到 {written.rows} 行：取数期间有变动，请再取。 "
                        f"It told {told.rows} rows and gave {written.rows}: it changed meanwhile. Nothing was "
                        "delivered; try again."
                    )
        delivery_id = None if self._wish.is_dry_run else self._delivered(written, upper)
        return self._pulled(told.rows, delivery_id, upper, additions, told.without_cursor)

    def _of_interface(self) -> Pulled:
        pages = Pages(self._source, self._sign_in, self._lower)
        if self._wish.is_dry_run:
            rows = sum(1 for _ in pages.objects())
            return self._pulled(rows, None, pages.reached)
        written = write_lines(self._folder, self._contract, pages.objects())
        return self._pulled(written.rows, self._delivered(written, pages.reached), pages.reached)

    def _pulled(
        self,
        rows: int,
        delivery_id: str | None,
        upper: Mark | None,
        additions: tuple[str, ...] = (),
        without_cursor: int = 0,
    ) -> Pulled:
        return Pulled(
            self._contract.feed, self._source.name, self._mode, rows, delivery_id, self._lower, upper, additions,
            without_cursor,
        )  # fmt: skip

    def _delivered(self, written: Written, upper: Mark | None) -> str:
        """The delivery's id. What lies in the day's folder and did not land is part of this one."""
        self._clear_superseded()
        if self._mode == "delta" and upper is not None and self._lower is not None:
            upper = max((upper, self._lower), key=lambda mark: compared(mark, self._lower or mark))
        return deliver(
            self._contract,
            written,
            self._wish.day,
            self._mode,
            self._next_number(),
            lambda delivery_id, digest: ledger.record(
                self._connection, delivery_id, self._contract.feed, self._source.origin, self._mode, self._lower,
                upper, written.rows, digest,
            ),
        )  # fmt: skip

    def _clear_superseded(self) -> None:
        gone = self._connection.execute(
            """
            select delivery_id from ops.extraction
            where feed = %s and not exists (
                select from ops.delivery where delivery.delivery_id = extraction.delivery_id
            )
            """,
            [self._contract.feed],
        ).fetchall()
        for (delivery_id,) in gone:
            path = self._folder / f"{delivery_id}.{self._contract.file.format}"
            if path.exists():
                (self._folder / MANIFEST).unlink(missing_ok=True)
                path.unlink()

    def _next_number(self) -> int:
        """Behind all that were ever extracted, landed or lie there."""
        ((known,),) = self._connection.execute(
            """
            select coalesce(max(number), 0) from (
                select sequence_no as number from ops.delivery
                where feed = %(feed)s and business_date = %(day)s and mode = %(mode)s
                union all
                select substring(delivery_id from '[0-9]+$')::integer from ops.extraction
                where feed = %(feed)s and starts_with(delivery_id, %(stem)s)
            ) as numbers
            """,
            {
                "feed": self._contract.feed, "day": self._wish.day, "mode": self._mode,
                "stem": f"{self._contract.feed}_{self._wish.day:%Y%m%d}_{self._mode}_",
            },
        ).fetchall()  # fmt: skip
        lying = [file_named(self._contract, path.name) for path in self._folder.iterdir()]
        return 1 + max([known, *(one.sequence_no for one in lying if one and one.mode == self._mode)])
