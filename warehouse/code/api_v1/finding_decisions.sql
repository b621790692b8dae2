create or replace function api_v1.finding_decisions(finding_id text)
returns table (decided_at timestamptz, decided_by text, decision text, reason text, note text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
    select made.decided_at, made.decided_by, made.decision, coalesce(reason.title_zh, made.reason_code), made.note
    from ops.finding_decision as made
    left join pub.current_finding_reason as reason on made.reason_code = reason.reason_code
    where made.finding_id = $1 and exists (select from verification.finding as own where own.finding_id = $1)
    order by made.decision_id;
end $$;
comment on function api_v1.finding_decisions(text) is '对某一疑点作过的处理决定（本区划）';

grant execute on function api_v1.finding_decisions(text) to officer;
