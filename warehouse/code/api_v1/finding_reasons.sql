create or replace function api_v1.finding_reasons()
returns table (reason_code text, decision text, title_zh text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
    select reason.reason_code, reason.decision, reason.title_zh
    from pub.current_finding_reason as reason
    order by reason.reason_code;
end $$;
comment on function api_v1.finding_reasons() is '疑点处理的原因代码';

create or replace function api_v1.finding_reasons(rule_code text)
returns table (reason_code text, decision text, title_zh text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
    select reason.reason_code, reason.decision, reason.title_zh
    from pub.current_finding_reason as reason
    where verification.is_reason_for(reason.side, $1)
    order by reason.reason_code;
end $$;
comment on function api_v1.finding_reasons(text) is '可用于该规则疑点的处理原因代码';

grant execute on function api_v1.finding_reasons(text) to officer;
grant execute on function api_v1.finding_reasons() to officer;
