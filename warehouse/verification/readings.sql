-- Who was told of a resident, or of whoever stands for him or stood for him before a merger.
with

today as (
    select resident_id from ops.merged_resident where former_resident_id = %(resident_id)s
    union
    select %(resident_id)s
),

ids as (
    select resident_id from today
    union
    select former_resident_id from ops.merged_resident where resident_id in (select resident_id from today)
)

select logged_at, operation, outcome, operator, caller, client, purpose, authorization_no, report_no
from audit.verification_log
where resident_ids && array(select resident_id from ids) and outcome <> 'refused'
order by logged_at
