"""Land deliveries: every line either into ``raw.<feed>`` or into ``ops.rejected_row``.

One delivery is one transaction: lines judged and copied, whole-file checks, ledger. A delivery
that is refused as a whole leaves one row in ``ops.rejected_delivery`` and is tried again by the
next run. Landing the same inbox twice changes nothing.
"""

import hashlib
import logging
import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from io import BufferedRandom, BufferedReader, FileIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, Literal

import psycopg
from psycopg.pq import TransactionStatus

from ingestion import landing_table, ledger, strays, versions
from ingestion.archive import unpack
from ingestion.bureau import shown
from ingestion.checks import check_control_total, check_validity
from ingestion.contract import Contract
from ingestion.errors import DeliveryFault, IngestionError, RequestError, fault_of
from ingestion.inbox import Delivery, RefusedManifest, Stray, Waiting, discover, is_unwritten, open_plain
from ingestion.judge import Judge
from ingestion.layout import PARSED_APART
from ingestion.next_version import as_next_version
from ingestion.raw_table import (
    add_key,
    ensure_table,
    has_key,
    is_empty,
    prepare_first_load,
    remove_lines,
    table,
)
from ingestion.reading import read
from ingestion.reading.stream import CopyText, LineStream, PlainLines, told_names
from ingestion.reading.workbook import one_parser
from ingestion.reference import reference_deliveries
from ingestion.rejects import Rejects
from ingestion.session import another

logger = logging.getLogger("minzheng.landing")

Outcome = Literal["landed", "held", "skipped", "rejected", "waiting", "pending", "stray"]
PIECE_BYTES = 1 << 17
# Bytes; it may unpack to no more.
LARGEST_WORKBOOK = 1 << 30


@dataclass(frozen=True)
class DeliveryResult:
    """What became of one delivery. Counts are lines: received = landed + rejected + repeated.

    ``reason`` is one sentence for people, without personal values; ``notice`` says what is new in
    the layout of a delivery that was landed all the same. ``skipped`` was landed before,
    ``held`` is landed but has too many rejected lines to be used, ``pending`` would be landed,
    ``stray`` is no delivery: something nothing reads, met for the first time.
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
    notice: str | None = None


# Told while lines are read: delivery, lines done, lines in all (of what the manifests state).
Progress = Callable[[str, int, int], None]


def no_progress(delivery_id: str, done: int, total: int) -> None:
    """For callers who do not want to be told."""


@one_parser()
def land_inbox(
    connection: psycopg.Connection,
    contracts: Mapping[str, Contract],
    root: Path,
    through: date | None = None,
    progress: Progress = no_progress,
    feeds: Collection[str] | None = None,
    since: date | None = None,
    is_dry_run: bool = False,
) -> list[DeliveryResult]:
    """Land everything complete and new, from and up to a business date, in landing order.

    ``contracts`` are all contracts there are; ``feeds`` narrows the work to some of them. A dry
    run only tells what would be tried. A refused delivery never stops the others, and neither does a
    stray. What is of no known feed belongs to every landing.
    Commits what the caller had open.
    Raises RequestError where there is no inbox, IngestionError where the database fails.
    """
    if not root.is_dir():
        raise RequestError(
            f"{root}：不是目录。 {root}: is no folder. Name the inbox that holds <system>/<feed>/<YYYYMMDD>."
        )
    with _without_values("ledger"), _own_transaction(connection):
        landed_before = ledger.entries(connection)
        known = ledger.known_files(connection)
    inbox = discover(root, contracts, through, known)
    references, refused_references = reference_deliveries(root, contracts, inbox, through)
    found: list[Waiting | RefusedManifest | Delivery] = [
        *inbox.waiting,
        *inbox.refused,
        *refused_references,
        *sorted([*references, *inbox.deliveries], key=lambda delivery: delivery.order),
    ]
    entries = [
        entry
        for entry in found
        if (feeds is None or entry.feed in feeds or entry.feed not in contracts)
        and (since is None or (entry.business_date is not None and entry.business_date >= since))
    ]
    deliveries = [entry for entry in entries if isinstance(entry, Delivery)]
    untouched = {entry for entry in deliveries if _is_untouched(entry, landed_before.get(entry.delivery_id))}
    lines_in_all = sum(entry.rows or 0 for entry in deliveries if entry not in untouched)
    lines_done = 0
    results: list[DeliveryResult] = []
    for entry in entries:
        if isinstance(entry, Waiting):
            result = _waiting(entry)
        elif isinstance(entry, RefusedManifest):
            result = _refused(entry) if is_dry_run else _refuse_manifest(connection, entry)
        elif entry in untouched:
            result = _skipped(entry, landed_before[entry.delivery_id])
        elif is_dry_run:
            result = _foretold(entry, landed_before.get(entry.delivery_id))
        else:
            result = land(
                connection,
                contracts[entry.feed],
                entry,
                told=partial(_add_up, progress, entry.delivery_id, lines_done, lines_in_all),
            )
            lines_done += entry.rows or 0
            progress(entry.delivery_id, lines_done, lines_in_all)
        results.append(result)
    # A span of days may be filled up from another folder: what lies there says nothing of the inbox.
    if since is None and not is_dry_run:
        with _without_values("inbox"), _own_transaction(connection):
            results += map(_stray, strays.note(connection, inbox.strays, feeds, inbox.unseen))
    return results


def _add_up(progress: Progress, delivery_id: str, before: int, total: int, lines: int) -> None:
    progress(delivery_id, before + lines, total)


def replay(
    connection: psycopg.Connection, contracts: Mapping[str, Contract], root: Path, delivery_id: str
) -> DeliveryResult:
    """Land a delivery again that was held or refused, for example after its contract changed.

    The file must still lie in the inbox with the same content. Raises RequestError where there
    is nothing to land again.
    """
    inbox = discover(root, contracts, known=ledger.known_files(connection))
    references, _ = reference_deliveries(root, contracts, inbox, None)
    found = [one for one in (*references, *inbox.deliveries) if one.delivery_id == delivery_id]
    if not found:
        raise RequestError(
            f"{delivery_id}：不在交换目录中，请先放回目录和清单。 "
            f"{delivery_id}: is not in the inbox. Put folder and manifest back first."
        )
    entry = ledger.find(connection, delivery_id)
    if entry is not None and entry.status != "held":
        raise RequestError(
            f"{delivery_id}：只有暂扣或拒收的交付可以重新落地。 "
            f"{delivery_id}: is {entry.status}; only a held or refused delivery is landed again. "
            "Send a correction under a new delivery_id."
        )
    return land(connection, contracts[found[0].feed], found[0], is_replay=True)


def land(
    connection: psycopg.Connection,
    contract: Contract,
    delivery: Delivery,
    is_replay: bool = False,
    told: Callable[[int], None] = lambda lines: None,
) -> DeliveryResult:
    """Land one delivery in one transaction, or skip it, or refuse it whole.

    is_replay: a held delivery is taken back and landed again in the same transaction.
    told: called with the number of lines done, while they are read.

    Commits what the caller had open. Whatever else goes wrong is the delivery's refusal; raises
    IngestionError where the database or the machine fails. Nothing is landed then.
    """
    start = time.monotonic()
    contract = contract.on(delivery.business_date)
    try:
        with _own_transaction(connection):
            result = _land(connection, contract, delivery, is_replay, told)
    except Exception as error:
        fault = fault_of(delivery.delivery_id, _said(delivery, error))
        if not isinstance(fault, DeliveryFault):
            raise fault from None
        with _without_values(delivery.delivery_id), _own_transaction(connection):
            ledger.record_rejected_delivery(connection, delivery, fault)
        result = replace(
            _result(delivery, "rejected", ledger.Counts(0, 0, 0, 0)),
            reason_code=fault.reason_code,
            reason=fault.reason,
        )
    _log(result, time.monotonic() - start)
    return result


def _said(delivery: Delivery, error: Exception) -> Exception:
    if isinstance(error, psycopg.errors.UniqueViolation) and error.diag.table_name == "delivery":
        return _same_id(delivery)  # landed meanwhile, as another feed's
    return error


def _log(result: DeliveryResult, seconds: float) -> None:
    """One line of key=value pairs: ids, codes and counts, nothing from inside the file."""
    logger.info(
        "delivery=%s feed=%s outcome=%s received=%d landed=%d rejected=%d repeated=%d reason=%s seconds=%.2f",
        result.delivery_id, result.feed, result.outcome, result.received_count, result.landed_count,
        result.rejected_count, result.repeated_count, result.reason_code or "none", seconds,
    )  # fmt: skip


def _land(
    connection: psycopg.Connection,
    contract: Contract,
    delivery: Delivery,
    is_replay: bool,
    told: Callable[[int], None],
) -> DeliveryResult:
    ledger.lock_feed(connection, delivery.feed)
    described = contract.written_as(delivery.kind)
    with _sealed(described, delivery) as file:
        stated = delivery
        if not contract.has_manifest:
            delivery = as_next_version(connection, delivery)
        entry = ledger.find(connection, delivery.delivery_id)
        if entry is not None:
            before_it = _landed_before(delivery, entry)
            if not (is_replay and entry.status == "held"):
                return before_it
            ledger.take_back(connection, delivery, entry)
            remove_lines(connection, contract, delivery.delivery_id)
            versions.forget(connection, contract.feed)
        twin = ledger.find_twin(connection, delivery)
        if twin is not None:
            raise DeliveryFault(
                "same_sequence",
                f"{delivery.delivery_id}: {twin} was landed for the same day under the same sequence number. "
                "Send a later version with the next number. Nothing was loaded."
                if delivery.kind is None
                else f"{delivery.file_name}: another file of its day, {twin}, is told from it by nothing that orders "
                "them. Let the pattern say {n} where the number stands, or have one file sent. Nothing was loaded.",
            )
        is_own = contract.source is not None and ledger.was_fetched(connection, delivery)
        stream = read(described, delivery, file, is_own)
        ensure_table(connection, contract)
        # The key comes with the first load; a feed without it has none of its lines in raw yet.
        is_first = not has_key(connection, contract) and is_empty(connection, contract)
        with closing(Rejects(delivery)) as rejects, another(connection) as judging:
            judge = Judge(judging, described, stream.columns)
            copy_text = CopyText(contract, stream.columns, stream.delimiter, is_first, delivery.constants)
            target = table(contract) if is_first else landing_table.LANDING
            if is_first:
                prepare_first_load(connection, contract)
                versions.forget(connection, contract.feed)
            else:
                landing_table.create(connection, contract)
            with (
                landing_table.belonging_to(connection, target, delivery),
                landing_table.copying(connection, target, stream, is_new=is_first) as copy,
            ):
                readable = _copy_lines(copy, stream, judge, copy_text, rejects, told, delivery.file_name)
            file.check()
            received = readable + rejects.count
            _check_row_count(delivery, received)
            check_validity(connection, contract, delivery, target)
            check_control_total(contract, delivery, judge)
            if is_first:
                add_key(connection, contract)
                repeated = landing_table.flag_repeats(connection, contract, delivery, copy_text.hashes)
            else:
                repeated = landing_table.find_repeats(connection, contract)
                landing_table.move_to_raw(connection, contract)
            counts = ledger.Counts(received, readable - repeated, rejects.count, repeated)
            has_total = contract.control_total is not None
            ledger.record_delivery(
                connection,
                delivery,
                counts,
                judge.landed_yuan if has_total else None,
                judge.rejected_yuan if has_total else None,
                notice := _notice(contract, stated, delivery, stream, file.notices),
            )
            rejects.record(connection)
            is_held = contract.reject_limit.is_passed(received, rejects.count)
            if is_held:
                ledger.hold(connection, delivery, counts, contract.reject_limit)
            elif not is_first:
                landing_table.keep_versions(connection, contract)
    return replace(_result(delivery, "held" if is_held else "landed", counts), notice=notice)


def _notice(
    contract: Contract, stated: Delivery, delivery: Delivery, stream: LineStream, of_file: list[str]
) -> str | None:
    """What to say of a delivery that was landed; stated: as its file said it, before what was landed of it."""
    told = [*of_file]
    if delivery.kind is not None and delivery.sequence_no > stated.sequence_no:
        told.append(f"{delivery.file_name}: corrects what was landed under this name before.")
    if stream.passed_over:
        counts = ", ".join(f"{word} {lines}" for word, lines in stream.passed_over.items())
        told.append(f"{delivery.file_name}: total lines passed over among the data: {counts}.")
    if stream.additions:
        told.append(
            f"{delivery.file_name}: additional column ({told_names(stream.additions, contract.column_of_header)}), "
            "kept with its name in _additions. "
            f"Describe it in {shown(contract.path)} to use it."
        )
    return " ".join(told) or None


def _copy_lines(
    copy: psycopg.Copy,
    stream: LineStream,
    judge: Judge,
    copy_text: CopyText,
    rejects: Rejects,
    told: Callable[[int], None],
    file_name: str,
) -> int:
    """Every line either into the open COPY or among the rejects; the number of the former. Raises DeliveryFault where
    a second table begins.

    The next block is judged while the database takes in the one before.
    """
    readable = 0
    with ThreadPoolExecutor(max_workers=1) as sender:
        sent: Future[None] | None = None
        for batch in stream.batches():
            faults = judge.faults(batch)
            places = sorted(faults)
            for place, key_hash in zip(places, judge.key_hashes(batch, places), strict=True):
                if isinstance(batch, PlainLines):
                    number, raw_line = batch.number + place, batch.line(place).decode()
                else:
                    number, raw_line = batch[place].number, batch[place].raw_line
                if judge.names_columns(batch, place):
                    raise DeliveryFault(
                        "second_table",
                        f"{file_name}: line {number} names columns, and other ones than the header: another table "
                        "begins there, whose lines would be read as those of this one. Have each sent as a file of its "
                        "own. Nothing was loaded.",
                    )
                rejects.add(number, faults[place], raw_line, judge.yuan(batch, place), key_hash)
            if isinstance(batch, PlainLines):
                text = copy_text.plain(batch, faults.keys())
            else:
                text = copy_text.records(record for place, record in enumerate(batch) if place not in faults)
            readable += len(batch) - len(faults)
            if sent is not None:
                sent.result()
            sent = sender.submit(_send, copy, text)
            told(readable + rejects.count)
        if sent is not None:
            sent.result()
    return readable


def _send(copy: psycopg.Copy, text: bytes) -> None:
    """In pieces: libpq moves what is left of a block to the front after every partial send."""
    view = memoryview(text)
    for start in range(0, len(view), PIECE_BYTES):
        copy.write(view[start : start + PIECE_BYTES])


def _check_row_count(delivery: Delivery, received: int) -> None:
    if delivery.rows is not None and received != delivery.rows:
        raise DeliveryFault(
            "row_count",
            f"{delivery.file_name}: holds {received} data lines, the manifest says {delivery.rows}. "
            "Send file and manifest again. Nothing was loaded.",
        )


@contextmanager
def _own_transaction(connection: psycopg.Connection) -> Iterator[None]:
    """A transaction of its own, never a savepoint within the caller's."""
    if connection.info.transaction_status == TransactionStatus.INTRANS:
        connection.commit()
    with connection.transaction():
        yield


@contextmanager
def _without_values(subject: str) -> Iterator[None]:
    """Errors of PostgreSQL carry row values: only their kind goes on."""
    try:
        yield
    except (psycopg.Error, OSError) as error:
        raise IngestionError(str(fault_of(subject, error))) from None


@contextmanager
def _sealed(contract: Contract, delivery: Delivery) -> Iterator["SealedFile"]:
    """The delivery's file, seen to be the one the manifest states. Raises DeliveryFault."""
    with ExitStack() as opened:
        try:
            file: BufferedReader | BufferedRandom = opened.enter_context(open_plain(delivery.path))
        except (OSError, ValueError):
            raise DeliveryFault(
                "file_missing",
                f"{delivery.file_name}: the file is gone or cannot be opened. Nothing was loaded.",
            ) from None
        is_sequential = contract.file.format not in PARSED_APART and contract.archive is None
        if not is_sequential:  # its parser goes to and fro in it
            copy = opened.enter_context(TemporaryFile())
            _copy_workbook(file, copy, delivery)
            copy.seek(0)
            file = copy
        if hashlib.file_digest(file, "sha256").hexdigest() != delivery.sha256:
            raise DeliveryFault(
                "checksum",
                f"{delivery.file_name}: the sha256 differs from the manifest: the file is damaged, "
                "half-written or was replaced. Send file and manifest again. Nothing was loaded."
                if delivery.kind is None
                else f"{delivery.file_name}: was replaced just now. It is taken in by the next run.",
            )
        notices: list[str] = []
        if contract.archive is not None:
            member = opened.enter_context(TemporaryFile())
            notices = unpack(contract.archive, delivery, file, member)
            member.flush()
            file = member
        yield SealedFile(file.fileno(), delivery, is_sequential, notices)


def _copy_workbook(file: BinaryIO, copy: BinaryIO, delivery: Delivery) -> None:
    """Raises DeliveryFault before it takes more of the disk than a workbook may."""
    is_too_large = os.fstat(file.fileno()).st_size > LARGEST_WORKBOOK
    while not is_too_large and (piece := file.read(PIECE_BYTES)):
        copy.write(piece)
        is_too_large = copy.tell() > LARGEST_WORKBOOK
    if is_too_large:
        raise DeliveryFault(
            "too_large",
            f"{delivery.file_name}: is larger than {LARGEST_WORKBOOK >> 20} MiB. "
            "Send it as several smaller files. Nothing was loaded.",
        )


class SealedFile(BufferedReader):
    """A file whose bytes, as they are read, are those of the manifest's digest: whoever writes to it in
    the meantime is found out by ``check``, whatever the times of the file say.

    is_sequential: read once from beginning to end; else it is a copy that nobody else can open.
    notices: what to say of it once it is landed.
    """

    def __init__(self, descriptor: int, delivery: Delivery, is_sequential: bool, notices: list[str]) -> None:
        super().__init__(FileIO(descriptor, closefd=False))
        self.seek(0)
        self.notices = notices
        self._delivery = delivery
        self._digest = hashlib.sha256() if is_sequential else None

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        if self._digest is not None:
            self._digest.update(data)
        return data

    def check(self) -> None:
        """At the end of the reading. Raises DeliveryFault."""
        if self._digest is not None and self._digest.hexdigest() != self._delivery.sha256:
            raise DeliveryFault(
                "checksum",
                f"{self._delivery.file_name}: the file changed while it was read. "
                "Send file and manifest again. Nothing was loaded.",
            )


def _landed_before(delivery: Delivery, entry: ledger.Entry) -> DeliveryResult:
    if entry.is_of(delivery):
        return _skipped(delivery, entry)
    raise _same_id(delivery)


def _same_id(delivery: Delivery) -> DeliveryFault:
    return DeliveryFault(
        "same_id_other_content",
        f"{delivery.file_name}: delivery {delivery.delivery_id} was landed before with other content, or of "
        "another feed, day or mode. Send the correction under a new delivery_id. Nothing was changed.",
    )


def _is_untouched(delivery: Delivery, entry: ledger.Entry | None) -> bool:
    """Landed before, and the file has not been written since: no need to read it again."""
    return entry is not None and entry.is_of(delivery) and is_unwritten(delivery.path, entry.landed_at)


def _result(delivery: Delivery, outcome: Outcome, counts: ledger.Counts) -> DeliveryResult:
    return DeliveryResult(
        feed=delivery.feed,
        delivery_id=delivery.delivery_id,
        business_date=delivery.business_date,
        outcome=outcome,
        received_count=counts.received,
        landed_count=counts.landed,
        rejected_count=counts.rejected,
        repeated_count=counts.repeated,
    )


def _foretold(delivery: Delivery, entry: ledger.Entry | None) -> DeliveryResult:
    """By the manifests alone, without reading a data file."""
    if entry is not None and entry.is_of(delivery):
        return _skipped(delivery, entry)
    return _result(delivery, "pending", ledger.Counts(delivery.rows or 0, 0, 0, 0))


def _skipped(delivery: Delivery, entry: ledger.Entry) -> DeliveryResult:
    return _result(delivery, "skipped", entry.counts)


def _waiting(waiting: Waiting) -> DeliveryResult:
    return DeliveryResult(
        feed=waiting.feed,
        delivery_id=waiting.label,
        business_date=waiting.business_date,
        outcome="waiting",
        reason_code=waiting.reason_code,
        reason=waiting.reason,
    )


def _stray(stray: Stray) -> DeliveryResult:
    return DeliveryResult(
        feed=stray.feed,
        delivery_id=stray.place,
        business_date=stray.business_date,
        outcome="stray",
        reason_code="stray",
        reason=f"{stray.place}: {stray.reason} `minzheng inbox ignore PATH --reason ...` where it may lie there.",
    )


def _refuse_manifest(connection: psycopg.Connection, refused: RefusedManifest) -> DeliveryResult:
    with _without_values(refused.label), _own_transaction(connection):
        ledger.record_refused_manifest(connection, refused)
    return _refused(refused)


def _refused(refused: RefusedManifest) -> DeliveryResult:
    return DeliveryResult(
        feed=refused.feed,
        delivery_id=refused.label,
        business_date=refused.business_date,
        outcome="rejected",
        reason_code=refused.reason_code,
        reason=refused.reason,
    )
