"""A landed delivery taken out of use on people's word: marked in the ledger, its lines stay in raw."""

import psycopg

from ingestion import ledger, versions
from ingestion.errors import RequestError
from ingestion.free_text import refuse_id_number


def withdraw(
    connection: psycopg.Connection, delivery_id: str, reason: str, said_by: str | None, people: int
) -> bool:
    """Record that somebody (null or blank: the login) withdraws a delivery; returns whether it is withdrawn now.

    people: how many must have said so. From then on it counts as never having come, to the next build
    and to the repeats of later deliveries; its id is not free again. Raises RequestError.
    """
    refuse_id_number(connection, reason)
    entry = ledger.find(connection, delivery_id)
    if entry is None:
        raise RequestError(
            f"{delivery_id}：没有落地过。 No such delivery was landed. `select * from ops.delivery` lists them."
        )
    ledger.lock_feed(connection, entry.feed)
    status, said = _said(connection, delivery_id, reason, said_by)
    if status == "withdrawn":
        raise RequestError(f"{delivery_id}：此前已撤回。 It is withdrawn already. Nothing was changed.")
    if said < people:
        return False
    connection.execute("update ops.delivery set status = 'withdrawn' where delivery_id = %s", [delivery_id])
    versions.forget(connection, entry.feed)
    return True


def _said(
    connection: psycopg.Connection, delivery_id: str, reason: str, said_by: str | None
) -> tuple[str, int]:
    """The status before, and how many people have withdrawn it since it was landed, this one among them."""
    row = connection.execute(
        """
        with said as (
            insert into ops.withdrawal (delivery_id, said_by, reason)
            select delivery_id, coalesce(nullif(clean.as_seen(%(said_by)s), ''), session_user), %(reason)s
            from ops.delivery where delivery_id = %(delivery_id)s and status <> 'withdrawn'
            returning said_by
        )
        select delivery.status, (
            select count(distinct lower(clean.compact(person))) from (
                select said_by as person from said
                union select said_by from ops.withdrawal as earlier
                where earlier.delivery_id = delivery.delivery_id and earlier.said_at >= delivery.landed_at
            ) as people
        )
        from ops.delivery as delivery where delivery_id = %(delivery_id)s
        """,
        {"delivery_id": delivery_id, "said_by": said_by, "reason": reason},
    ).fetchone()
    assert row is not None
    return row[0], row[1]
