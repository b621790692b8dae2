-- What is due first. One row beyond those wanted: there are more.
create or replace function api_v1.desk_person_requests(is_still_open boolean, most integer, passed_over integer)
returns table (
    request_no text, kind text, received_on date, due_on date, is_open boolean, is_overdue boolean, recorded_by text,
    outcome text, decided_by text, decided_at timestamptz
)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    return query
    select
        own.request_no, own.kind, own.received_on, own.due_on, own.is_open, own.is_overdue, own.recorded_by,
        own.outcome, own.decided_by, own.decided_at
    from verification.own_person_request as own
    where own.is_open = $1
    order by case when own.is_open then own.due_on end, own.decided_at desc, own.request_no
    limit $2 + 1 offset $3;
end $$;
comment on function api_v1.desk_person_requests(boolean, integer, integer) is
'本区划人员对其个人信息的请求：期限与结果；不涉及当事人';

grant execute on function api_v1.desk_person_requests(boolean, integer, integer) to officer;
