-- How far a batch is, and a page of it: its items done after a place. The page ends before the first item not
-- done, so that whoever goes on after its last one misses none, in whatever order they are done. next_after is
-- where the next page begins, null after the last item.
create or replace function verification.batch_progress(asked_batch uuid, after_item integer, most integer) returns jsonb
language sql stable
begin atomic
with

items as (
    select
        item.item_no,
        item.request,
        item.report_no,
        item.problem_code,
        item.report_no is not null or item.problem_code is not null as is_done
    from audit.batch_item as item
    where item.batch_id = $1
),

told as (
    select
        count(*) as total,
        count(*) filter (where items.is_done) as done,
        count(items.report_no) as answered,
        count(items.problem_code) as refused,
        min(items.item_no) filter (where not items.is_done) as first_open
    from items
),

page as (
    select items.*
    from items
    cross join told
    where items.item_no > $2 and (told.first_open is null or items.item_no < told.first_open)
    order by items.item_no
    limit $3
),

listed as (
    select
        coalesce(max(page.item_no), $2) as last_no,
        coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'item_no', page.item_no, 'request_id', page.request -> 'request_id',
                    'report_no', page.report_no, 'problem_code', page.problem_code,
                    'errors', case when page.problem_code = 'invalid_request'
                        then verification.item_faults(page.item_no, page.request) end
                )
                order by page.item_no
            ),
            '[]'
        ) as items
    from page
)

select jsonb_build_object(
    'status', case when told.done = told.total then 'done' else 'running' end,
    'batch_id', $1,
    'total', told.total,
    'answered', told.answered,
    'refused', told.refused,
    'items', listed.items,
    'next_after', case when listed.last_no < told.total then listed.last_no end,
    'callback', verification.callback_state($1)
)
from told
cross join listed
where told.total > 0;
end;
