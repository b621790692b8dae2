create or replace function api_v1.finding_decisions(finding_id text, purpose text)
returns table (
    decided_at timestamptz, decided_by text, decided_login text, decision text, reason text, note text,
    recovered_yuan numeric
)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    own verification.finding;
begin
    perform verification.want_purpose($2);
    select listed.* into own from verification.finding as listed where listed.finding_id = $1;
    perform verification.note_reading(
        'finding_decisions', $2, jsonb_build_object('finding_id', $1), array_remove(array[own.subject_resident_id], null)
    );
    return query
    select
        made.decided_at, made.decided_by, made.decided_login, made.decision,
        coalesce(reason.title_zh, made.reason_code), made.note, made.recovered_yuan
    from ops.finding_decision as made
    left join pub.current_finding_reason as reason on made.reason_code = reason.reason_code
    where made.finding_id = own.finding_id
    order by made.decision_id;
end $$;
comment on function api_v1.finding_decisions(text, text) is '按用途查阅对本区划某一疑点作过的处理决定，留痕';

grant execute on function api_v1.finding_decisions(text, text) to officer, auditor;
