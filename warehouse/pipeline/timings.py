"""How long the steps of the last builds took, and the models in them: kept in ``ops.build_timing``."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from warehouse.database.connection import Warehouse

KEPT = 10  # builds
WHOLE = ""  # in place of a model: the step itself

NOTE = """
insert into ops.build_timing (build_no, step, model, seconds)
select %s, %s, model, seconds from unnest(%s::text[], %s::numeric[]) as taken (model, seconds)
on conflict (build_no, step, model) do update set seconds = excluded.seconds, ended_at = excluded.ended_at
"""
FORGET = """
delete from ops.build_timing
where build_no not in (select distinct build_no from ops.build_timing order by build_no desc limit %s)
"""


@dataclass(frozen=True)
class Taken:
    """What one step, or one model in it, took: seconds by build; not every build makes every model."""

    step: str
    model: str
    seconds: Mapping[int, float]


def note(connection: psycopg.Connection, build_no: int, step: str, seconds: Mapping[str, float]) -> None:
    """Keep seconds by model (``WHOLE``: the step), and forget the builds before the last ones."""
    connection.execute(NOTE, [build_no, step, list(seconds), [float(taken) for taken in seconds.values()]])
    connection.execute(FORGET, [KEPT])


@contextmanager
def timed(warehouse: Warehouse, build_no: int, step: str) -> Iterator[None]:
    """Note what the block took as the step's time, unless it fails."""
    begun = time.monotonic()
    yield
    with warehouse.connect() as connection:
        note(connection, build_no, step, {WHOLE: time.monotonic() - begun})


def timings(connection: psycopg.Connection) -> list[Taken]:
    """Of the last builds, in no order."""
    rows = connection.execute(
        """
        select step, model, array_agg(build_no order by build_no), array_agg(seconds::float8 order by build_no)
        from ops.build_timing group by step, model
        """
    ).fetchall()
    return [
        Taken(step, model, dict(zip(builds, seconds, strict=True))) for step, model, builds, seconds in rows
    ]
