"""Total lines (合计, 制表): they end a file and are no data, and may state how many lines it has. A line that begins
like one and could be somebody's (小计划办) is never passed over."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from ingestion.blanks import BLANKS
from ingestion.contract import Contract
from ingestion.errors import DeliveryFault
from ingestion.inbox import Delivery
from ingestion.layout import TotalLine
from ingestion.reading.people import could_be_data, is_only_a_total
from ingestion.reading.stream import Batch, PlainLines, Record, records_of

_COUNT = re.compile(r"\D*([0-9][0-9,]*)\D*", re.ASCII)


def without_totals(
    contract: Contract,
    delivery: Delivery,
    header: Sequence[str],
    passed_over: Counter[str],
    batches: Iterator[Batch],
) -> Iterator[Batch]:
    """The batches without the total lines that end them; one that stands among the data is a fault of its own, but
    where the contract says that its kind stands there, and so is one that may be data.

    header: names of the fields; passed_over: grows by the lines left out among the data, by how they begin.
    Raises DeliveryFault at the end where a total line does not come, so that the file is cut
    (``total_missing``), or says another number of lines (``row_count``).
    """
    if not contract.file.total_lines:
        yield from batches
        return
    marks = [total.starts_with.encode() for total in contract.file.total_lines]
    held: dict[TotalLine, Record] = {}  # perhaps the end
    count = 0
    for batch in batches:
        if isinstance(batch, PlainLines) and not held and not any(mark in batch.data for mark in marks):
            count += len(batch)
            yield batch
            continue
        kept: list[Record] = []
        for record in records_of(batch):
            total = _total(contract, record)
            if total is not None and not _is_passed_over(contract, header, total, record):
                total, record = None, record._replace(fault="total_line", fault_column=None)
            if total is not None and total.is_anywhere:
                passed_over[total.starts_with] += 1
                continue
            if held and (total is None or total in held):
                kept += [one._replace(fault="total_line", fault_column=None) for one in held.values()]
                held = {}
            if total is not None:
                held[total] = record
            else:
                kept.append(record)
                count += 1
        if kept:
            yield kept
    for total in contract.file.total_lines:
        if not total.is_anywhere:
            _check(contract, delivery, total, held.get(total), count)


def _total(contract: Contract, record: Record) -> TotalLine | None:
    text = record.raw_line.lstrip(f'{BLANKS}"{contract.file.delimiter or ""}')
    return next((total for total in contract.file.total_lines if text.startswith(total.starts_with)), None)


def _is_passed_over(contract: Contract, header: Sequence[str], total: TotalLine, record: Record) -> bool:
    """Of the last lines of a file many say who made them, and when; a subtotal says of nobody."""
    if total.is_anywhere:
        return is_only_a_total(contract, header, record)
    return not could_be_data(contract, header, record)


def _check(
    contract: Contract, delivery: Delivery, total: TotalLine, record: Record | None, count: int
) -> None:
    file = delivery.file_name
    if record is None:
        raise DeliveryFault(
            "total_missing",
            f"{file}: does not end with the line {total.starts_with}, so it may be cut. Send it again. "
            "Nothing was loaded.",
        )
    if total.count_field is None:
        return
    fields = record.raw_line.split() if contract.file.format == "fixed" else record.fields
    stated = fields[total.count_field - 1] if total.count_field <= len(fields) else None
    found = _COUNT.fullmatch(stated or "")
    if found is None:
        raise DeliveryFault(
            "row_count",
            f"{file}: the line {total.starts_with} says no number in field {total.count_field}. "
            f"Ask {contract.owner} for a corrected file. Nothing was loaded.",
        )
    if int(found[1].replace(",", "")) != count:
        raise DeliveryFault(
            "row_count",
            f"{file}: holds {count} data lines, the line {total.starts_with} says {found[1]}. "
            "Send it again. Nothing was loaded.",
        )
