-- To one report, or out of which one report came; what is due first. One row beyond those wanted: there are more.
create or replace function api_v1.desk_objections(
    about_report text, is_still_open boolean, most integer, passed_over integer
) returns table (
    objection_no text, report_no text, item_zh text, received_on date, due_on date, is_open boolean,
    is_overdue boolean, recorded_by text, outcome text, decided_by text, decided_at timestamptz
)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    return query
    select
        own.objection_no, own.report_no, own.item_zh, own.received_on, own.due_on, own.is_open, own.is_overdue,
        own.recorded_by, own.outcome, own.decided_by, own.decided_at
    from verification.own_objection as own
    where
        ($2 is null or own.is_open = $2)
        and (
            $1 is null or own.report_no = $1
            or own.objection_no = (
                select again.objection_no from ops.objection_report as again where again.report_no = $1
            )
        )
    order by own.is_open desc, case when own.is_open then own.due_on end, own.decided_at desc, own.objection_no
    limit $3 + 1 offset $4;
end $$;
comment on function api_v1.desk_objections(text, boolean, integer, integer) is
'对本区划核对报告的异议：期限与结果；不涉及当事人';

grant execute on function api_v1.desk_objections(text, boolean, integer, integer) to officer;
