"""Land deliveries: every line either into ``raw.<feed>`` or into ``ops.rejected_row``.

One delivery is one transaction: file to a temporary table, checks, raw table, ledger. A delivery
that is refused as a whole leaves one row in ``ops.rejected_delivery`` and is tried again by the
next run. Landing the same inbox twice changes nothing.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO, Literal

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from ingestion import ledger
from ingestion.checks import LANDING, ControlTotal, amount_of, check_validity, control_total, mark_faults
from ingestion.contract import Contract
from ingestion.errors import DeliveryFault, IngestionError
from ingestion.inbox import Delivery, RefusedManifest, WaitingFolder, discover
from ingestion.raw_table import add_indexes, ensure_table, key_terms, table
from ingestion.reading import read
from ingestion.reading.stream import SYSTEM_COLUMNS, LineStream
from ingestion.reference import reference_deliveries

Outcome = Literal["landed", "skipped", "rejected", "waiting"]


@dataclass(frozen=True)
class DeliveryResult:
    """What became of one delivery. Counts are lines: received = landed + rejected + repeated.

    ``reason`` is one sentence for people, without personal values. ``skipped`` was landed before.
    """

    feed: str
    delivery_id: str
    business_date: date | None
    outcome: Outcome
    received_count: int = 0
    landed_count: int = 0
    rejected_count: int = 0
    repeated_count: int = 0
    reason_code: str | None = None
    reason: str | None = None


Progress = Callable[[int, int, DeliveryResult], None]


def land_inbox(
    connection: psycopg.Connection,
    contracts: Mapping[str, Contract],
    root: Path,
    through: date | None = None,
    progress: Progress | None = None,
) -> list[DeliveryResult]:
    """Land everything complete and new, up to a business date, in landing order.

    A refused delivery never stops the others. ``progress(done, total, result)`` is called after
    each. Commits what the caller had open. Raises IngestionError where the inbox cannot be read
    or the database fails.
    """
    if not root.is_dir():
        raise IngestionError(f"{root}: is no folder. Name the inbox that holds <system>/<feed>/<YYYYMMDD>.")
    inbox = discover(root, contracts, through)
    references, refused_references = reference_deliveries(root, contracts, inbox, through)
    entries = [
        *inbox.waiting,
        *inbox.refused,
        *refused_references,
        *sorted([*references, *inbox.deliveries], key=lambda delivery: delivery.order),
    ]
    results: list[DeliveryResult] = []
    for entry in entries:
        if isinstance(entry, WaitingFolder):
            result = _waiting(entry)
        elif isinstance(entry, RefusedManifest):
            result = _refuse_manifest(connection, entry)
        else:
            result = land(connection, contracts[entry.feed], entry)
        results.append(result)
        if progress is not None:
            progress(len(results), len(entries), result)
    return results


def land(connection: psycopg.Connection, contract: Contract, delivery: Delivery) -> DeliveryResult:
    """Land one delivery in one transaction, or skip it, or refuse it whole.

    Raises IngestionError where the database or the disk fails; nothing is landed then.
    """
    with _without_values(f"{delivery.feed} {delivery.delivery_id}"):
        if connection.info.transaction_status == TransactionStatus.INTRANS:
            connection.commit()
        try:
            with connection.transaction():
                return _land(connection, contract, delivery)
        except DeliveryFault as fault:
            with connection.transaction():
                ledger.record_rejected_delivery(connection, delivery, fault)
            return DeliveryResult(
                feed=delivery.feed,
                delivery_id=delivery.delivery_id,
                business_date=delivery.business_date,
                outcome="rejected",
                reason_code=fault.reason_code,
                reason=fault.reason,
            )


@contextmanager
def _without_values(subject: str) -> Iterator[None]:
    """Errors of PostgreSQL carry row values: only their kind goes on."""
    try:
        yield
    except psycopg.Error as error:
        state = error.sqlstate or "connection lost"
        raise IngestionError(
            f"{subject}: the database failed ({type(error).__name__}, SQLSTATE {state}). "
            "Nothing of this delivery was landed; run again once the cause is mended."
        ) from None
    except OSError as error:
        raise IngestionError(
            f"{subject}: the file could not be read ({error.strerror}). Nothing was landed."
        ) from None


def _land(connection: psycopg.Connection, contract: Contract, delivery: Delivery) -> DeliveryResult:
    ledger.lock_feed(connection, delivery.feed)
    entry = ledger.find(connection, delivery.delivery_id)
    with _opened(delivery) as file:
        digest = _digest(file)
        if digest != delivery.sha256:
            raise DeliveryFault(
                "checksum",
                f"{delivery.path.name}: the sha256 differs from the manifest: the file is damaged, half-written "
                "or was replaced. Send file and manifest again. Nothing was loaded.",
            )
        if entry is not None:
            if entry.sha256 == digest and entry.feed == delivery.feed:
                return _skipped(delivery, entry)
            raise DeliveryFault(
                "same_id_other_content",
                f"{delivery.path.name}: delivery {delivery.delivery_id} was landed before with other content. "
                "Send the correction under a new delivery_id. Nothing was changed.",
            )
        before = os.fstat(file.fileno())
        stream = read(contract, delivery, file)
        _copy(connection, contract, stream)
        after = os.fstat(file.fileno())
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise DeliveryFault(
                "checksum", f"{delivery.path.name}: the file changed while it was read. Nothing was loaded."
            )
    received = _count(connection, sql.SQL("true"))
    if delivery.rows is not None and received != delivery.rows:
        raise DeliveryFault(
            "row_count",
            f"{delivery.path.name}: holds {received} data lines, the manifest says {delivery.rows}. "
            "Send file and manifest again. Nothing was loaded.",
        )
    mark_faults(connection, contract)
    check_validity(connection, contract, delivery)
    totals = control_total(connection, contract, delivery)
    is_new_table = ensure_table(connection, contract)
    _find_repeats(connection, contract, is_new_table)
    repeated = _move(connection, contract, delivery)
    if is_new_table:
        add_indexes(connection, contract)
    rejected = _count(connection, sql.SQL("_fault is not null"))
    result = DeliveryResult(
        feed=delivery.feed,
        delivery_id=delivery.delivery_id,
        business_date=delivery.business_date,
        outcome="landed",
        received_count=received,
        landed_count=received - rejected - repeated,
        rejected_count=rejected,
        repeated_count=repeated,
    )
    _record(connection, contract, delivery, stream, result, totals)
    connection.execute(sql.SQL("drop table {}").format(LANDING))
    connection.execute("drop table if exists pg_temp.repeat")
    return result


def _record(
    connection: psycopg.Connection,
    contract: Contract,
    delivery: Delivery,
    stream: LineStream,
    result: DeliveryResult,
    totals: ControlTotal,
) -> None:
    ledger.record_delivery(
        connection,
        delivery,
        received=result.received_count,
        landed=result.landed_count,
        rejected=result.rejected_count,
        repeated=result.repeated_count,
        landed_total=totals.landed,
        rejected_total=totals.rejected,
    )
    if result.rejected_count:
        amount = amount_of(sql.Identifier(contract.control_total)) if contract.control_total else sql.SQL("null")
        joined = sql.SQL(", ").join(
            sql.SQL("coalesce({}, '')").format(sql.Identifier(name)) for name in stream.columns
        )
        connection.execute(
            sql.SQL(
                "insert into ops.rejected_row "
                "(delivery_id, line_number, reason_code, column_name, raw_line, amount_yuan) "
                "select {delivery_id}, _line_number, _fault, _fault_column, "
                "coalesce(_raw_line, concat_ws({delimiter}, {joined})), {amount} "
                "from {landing} where _fault is not null order by _line_number"
            ).format(
                delivery_id=sql.Literal(delivery.delivery_id),
                delimiter=sql.Literal(stream.delimiter),
                joined=joined,
                amount=amount,
                landing=LANDING,
            )
        )


@contextmanager
def _opened(delivery: Delivery) -> Iterator[BinaryIO]:
    """The file itself, never what a link points to."""
    try:
        descriptor = os.open(delivery.path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        raise DeliveryFault(
            "file_missing", f"{delivery.path.name}: the file is gone or cannot be opened. Nothing was loaded."
        ) from None
    with os.fdopen(descriptor, "rb") as file:
        yield file


def _digest(file: BinaryIO) -> str:
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    return digest


def _copy(connection: psycopg.Connection, contract: Contract, stream: LineStream) -> None:
    """All lines into the temporary table ``landing``."""
    columns = [sql.Identifier(name) for name in (*SYSTEM_COLUMNS, *stream.columns)]
    definitions = [sql.SQL("_line_number integer")]
    definitions += [sql.SQL("{} text").format(column) for column in columns[1:]]
    connection.execute("set local temp_buffers = '64MB'") if False else None
    connection.execute(
        sql.SQL("create temporary table landing ({}) on commit drop").format(sql.SQL(", ").join(definitions))
    )
    statement = sql.SQL("copy {} ({}) from stdin (format text, delimiter {}, null '\\N')").format(
        LANDING, sql.SQL(", ").join(columns), sql.Literal(stream.delimiter)
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for block in stream.blocks():
            copy.write(block.encode("utf-8"))
    connection.execute(sql.SQL("analyze {}").format(LANDING))


def _count(connection: psycopg.Connection, condition: sql.Composable) -> int:
    row = connection.execute(
        sql.SQL("select count(*) from {} where {}").format(LANDING, condition)
    ).fetchone()
    return row[0] if row else 0


def _row_hash(contract: Contract, alias: str) -> sql.Composed:
    """md5 over all columns in the order of the contract; null differs from empty."""
    values = [
        sql.SQL("coalesce({}, E'\\x1e')").format(sql.Identifier(alias, name)) for name in contract.column_names
    ]
    return sql.SQL("md5(concat_ws(E'\\x1f', {}))::uuid").format(sql.SQL(", ").join(values))


def _find_repeats(connection: psycopg.Connection, contract: Contract, is_new_table: bool) -> None:
    """Line numbers whose content is that of the version of their key just before them.

    The version before is the previous line of the key in this file, else the latest landed one.
    """
    key = sql.SQL(", ").join(key_terms(contract, "line"))
    aliases = [sql.Identifier(f"key_{n}") for n in range(1, len(contract.key) + 1)]
    key_aliased = sql.SQL(", ").join(
        sql.SQL("{} as {}").format(term, alias)
        for term, alias in zip(key_terms(contract, "line"), aliases, strict=True)
    )
    same_key = sql.SQL(" and ").join(
        sql.SQL("{} = {}").format(raw, line)
        for raw, line in zip(key_terms(contract, "old"), key_terms(contract, "line"), strict=True)
    )
    by_alias = sql.SQL(", ").join(aliases)
    parts = {
        "key": key,
        "key_aliased": key_aliased,
        "by_alias": by_alias,
        "same_key": same_key,
        "row_hash": _row_hash(contract, "line"),
        "landing": LANDING,
        "raw": table(contract),
    }
    if is_new_table:
        query = sql.SQL(
            "with twice as materialized (select {key_aliased} from {landing} as line where _fault is null "
            "group by {key} having count(*) > 1) "
            "select _line_number from (select _line_number, row_hash, "
            "lag(row_hash) over (partition by {by_alias} order by _line_number) as before from ("
            "select _line_number, {key_aliased}, {row_hash} as row_hash "
            "from {landing} as line where _fault is null and ({key}) in (select {by_alias} from twice)"
            ") as lines) as compared where row_hash = before"
        )
    else:
        query = sql.SQL(
            "with current as materialized (select distinct on ({by_alias}) {by_alias}, row_hash from ("
            "select {key_aliased}, old._row_hash as row_hash, delivery.landed_at, old._line_number as old_line "
            "from {raw} as old "
            "inner join (select distinct {key_columns} from {landing} where _fault is null) as line on {same_key} "
            "inner join ops.delivery as delivery on delivery.delivery_id = old._delivery_id"
            ") as versions order by {by_alias}, landed_at desc, old_line desc) "
            "select _line_number from (select _line_number, {by_alias}, row_hash, "
            "lag(row_hash) over (partition by {by_alias} order by _line_number) as before from ("
            "select _line_number, {key_aliased}, {row_hash} as row_hash from {landing} as line where _fault is null"
            ") as lines) as compared left join current using ({by_alias}) "
            "where compared.row_hash = coalesce(before, current.row_hash)"
        )
        parts["key_columns"] = sql.SQL(", ").join(sql.Identifier(name) for name in contract.key)
    connection.execute(
        sql.SQL("create temporary table repeat on commit drop as {}").format(query.format(**parts))
    )


def _move(connection: psycopg.Connection, contract: Contract, delivery: Delivery) -> int:
    """Readable lines into the raw table; how many of them are repeats."""
    connection.execute(
        sql.SQL(
            "insert into {raw} ({columns}, _delivery_id, _line_number, _row_hash, _is_repeat) "
            "select {values}, {delivery_id}, line._line_number, {row_hash}, repeat._line_number is not null "
            "from {landing} as line left join pg_temp.repeat using (_line_number) where line._fault is null"
        ).format(
            raw=table(contract),
            columns=sql.SQL(", ").join(map(sql.Identifier, contract.column_names)),
            values=sql.SQL(", ").join(sql.Identifier("line", name) for name in contract.column_names),
            delivery_id=sql.Literal(delivery.delivery_id),
            row_hash=_row_hash(contract, "line"),
            landing=LANDING,
        )
    )
    row = connection.execute("select count(*) from pg_temp.repeat").fetchone()
    return row[0] if row else 0


def _skipped(delivery: Delivery, entry: ledger.Entry) -> DeliveryResult:
    return DeliveryResult(
        feed=delivery.feed,
        delivery_id=delivery.delivery_id,
        business_date=delivery.business_date,
        outcome="skipped",
        received_count=entry.received_count,
        landed_count=entry.landed_count,
        rejected_count=entry.rejected_count,
        repeated_count=entry.repeated_count,
    )


def _waiting(folder: WaitingFolder) -> DeliveryResult:
    return DeliveryResult(
        feed=folder.feed,
        delivery_id=folder.label,
        business_date=folder.business_date,
        outcome="waiting",
        reason_code="manifest_missing",
        reason=f"{folder.label}: manifest.json is not there yet; the delivery is still being written.",
    )


def _refuse_manifest(connection: psycopg.Connection, refused: RefusedManifest) -> DeliveryResult:
    with _without_values(refused.label):
        if connection.info.transaction_status == TransactionStatus.INTRANS:
            connection.commit()
        with connection.transaction():
            ledger.record_refused_manifest(connection, refused)
    return DeliveryResult(
        feed=refused.feed,
        delivery_id=refused.label,
        business_date=refused.business_date,
        outcome="rejected",
        reason_code=refused.reason_code,
        reason=refused.reason,
    )
