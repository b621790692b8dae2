"""Old batches go, what was answered in them stays."""

from datetime import UTC, datetime, timedelta

import psycopg
from hand_made_family import Family

from warehouse.verification.audit import check_log
from warehouse.verification.batches import forget_batches


def test_done_batches_go_and_their_answers_stay(connection: psycopg.Connection) -> None:
    family = Family(connection)
    family.publish()
    old_done, old_waiting, new_done = (
        family.call("submit_batch", [family.request(f"B{number}", purpose="review")])["batch_id"]
        for number in range(3)
    )
    for batch in (old_done, new_done):
        while family.call("advance_batch", batch):
            pass
    now = datetime.now(UTC)
    family.execute(
        "update audit.batch set submitted_at = %s where batch_id = any(%s)",
        [now - timedelta(days=400), [old_done, old_waiting]],
    )

    assert forget_batches(connection, now - timedelta(days=365)) == 1
    assert forget_batches(connection, now - timedelta(days=365)) == 0
    assert family.call("batch", old_done)["problem"]["code"] == "batch_unknown"
    assert family.call("batch", old_waiting)["status"] == "running"
    assert family.call("batch", new_done)["status"] == "done"
    [report_no] = [number for request, number in family.log("request_id, report_no") if request == "B0"]
    assert family.call("get_report", report_no, "review")["status"] == "answered"
    assert check_log(connection) == (3, [])
