create or replace function api_v1.self_entered_reports(days integer)
returns table (login text, name text, reports bigint, last_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
    select log.caller, max(log.operator), count(*), max(log.logged_at)
    from audit.verification_log as log
    where
        log.outcome = 'answered' and log.client is null
        and log.logged_at >= clock_timestamp() - make_interval(days => $1)
        and verification.is_self_entered(log.authorization_no, log.caller)
    group by log.caller
    order by count(*) desc, log.caller;
end $$;
comment on function api_v1.self_entered_reports(integer) is
'审计：近若干天内，据以询问的授权书由询问者自己登记的报告，每人几份';

grant execute on function api_v1.self_entered_reports(integer) to auditor;
