"""Errors with an exit code. Their text is for people and never holds personal values."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

UNDEFINED_TABLE_OR_SCHEMA = ("42P01", "3F000")
INSUFFICIENT_PRIVILEGE = "42501"
LOCK_NOT_AVAILABLE = "55P03"
# Of a function or column too: what a program wants of a database that is older than itself.
NOT_THERE = (*UNDEFINED_TABLE_OR_SCHEMA, "42883", "42703")
# What `without_values` says of these is all there is to say, whatever was under way.
TOLD_BY_KIND = (*UNDEFINED_TABLE_OR_SCHEMA, INSUFFICIENT_PRIVILEGE, LOCK_NOT_AVAILABLE)
# The server's words on a missing right that hold nothing but the name of a thing.
OF_A_THING = re.compile(r"(permission denied for|must be owner of) [a-z ]+ \w+")


class MinzhengError(Exception):
    """Our own fault or the machine's (exit code 3)."""

    exit_code = 3


class UsageError(MinzhengError):
    """Bad input or use (exit code 2): says what, where and what to do."""

    exit_code = 2


class MissingRight(UsageError):
    """The login may not do this: names what it may not touch."""


class NotBuilt(UsageError):
    """A table or schema is not there."""


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
            f"{path} 读写不了。 "
            f"{path} cannot be read or written: {error.strerror}. Name another path, or make room or rights there."
        ) from None
    except UnicodeDecodeError:
        raise UsageError(
            f"{path} 不是 UTF-8。 {path} is not UTF-8: save it as UTF-8, or name another."
        ) from None


@contextmanager
def refusals_told(connection: psycopg.Connection, what_came_of_it: str, where: str = "") -> Iterator[None]:
    """What a function of ``api_v1`` refuses it says in words of ours, which hold no values: they are for people.

    All that is done within is then undone, and the connection serves on."""
    try:
        with connection.transaction():
            yield
    except psycopg.errors.InvalidParameterValue as refused:
        raise UsageError(f"{where}{refused.diag.message_primary} {what_came_of_it}") from None


def _without_quotes(cause: object) -> str:
    """What right is missing, where the server names the thing and no more."""
    said = str(getattr(getattr(cause, "diag", None), "message_primary", "") or "")
    return said if OF_A_THING.fullmatch(said) else "a right is missing"


def _of_databases() -> tuple[type[Exception], ...]:
    from sqlalchemy.exc import SQLAlchemyError  # once something went wrong: help need not wait for it

    return psycopg.Error, SQLAlchemyError


def is_not_there(error: Exception) -> bool:
    """Whether something of the database was asked for that it does not have."""
    return isinstance(error, NotBuilt) or _sqlstate(error) in NOT_THERE


def _sqlstate(error: Exception) -> str | None:
    """Of psycopg's error, or of the one that SQLAlchemy made something of."""
    return getattr(error, "sqlstate", None) or getattr(getattr(error, "orig", None), "sqlstate", None)


@contextmanager
def without_values() -> Iterator[None]:
    """Errors of the database as MinzhengError that name the kind of fault only.

    The server's own words may hold personal values, and they would reach logs.
    """
    try:
        yield
    except Exception as error:
        if not isinstance(error, _of_databases()):
            raise
        cause = error if isinstance(error, psycopg.Error) else getattr(error, "orig", None)
        sqlstate = _sqlstate(error) or "none"
        if sqlstate in UNDEFINED_TABLE_OR_SCHEMA:
            raise NotBuilt(
                "这里尚未构建。 Nothing has been built here yet: run `minzheng run --inbox DIR` first."
            ) from None
        if sqlstate == INSUFFICIENT_PRIVILEGE:
            raise MissingRight(
                "本登录无权这样做，什么也未改动。 "
                f"This login may not do that: {_without_quotes(cause)}. Nothing was changed."
            ) from None
        if sqlstate == LOCK_NOT_AVAILABLE:
            raise MinzhengError(
                "等待他人的事务过久，未作改动，请稍后再试。 "
                "Waited too long for somebody else's transaction. Nothing was changed; run again later, and look at "
                "`select pid, usename, application_name from pg_stat_activity` for who is at work."
            ) from None
        raise MinzhengError(
            "数据库拒绝了一条语句，已发布的不变。 "
            f"The database refused a statement ({type(cause or error).__name__}, SQLSTATE {sqlstate}). "
            "What was published stays. Run again; if it comes back, report it with this line."
        ) from None
