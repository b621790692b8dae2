"""What is held of a person, for the person: asked by an officer of the person's division."""

from typing import Any

import psycopg


def held_of_person(connection: psycopg.Connection, id_number: str, purpose: str) -> dict[str, Any] | None:
    """Sources, benefits and readings (``api_v1.held_of_person``); none of whom the login's divisions do not know."""
    row = connection.execute("select api_v1.held_of_person(%s, %s)", [id_number, purpose]).fetchone()
    return row[0] if row else None
