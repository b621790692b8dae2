"""Whose hands shape what runs with the rights of another: nobody's but those who own or administer it.

Functions of ``api_v1``, ``pub`` and ``audit`` act with the rights of their owner. Whoever owns a table,
view, function or type they meet, or may put a trigger on it, could have that owner run anything.
"""

from pathlib import Path

import psycopg

STRANGERS = (Path(__file__).parent / "strangers.sql").read_text(encoding="utf-8")


def strangers(connection: psycopg.Connection) -> list[str]:
    """What somebody may shape that runs with another's rights, each with the statement that mends it."""
    return [row[0] for row in connection.execute(STRANGERS.encode()).fetchall()]
