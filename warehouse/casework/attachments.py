"""Files kept beside a finding: PDF, JPEG and PNG, told apart by what they hold, for its divisions alone."""

from dataclasses import dataclass

import psycopg


@dataclass(frozen=True)
class Attachment:
    """name: without the ending, which is that of its kind."""

    finding_id: str
    name: str
    kind: str
    content: bytes


def attach(
    connection: psycopg.Connection, finding_id: str, purpose: str, name: str, content: bytes, by: str
) -> None:
    """Raises psycopg's InvalidParameterValue, in words for people, where it is too big or no such file."""
    connection.execute(
        "select api_v1.attach_to_finding(%s, %s, %s, %s, %s)", [finding_id, purpose, name, content, by]
    )


def attachment(connection: psycopg.Connection, attachment_id: int, purpose: str) -> Attachment | None:
    """None of other divisions, and of one taken back. A reading of whom the finding is about."""
    row = connection.execute(
        "select * from api_v1.finding_attachment(%s, %s)", [attachment_id, purpose]
    ).fetchone()
    return Attachment(*row) if row else None


def withdraw(connection: psycopg.Connection, attachment_id: int, purpose: str, reason: str, by: str) -> None:
    """Nobody gets it any more. Raises as `attach`; ObjectNotInPrerequisiteState where it was taken back already."""
    connection.execute(
        "select api_v1.withdraw_attachment(%s, %s, %s, %s)", [attachment_id, purpose, reason, by]
    )
