"""What must hold after every landing, whatever happened."""

import psycopg
from small_inbox import MARKERS


def fingerprint(db: psycopg.Connection) -> dict[str, str]:
    """Digest of every row of raw and of the ledger, system columns included."""
    tables = db.execute(
        "select schemaname || '.' || tablename from pg_tables where schemaname = 'raw' "
        "or (schemaname = 'ops' and tablename in ('delivery', 'rejected_row', 'rejected_delivery'))"
    ).fetchall()
    return {
        table: db.execute(
            f"select md5(string_agg(row.xmin::text || row::text, ',' order by row::text)) from {table} as row"
        ).fetchall()[0][0]
        for (table,) in tables
    }


def check_invariants(db: psycopg.Connection) -> None:
    """I1 to I3, and no planted person in what everybody may read."""
    deliveries = db.execute(
        "select delivery_id, feed, received_count, landed_count, rejected_count, repeated_count, "
        "control_total_yuan, landed_total_yuan, rejected_total_yuan from ops.delivery"
    ).fetchall()
    for (
        delivery_id,
        feed,
        received,
        landed,
        rejected,
        repeated,
        control,
        landed_sum,
        rejected_sum,
    ) in deliveries:
        in_raw, flagged, distinct = db.execute(
            f"select count(*), count(*) filter (where _is_repeat), count(distinct _line_number) "
            f"from raw.{feed} where _delivery_id = %s",
            [delivery_id],
        ).fetchall()[0]
        refused = db.execute(
            "select count(*) from ops.rejected_row where delivery_id = %s", [delivery_id]
        ).fetchall()[0][0]
        assert received == landed + rejected + repeated, "I1"
        assert (in_raw, flagged, refused) == (landed + repeated, repeated, rejected), "I1"
        assert distinct == in_raw, "I3"
        if control is not None:
            assert landed_sum + rejected_sum == control, "I2"
        in_both = db.execute(
            f"select count(*) from raw.{feed} r join ops.rejected_row x "
            "on (x.delivery_id, x.line_number) = (r._delivery_id, r._line_number)"
        ).fetchall()[0][0]
        assert in_both == 0
    told = db.execute("select coalesce(string_agg(d::text, ' '), '') from ops.rejected_delivery d").fetchall()
    assert not any(marker in told[0][0] for marker in MARKERS), "I10"
