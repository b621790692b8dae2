-- Batches that are done and their requests, one statement: a batch is held while it goes.
with

done as (
    select batch.batch_id
    from audit.batch as batch
    where
        batch.submitted_at < %(before)s
        and not exists (
            select from audit.batch_item as item
            where item.batch_id = batch.batch_id and item.report_no is null and item.problem_code is null
        )
        and not exists (
            select from ops.batch_callback as callback
            where
                callback.batch_id = batch.batch_id and callback.next_attempt_at is not null
                -- one that nobody sends any more is waited for no longer than the batch itself was
                and not exists (
                    select from ops.unsent_callback as unsent
                    where unsent.batch_id = batch.batch_id and unsent.due_since < %(before)s
                )
        )
    for update
),

items as (
    delete from audit.batch_item as item using done where item.batch_id = done.batch_id
),

batches as (
    delete from audit.batch as batch using done where batch.batch_id = done.batch_id
    returning batch.batch_id
)

select count(*) from batches
