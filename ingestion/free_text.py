"""What people write in their own words, and what is kept of it for ever."""

import psycopg


def holds_id_number(connection: psycopg.Connection, text: str | None) -> bool:
    """Whether an identity number is written in it, by the same eyes that mask facts and cells."""
    row = connection.execute(
        "select clean.mask_id_numbers_in(%(text)s) is distinct from %(text)s::text", {"text": text}
    ).fetchone()
    return bool(row and row[0])
