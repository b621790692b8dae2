"""Whose hands shape what runs with the rights of another: nobody's but those who own or administer it.

Functions of ``api_v1``, ``pub`` and ``audit`` act with the rights of their owner. Whoever owns a table,
view, function or type they meet, or may put a trigger on it, could have that owner run anything.
"""

from pathlib import Path

import psycopg

from warehouse.database.errors import MinzhengError

STRANGERS = (Path(__file__).parent / "strangers.sql").read_text(encoding="utf-8")


def strangers(connection: psycopg.Connection) -> list[str]:
    """What somebody may shape that runs with another's rights, each with the statement that mends it."""
    return [row[0] for row in connection.execute(STRANGERS.encode()).fetchall()]


def refuse_strange_inputs(connection: psycopg.Connection) -> None:
    """Raises MinzhengError where raw or input holds what landing does not make there (ops.strange_inputs): a step
    that reads it would run it, as a login that may act as every other step."""
    found = [row[0] for row in connection.execute("select ops.strange_inputs()").fetchall()]
    if found:
        raise MinzhengError(
            "来源数据（raw、input）中有接收不会创建的内容，构建没有开始，上次发布的世代不变。 "
            f"raw or input holds what landing does not make there: {', '.join(found)}. Nothing was read, the last "
            "published generation stays. Ask who made it, and drop it; views of input are then made anew."
        )
