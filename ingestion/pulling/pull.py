"""Fetch what is new of one feed and lay it into the inbox."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import psycopg

from ingestion.contract import Contract
from ingestion.drop_folder import kind_of
from ingestion.errors import RequestError, SourceError
from ingestion.file_names import printable
from ingestion.inbox import MANIFEST, file_named
from ingestion.landing import LARGEST_WORKBOOK
from ingestion.layout import PARSED_APART
from ingestion.pulling import bucket, database, file_server, ledger
from ingestion.pulling.delivery import UNFINISHED, Written, deliver, write_lines, write_table
from ingestion.pulling.ledger import Extraction
from ingestion.pulling.mark import Mark, before, mark_from
from ingestion.pulling.plain import made
from ingestion.pulling.remote import Copied, Remote, Taking, Why, copied
from ingestion.pulling.server import ApiSource, BucketSource, Cursor, DatabaseSource, FileSource, Source
from ingestion.pulling.sign_in import SignIn
from ingestion.pulling.web import Pages
from ingestion.session import another
from ingestion.turns import take_turn

SigningIn = Callable[[Source], SignIn]


@dataclass(frozen=True)
class Wish:
    """What is asked for. day: the business date of the delivery, null that of the clock; may_be_later: that of the
    newest delivery where it is later; since, until: a span of the cursor to fetch again, as typed; is_full: everything,
    whatever was fetched before; is_dry_run: only look, and lay nothing down."""

    day: date | None = None
    may_be_later: bool = False
    since: str | None = None
    until: str | None = None
    is_full: bool = False
    is_dry_run: bool = False


@dataclass(frozen=True)
class Pulled:
    """What came. delivery_id: null of a dry run, and of files copied as they are (``files``: their places; ``left``:
    those of files that were not, by why; both safe to repeat).
    rows: null where nobody says how many there are. lower, upper: of the cursor. additions: columns of the source that
    the contract does not name. told: what a database said before."""

    source: str
    mode: str
    rows: int | None
    delivery_id: str | None = None
    lower: Mark | None = None
    upper: Mark | None = None
    additions: tuple[str, ...] = ()
    told: database.Told | None = None
    files: tuple[str, ...] = ()
    left: Mapping[Why, tuple[str, ...]] = field(default_factory=dict)


def pull(
    connection: psycopg.Connection,
    contracts: Mapping[str, Contract],
    feed: str,
    signing_in: SigningIn,
    inbox: Path,
    wish: Wish,
    now: datetime,
) -> Pulled:
    """One delivery, or the files of a file server or an object store. now: the bureau's clock.

    Begins and commits a transaction of the connection, a settled one: two of one source take turns. Whatever ends
    it early, the next one begins at the same mark; nothing half-written is seen by anybody. Raises SourceError
    where the source cannot be asked or what it gives be used, RequestError where it may not be asked so.
    """
    day = _day(connection, feed, wish, now)
    contract, source = _fetched(contracts, feed, day)
    _check_hours(source, now)
    with connection.transaction():
        take_turn(connection, f"pull {source.name}")
        if isinstance(source, FileSource):
            folder = inbox / contract.system / contract.feed
            with _opened(source, signing_in(source)) as remote:
                found = copied(remote, folder, _taking(contract, now, wish.is_dry_run))
            files, left = _told(contract, found)
            return Pulled(source.name, "files", len(files), files=files, left=left)
        return _Extracting(connection, contract, source, signing_in(source), inbox, wish, day, now).pulled()


def look(contract: Contract, signing_in: SigningIn, now: datetime) -> str:
    """What a source answers without giving a row: that it is there, and of a database its columns. Raises SourceError,
    and RequestError outside its hours."""
    source = contract.source
    assert source is not None
    _check_hours(source, now)
    sign_in = signing_in(source)
    if isinstance(source, DatabaseSource):
        with database.opened(source, sign_in) as connection:
            additions = database.Table(connection, source).additions()
        return "可用 reached" + (
            f"；契约没有的列 not in the contract: {', '.join(additions)}" if additions else ""
        )
    if isinstance(source, ApiSource):
        Pages(source, sign_in, None).first()
        return "可用 reached"
    assert isinstance(source, FileSource)
    with _opened(source, sign_in) as remote:
        found = copied(remote, Path("/nonexistent"), _taking(contract, now, is_dry_run=True))
    told = [f"可用 reached, {len(found.places)} 个文件 files"]
    told += [f"{len(places)} {why.value}" for why, places in found.left.items()]
    return "；".join(told)


def _taking(contract: Contract, now: datetime, is_dry_run: bool) -> Taking:
    is_copied_to_be_read = contract.file.format in PARSED_APART or contract.archive is not None
    return Taking(
        now,
        None if contract.has_manifest else timedelta(seconds=contract.complete_when.unchanged_seconds),
        LARGEST_WORKBOOK if is_copied_to_be_read else None,
        is_dry_run,
    )


def _told(contract: Contract, found: Copied) -> tuple[tuple[str, ...], dict[Why, tuple[str, ...]]]:
    """Places in words that are safe to repeat."""

    def shown(place: str) -> str:
        kind, _ = kind_of(contract, place)
        return "/".join(map(printable, place.split("/"))) if kind is None else kind.pattern.shown(place)

    return tuple(map(shown, found.places)), {
        why: tuple(map(shown, places)) for why, places in found.left.items()
    }


def _opened(source: FileSource, sign_in: SignIn) -> AbstractContextManager[Remote]:
    if isinstance(source, BucketSource):
        return bucket.opened(source, sign_in)
    return file_server.opened(source, sign_in)


def _fetched(contracts: Mapping[str, Contract], feed: str, day: date) -> tuple[Contract, Source]:
    """The contract of the day and its server. Raises RequestError where nothing says from where the feed is fetched."""
    contract = contracts[feed].on(day) if feed in contracts else None
    if contract is None or contract.source is None:
        known = [name for name, one in contracts.items() if one.source is not None]
        raise RequestError(
            f"{feed}：{day} 的契约没有写明从何处取。可取的：{'、'.join(known) or '无'}。 "
            f"{feed}: no contract of {day} says from where it is fetched (a second one of servers). Fetched are: "
            f"{', '.join(known) or 'none'}."
        )
    return contract, contract.source


def _check_hours(source: Source, now: datetime) -> None:
    if source.window is not None and not source.window.is_open(now):
        raise RequestError(
            f"{source.name}：只可在 {source.window} 取数。 "
            f"{source.name} may be asked from {source.window} alone. Run it then."
        )


def _day(connection: psycopg.Connection, feed: str, wish: Wish, now: datetime) -> date:
    """Landing takes deliveries in the order of their days: what is fetched now is the newest there is."""
    ((newest,),) = connection.execute(
        "select max(business_date) from ops.delivery where feed = %s and status <> 'withdrawn'", [feed]
    ).fetchall()
    connection.commit()
    day = wish.day or now.date()
    if newest is None or newest <= day:
        return day
    if not wish.may_be_later:
        raise RequestError(
            f"{feed}：{newest} 的交付已落地，所取的不能算作更早的 {day}。 "
            f"{feed}: a delivery of {newest} has landed; what is fetched now is not of {day}, and would count as "
            "older. Say a later --day."
        )
    return newest


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
        day: date,
        now: datetime,
    ) -> None:
        self._connection = connection
        self._contract, self._source, self._sign_in = contract, source, sign_in
        self._folder = inbox / contract.system / contract.feed
        self._wish, self._day, self._now = wish, day, now
        self._fetched = ledger.extractions(connection, contract.feed, source.origin)
        self._standing = ledger.standing(self._fetched)
        self._until: Mark | None = None
        self._mode, self._lower = self._from_where()

    def pulled(self) -> Pulled:
        try:
            if isinstance(self._source, DatabaseSource):
                return self._of_database(self._source)
            assert isinstance(self._source, ApiSource)
            return self._of_interface(self._source)
        finally:
            (self._folder / UNFINISHED).unlink(missing_ok=True)

    # From where ---------------------------------------------------------------------------------

    def _from_where(self) -> tuple[str, Mark | None]:
        """Full or delta, and from which mark on."""
        cursor, wish = self._source.cursor, self._wish
        if wish.since is not None or wish.until is not None:
            return "delta", self._span(cursor)
        mark = ledger.reached(self._standing)
        is_full = wish.is_full or cursor is None or mark is None
        has_delta_today = any(
            one.mode == "delta" and one.business_date == self._day for one in self._standing
        )
        if is_full and has_delta_today:
            # A full of a day comes before its deltas: what they said would count as newer.
            raise RequestError(
                f"{self._day} 的增量已落地，全量请在次日取。 "
                f"A delta of {self._day} has landed; a full one of the same day would count as older. Fetch it on the "
                "next day."
            )
        if is_full or (self._is_snapshot_due() and not has_delta_today):
            return "full", None
        assert cursor is not None
        assert mark is not None
        return "delta", before(mark, cursor.overlap)

    def _span(self, cursor: Cursor | None) -> Mark:
        if cursor is None or self._wish.since is None or not isinstance(self._source, DatabaseSource):
            raise RequestError(
                "按区间取数要有数据库和游标，并写明 --from。 "
                "A span is fetched from a database with a cursor, and begins somewhere (--from)."
            )
        if self._wish.is_full:
            raise RequestError("--full 与 --from 只能取一。 --full and --from say two things. Keep one.")
        try:
            lower = mark_from(self._wish.since, cursor.kind)
            if self._wish.until is not None:
                self._until = mark_from(self._wish.until, cursor.kind)
        except ValueError:
            raise RequestError(
                f"--from、--to 须与游标列 {cursor.column} 同类（{cursor.kind}）。 "
                f"--from and --to are values of {cursor.column} ({cursor.kind}): 2025-06-25, 2025-06-25T10:00:00, or a "
                "number."
            ) from None
        if isinstance(self._until, datetime) and self._wish.until is not None and len(self._wish.until) == 10:
            self._until += timedelta(days=1, microseconds=-1)  # the whole of the day
        return lower

    def _is_snapshot_due(self) -> bool:
        """By days, not by the minute: what takes a while would else be due a night later each time."""
        every = self._source.snapshot_every
        if every is None:
            return False
        fulls = [one for one in self._standing if one.mode == "full" and one.status != "held"]
        if not fulls:
            return True
        if every >= timedelta(days=1):
            return self._now.date() - fulls[-1].pulled_at.astimezone(self._now.tzinfo).date() >= every
        return self._now - fulls[-1].pulled_at >= every

    # What comes ---------------------------------------------------------------------------------

    def _of_database(self, source: DatabaseSource) -> Pulled:
        with database.opened(source, self._sign_in) as connection:
            table = database.Table(connection, source, self._lower, self._until)
            additions = table.additions()
            told = table.told(self._now)
            rows = told.rows
            if not self._wish.is_dry_run:
                written = write_table(self._folder, self._contract, table.batches())
                rows = written.rows
                if (
                    rows != told.rows and table.is_of_one_moment
                ):  # tables of MySQL without transactions (MyISAM)
                    raise SourceError(
                        f"{source.name}: 先报 {told.rows} 行，读到 {rows} 行：取数期间有变动，请再取。 "
                        f"It told {told.rows} rows and gave {rows}: it changed meanwhile. Nothing was delivered; try "
                        "again."
                    )
        delivery_id = None if self._wish.is_dry_run else self._delivered(written, told.reached)
        return Pulled(source.name, self._mode, rows, delivery_id, self._lower, told.reached, additions, told)

    def _of_interface(self, source: ApiSource) -> Pulled:
        pages = Pages(source, self._sign_in, self._lower)
        if self._wish.is_dry_run:
            return Pulled(source.name, self._mode, pages.first(), lower=self._lower)
        written = write_lines(self._folder, pages.objects())
        delivery_id = self._delivered(written, pages.reached)
        return Pulled(source.name, self._mode, written.rows, delivery_id, self._lower, pages.reached)

    # What is laid down --------------------------------------------------------------------------

    def _delivered(self, written: Written, upper: Mark | None) -> str:
        """The delivery's id."""
        made(self._folder / f"{self._day:%Y%m%d}", 3)
        delivery_id = f"{self._contract.feed}_{self._day:%Y%m%d}_{self._mode}_{self._next_number():02d}"
        one = Extraction(delivery_id, self._day, self._mode, self._lower, upper, self._now, None)
        superseded = self._superseded(one)
        kind = self._source.cursor.kind if self._source.cursor else "time"
        # Kept before anybody can see the file; of one that never came to be it says nothing.
        with another(self._connection) as keeping:
            ledger.record(
                keeping, self._contract.feed, self._source.origin, kind, one, written.rows, written.sha256
            )
        for path in superseded:
            path.unlink()
        deliver(self._contract, written, self._day, self._mode, delivery_id)
        return delivery_id

    def _superseded(self, one: Extraction) -> list[Path]:
        """The manifest and the file that lie in the day's folder and never landed, all of which is in this one too.
        Raises RequestError where it is not, or where a held one waits there for somebody to decide."""
        folder = self._folder / f"{self._day:%Y%m%d}"
        found: list[Path] = []
        for path in sorted(folder.glob(f"{self._contract.feed}_*")):
            ((status,),) = self._connection.execute(
                "select (select status from ops.delivery where delivery_id = %s)", [path.stem]
            ).fetchall()
            if status not in (None, "held"):
                continue
            before_it = next((other for other in self._fetched if other.delivery_id == path.stem), None)
            if status == "held" or before_it is None or self._until is not None or not one.covers(before_it):
                zh, en = (
                    ("暂扣待定", "is held: decide on") if status else ("尚未落地", "has not landed: land")
                )
                raise RequestError(
                    f"{path.stem}：还在交换目录，{zh}，请先处理。 "
                    f"{path.stem} lies in the inbox and {en} it first. Nothing was delivered."
                )
            found.append(path)
        return [folder / MANIFEST, *found] if found and (folder / MANIFEST).exists() else found

    def _next_number(self) -> int:
        """Behind all that were ever extracted, landed or lie there."""
        ((known,),) = self._connection.execute(
            """
            select coalesce(max(number), 0) from (
                select sequence_no as number from ops.delivery
                where feed = %(feed)s and business_date = %(day)s and mode = %(mode)s
                union all
                select substring(delivery_id from '[0-9]+$')::integer from ops.extraction
                where feed = %(feed)s and business_date = %(day)s and mode = %(mode)s
            ) as numbers
            """,
            {"feed": self._contract.feed, "day": self._day, "mode": self._mode},
        ).fetchall()
        folder = self._folder / f"{self._day:%Y%m%d}"
        lying = [file_named(self._contract, path.name) for path in folder.glob("*")]
        return 1 + max([known, *(one.sequence_no for one in lying if one and one.mode == self._mode)])
