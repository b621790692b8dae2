create or replace function verification.batch_progress(asked_batch uuid) returns jsonb
language sql stable
begin atomic
select jsonb_build_object(
    'status', case when count(*) filter (where item.report_no is null and item.problem_code is null) = 0
        then 'done' else 'running' end,
    'batch_id', $1,
    'total', count(*),
    'answered', count(item.report_no),
    'refused', count(item.problem_code),
    'items', coalesce(
        jsonb_agg(
            jsonb_build_object(
                'item_no', item.item_no, 'request_id', item.request -> 'request_id', 'report_no', item.report_no,
                'problem_code', item.problem_code
            )
            order by item.item_no
        ) filter (where item.report_no is not null or item.problem_code is not null),
        '[]'
    )
)
from audit.batch_item as item
where item.batch_id = $1
having count(*) > 0;
end;
