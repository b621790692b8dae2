"""Whether a line that is to be passed over (a header of fixed width, a total) could be somebody's: nobody may be left
out unread because the line looks like one of the others that are no data."""

import re
from collections.abc import Iterator, Mapping, Sequence

from ingestion.blanks import BLANKS
from ingestion.contract import Column, Contract
from ingestion.reading.stream import Record

# Sums and counts stand in a total line too.
SUMMED = ("yuan", "wan_yuan", "fen", "number", "share")
_COUNTED = re.compile(r"[0-9][0-9,.]*\s*[人户条笔行个元]?")
_DAY = r"(19|20)\d\d[-./年]?(0?[1-9]|1[0-2])[-./月]?(0?[1-9]|[12]\d|3[01])日?"
_FORMS = {
    "id_number": re.compile(rf"\d{{15}}|\d{{17}}[\dXx]|(?![A-Z]{_DAY}$)[A-Z]{{1,2}}\d{{7,10}}"),
    "date": re.compile(_DAY),
    "end_date": re.compile(_DAY),
}


def could_be_data(contract: Contract, header: Sequence[str], record: Record) -> bool:
    """Whether all that every line must have is given, and an identity number or a day of it stands at its place.

    header: names of the fields.
    """
    given = _given(header, record)
    if not all(given.get(column.header) for column in _needed(contract)):
        return False
    return any(
        form.fullmatch(given.get(column.header, ""))
        for column in contract.columns
        if (form := _FORMS.get(column.type)) is not None
    )


def is_only_a_total(contract: Contract, header: Sequence[str], record: Record) -> bool:
    """Whether a line that begins like a total says nothing of anybody: what tells lines apart is blank in it, but
    for the word itself, and counts where no key stands."""
    given = _given(header, record)
    word = next(iter(given), None)
    for column in contract.columns:
        is_telling = (
            column.required or column.key_position is not None or column.type in ("id_number", "name")
        )
        if column.header not in given or column.header == word or column.type in SUMMED or not is_telling:
            continue
        if column.key_position is not None or not _COUNTED.fullmatch(given[column.header]):
            return False
    return True


def _needed(contract: Contract) -> Iterator[Column]:
    return (column for column in contract.columns if column.required or column.key_position is not None)


def _given(header: Sequence[str], record: Record) -> Mapping[str, str]:
    """Name to value of the fields that are not blank, in the order of the file."""
    return {
        name: text.strip(BLANKS)
        for name, text in zip(header, record.fields, strict=False)
        if text and text.strip(BLANKS)
    }
