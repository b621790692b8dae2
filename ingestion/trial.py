"""A contract tried on files: landed by what lands every day, read by the views every build reads, in a database
with nothing else in it."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psycopg
from psycopg import sql

from ingestion.contract import Contract
from ingestion.drop_folder import kind_of
from ingestion.errors import RequestError
from ingestion.file_names import printable
from ingestion.inbox import MANIFEST, Delivery, file_named, open_plain
from ingestion.input_views import SCHEMA, ensure_views
from ingestion.landing import DeliveryResult, land
from ingestion.layout import ENCODING_NAMES, PARSED_APART
from ingestion.raw_table import ensure_table
from ingestion.reading.workbook import one_parser
from ingestion.records import CanonicalRecord, RecordColumn

# Sensitivities whose values are somebody's; incomes and findings of health tell nobody who it is.
MASKED = ("identity", "name", "account", "contact", "address", "birth")
FIRST_LINES = 5

REJECTED = """
select reason_code, column_name, count(*), (array_agg(line_number order by line_number))[:%s]
from ops.rejected_row where delivery_id = %s group by reason_code, column_name order by count(*) desc, reason_code
"""


@dataclass(frozen=True)
class Rejected:
    """Lines of one file rejected for one reason. column: header, null for the line as a whole; lines: the first."""

    reason_code: str
    column: str | None
    count: int
    lines: list[int]


@dataclass(frozen=True)
class TriedFile:
    """What became of one file; result.reason says why it was refused whole."""

    name: str
    result: DeliveryResult
    rejected: list[Rejected]

    @property
    def share(self) -> float:
        """Of its lines, those that came through (0 to 1)."""
        received = self.result.received_count
        return (received - self.result.rejected_count) / received if received else 0.0


@dataclass(frozen=True)
class Filled:
    """What the files say of a record. revoked: rows that take theirs back; first: the first rows, people masked
    unless asked for; empty: rows without a value, by column that is sent."""

    record: CanonicalRecord
    rows: int
    revoked: int
    first: list[dict[str, str | None]]
    empty: dict[str, int]


@dataclass(frozen=True)
class Trial:
    files: list[TriedFile]
    records: list[Filled]

    @property
    def came_through(self) -> int:
        return sum(one.result.landed_count + one.result.repeated_count for one in self.files)


@one_parser()
def tried(
    connection: psycopg.Connection,
    contract: Contract,
    files: Sequence[Path],
    rows: int = 3,
    is_shown: bool = False,
) -> Trial:
    """Land the files in their order and read them by record.

    connection: to a migrated database in which nothing was landed, thrown away afterwards. rows: of each record;
    is_shown: people in the clear. Raises RequestError for a file the contract has no place for.
    """
    deliveries = sorted((_delivery(contract, path) for path in files), key=lambda delivery: delivery.order)
    ensure_table(connection, contract)
    done = []
    for delivery in deliveries:
        result = land(connection, contract, delivery)
        found = connection.execute(REJECTED, [FIRST_LINES, result.delivery_id]).fetchall()
        done.append(TriedFile(delivery.file_name, result, [Rejected(*row) for row in found]))
    ensure_views(connection, {contract.feed: contract})
    bound: dict[CanonicalRecord, set[str]] = {}
    for binding in contract.bindings:
        bound.setdefault(binding.record, set()).update(binding.values)
    return Trial(done, [_filled(connection, record, sent, rows, is_shown) for record, sent in bound.items()])


def _delivery(contract: Contract, path: Path) -> Delivery:
    """The file as the inbox would find it."""
    try:
        with open_plain(path) as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError):
        raise RequestError(f"文件读不了。 {printable(path.name)}: is no file that can be read.") from None
    said = file_named(contract, path.name)
    kind, day, sequence_no, mode = None, None, said.sequence_no if said else 1, said.mode if said else "full"
    encoding = contract.file.encoding
    if contract.files:
        kind, named = kind_of(contract, path.name)
        if kind is None or named is None:
            patterns = ", ".join(kind.pattern.text for kind in contract.files)
            raise RequestError(
                "文件名不合契约所列的样式。 "
                f"{printable(path.name)}: is named by no pattern of the contract ({patterns}), so nothing would read "
                "it. Correct files.pattern, or the name."
            )
        day, sequence_no, mode, encoding = named.day, kind.sequence_no(named), kind.mode, kind.layout.encoding
    elif contract.file.format not in PARSED_APART:
        encoding = _stated_encoding(path) or encoding
    return Delivery(
        system=contract.system,
        feed=contract.feed,
        delivery_id=f"{contract.feed}_{digest[:12]}",
        business_date=day or date.today(),
        mode=mode,  # type: ignore[arg-type]
        sequence_no=sequence_no,
        path=path,
        encoding=encoding,
        rows=None,
        sha256=digest,
        layout_version=max(contract.layout_versions),
        control_total_yuan=None,
        kind=kind,
    )


def _stated_encoding(path: Path) -> str | None:
    """Of a manifest beside the file."""
    try:
        stated = json.loads((path.parent / MANIFEST).read_text(encoding="utf-8-sig"))
        return ENCODING_NAMES.get(str(stated["encoding"]).lower())
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _filled(
    connection: psycopg.Connection, record: CanonicalRecord, sent: set[str], rows: int, is_shown: bool
) -> Filled:
    view = sql.Identifier(SCHEMA, record.name)
    columns = [column for column in record.columns if column.name in sent]
    counts = sql.SQL(", ").join(
        sql.SQL("count(*) filter (where not is_revoked and {} is null)").format(sql.Identifier(column.name))
        for column in columns
    )
    query = sql.SQL(
        "select count(*) filter (where not is_revoked), count(*) filter (where is_revoked), {} from {}"
    )
    total, revoked, *empty = connection.execute(query.format(counts, view)).fetchone() or (0, 0)
    shown = sql.SQL(", ").join(_shown(column, is_shown) for column in columns)
    first = connection.execute(
        sql.SQL(
            "select {} from {} where not is_revoked order by delivery_id, line_number, position limit {}"
        ).format(shown, view, sql.Literal(rows))
    ).fetchall()
    names = [column.name for column in columns]
    return Filled(
        record,
        total,
        revoked,
        [dict(zip(names, row, strict=True)) for row in first],
        {name: count for name, count in zip(names, empty, strict=True) if count},
    )


def _shown(column: RecordColumn, is_shown: bool) -> sql.Composed:
    name = sql.Identifier(column.name)
    if is_shown:
        return sql.SQL("{}::text").format(name)
    if column.sensitivity not in MASKED:  # in which somebody may have written whose it is all the same
        return sql.SQL("clean.mask_id_numbers_in({}::text)").format(name)
    if column.type == "id_number":
        return sql.SQL("clean.mask_id_number(clean.stated_number({}))").format(name)
    if column.type == "name":
        return sql.SQL("clean.mask_name({})").format(name)
    return sql.SQL("case when {} is not null then '****' end").format(name)
