"""What people write in their own words, and what is kept of it for ever."""

import psycopg

from ingestion.errors import RequestError


def holds_id_number(connection: psycopg.Connection, text: str | None) -> bool:
    """Whether an identity number is written in it, by the same eyes that mask facts and cells."""
    row = connection.execute(
        "select clean.mask_id_numbers_in(%(text)s) is distinct from %(text)s::text", {"text": text}
    ).fetchone()
    return bool(row and row[0])


def is_blank(connection: psycopg.Connection, text: str | None) -> bool:
    """Whether there is nothing to read in it, whatever characters it is made of."""
    row = connection.execute("select clean.words(%s) is null", [text]).fetchone()
    return bool(row and row[0])


def want_reason(connection: psycopg.Connection, reason: str) -> None:
    """Raises RequestError where a reason that would be kept says nothing, or an identity number."""
    if is_blank(connection, reason):
        raise RequestError(
            "--reason 中没有写明原因，未作改动。 No reason is given: --reason wants why. Nothing was changed."
        )
    if holds_id_number(connection, reason):
        raise RequestError(
            "--reason 中有身份号码，请删去，未作改动。 "
            "An identity number stands in the --reason, which is kept for ever. Take it out; the id of the delivery "
            "and a line number say enough. Nothing was changed."
        )
