"""A landed delivery taken out of use on people's word: marked in the ledger, its lines stay in raw."""

from dataclasses import dataclass

import psycopg

from ingestion import ledger, versions
from ingestion.errors import RequestError
from ingestion.free_text import want_reason


@dataclass(frozen=True)
class Withdrawal:
    """How far it has come. people: who have said so; logins: by how many logins of the database."""

    is_withdrawn: bool
    people: int
    logins: int


def withdraw(
    connection: psycopg.Connection, delivery_id: str, reason: str, said_by: str | None, people: int
) -> Withdrawal:
    """Record that somebody (null or blank: the login) withdraws a delivery.

    people: how many must have said so. From then on it counts as never having come, to the next build
    and to the repeats of later deliveries; its id is not free again. Raises RequestError.
    """
    want_reason(connection, reason)
    entry = ledger.find(connection, delivery_id)
    if entry is None:
        raise RequestError(
            f"{delivery_id}：没有落地过。 No such delivery was landed. `select * from ops.delivery` lists them."
        )
    ledger.lock_feed(connection, entry.feed)
    status = _say(connection, delivery_id, reason, said_by)
    if status == "withdrawn":
        raise RequestError(f"{delivery_id}：此前已撤回。 It is withdrawn already. Nothing was changed.")
    said, logins = connection.execute(SAID, [delivery_id]).fetchall()[0]
    if said >= people:
        connection.execute(
            "update ops.delivery set status = 'withdrawn' where delivery_id = %s", [delivery_id]
        )
        versions.forget(connection, entry.feed)
    return Withdrawal(said >= people, said, logins)


# Since it was landed: how many people, spelling aside, and by how many logins. The login is the database's word.
SAID = """
select count(distinct lower(clean.compact(said_by))), count(distinct said_login)
from ops.withdrawal
inner join ops.delivery using (delivery_id)
where delivery_id = %s and said_at >= landed_at
"""


def _say(connection: psycopg.Connection, delivery_id: str, reason: str, said_by: str | None) -> str:
    """Keep the word, and return the status the delivery had."""
    row = connection.execute(
        """
        with said as (
            insert into ops.withdrawal (delivery_id, said_by, reason)
            select delivery_id, coalesce(nullif(clean.as_seen(%(said_by)s), ''), session_user), %(reason)s
            from ops.delivery where delivery_id = %(delivery_id)s and status <> 'withdrawn'
        )
        select status from ops.delivery where delivery_id = %(delivery_id)s
        """,
        {"delivery_id": delivery_id, "said_by": said_by, "reason": reason},
    ).fetchone()
    assert row is not None
    return str(row[0])
