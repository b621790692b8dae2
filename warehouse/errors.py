"""Errors with an exit code. Their text is for people and never holds personal values."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy.exc import SQLAlchemyError

UNDEFINED_TABLE_OR_SCHEMA = ("42P01", "3F000")


class MinzhengError(Exception):
    """Our own fault or the machine's (exit code 3)."""

    exit_code = 3


class UsageError(MinzhengError):
    """Bad input or use (exit code 2): says what, where and what to do."""

    exit_code = 2


class NoInbox(UsageError):
    """The folder of deliveries is not there: mistyped, or not mounted."""


class OutOfTurn(UsageError):
    """A step of a build that another builder has overtaken; begun again, it joins the other."""


class GateClosed(MinzhengError):
    """A gate is closed or a comparison failed (exit code 1); the last generation stays."""

    exit_code = 1


@contextmanager
def given_path(path: Path) -> Iterator[None]:
    """A path somebody named that cannot be read or written is bad input."""
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read or written: {error.strerror}. Name another path, or make room or rights there."
        ) from None


@contextmanager
def without_values() -> Iterator[None]:
    """Errors of the database as MinzhengError that name the kind of fault only.

    The server's own words may hold personal values, and they would reach logs.
    """
    try:
        yield
    except (psycopg.Error, SQLAlchemyError) as error:
        cause = error if isinstance(error, psycopg.Error) else getattr(error, "orig", None)
        sqlstate = getattr(cause, "sqlstate", None) or "none"
        if sqlstate in UNDEFINED_TABLE_OR_SCHEMA:
            raise UsageError(
                "Nothing has been built here yet: run `minzheng run --inbox DIR` first."
            ) from None
        raise MinzhengError(
            f"The database refused a statement ({type(cause or error).__name__}, SQLSTATE {sqlstate}). "
            "What was published stays. Run again; if it comes back, report it with this line."
        ) from None
