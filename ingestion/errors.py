"""Errors of this package. Their text is for people and never holds personal values."""

import errno
import traceback
from pathlib import Path

import psycopg


class IngestionError(Exception):
    """The machine's or our own fault: the database, the disk, a broken installation."""


class RequestError(IngestionError):
    """Asked for something that cannot be done: says what can."""


class ContractError(IngestionError):
    """A contract file says something impossible: names the file, the place and what to write."""


class DeliveryFault(Exception):
    """The whole delivery is refused; nothing of it is landed.

    reason_code: short and stable, for counting (``checksum``, ``row_count``, ``encoding`` ...).
    reason: one clear sentence for the sender, without any value from inside the file.
    """

    def __init__(self, reason_code: str, reason: str) -> None:
        super().__init__(reason)
        self.reason_code = reason_code
        self.reason = reason


# Of a machine that can take in no delivery: full, read-only, without descriptors.
MACHINE_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EMFILE, errno.ENFILE)
# SQLSTATE classes of data, of integrity and of the limits of a row or an entry: what a delivery holds.
ERRORS_OF_DATA = ("22", "23", "54")


def fault_of(subject: str, error: Exception) -> DeliveryFault | IngestionError:
    """What an exception met with one delivery is: its refusal, or, where the machine or the database
    would fail with any other too, an error that stops the landing. Only its kind and place are told."""
    if isinstance(error, (DeliveryFault, IngestionError)):
        return error
    if isinstance(error, psycopg.Error):
        kind = f"{type(error).__name__}, SQLSTATE {error.sqlstate or 'none'}"
        if (error.sqlstate or "").startswith(ERRORS_OF_DATA):
            return DeliveryFault(
                "database_refused",
                f"{subject}: the database does not take what it holds ({kind}). Nothing was loaded.",
            )
        return IngestionError(
            f"{subject}: the database failed ({kind}). "
            "Nothing of this delivery was landed; run again once the cause is mended."
        )
    if isinstance(error, OSError):
        if error.errno in MACHINE_ERRORS:
            return IngestionError(f"{subject}: the machine failed ({error.strerror}). Nothing was landed.")
        return DeliveryFault(
            "file_unreadable",
            f"{subject}: could not be read ({error.strerror}). Correct its rights, or send it again. "
            "Nothing was loaded.",
        )
    if isinstance(error, MemoryError):
        return DeliveryFault(
            "too_large",
            f"{subject}: needs more memory than there is. Send it as several smaller files. Nothing was loaded.",
        )
    place = traceback.extract_tb(error.__traceback__)[-1]
    return DeliveryFault(
        "unforeseen",
        f"{subject}: could not be taken in ({type(error).__name__} at {Path(place.filename).name}:{place.lineno}). "
        "Report this sentence. Nothing was loaded.",
    )
