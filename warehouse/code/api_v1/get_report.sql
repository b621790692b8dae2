create or replace function api_v1.get_report(report_no text, purpose text default null, operator text default null)
returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
    given audit.verification_log;
    asker constant text := verification.asker();
begin
    select * into given
    from audit.verification_log as log
    where
        log.report_no = $1 and log.outcome = 'answered'
        and verification.asker(log.client, log.caller) = asker;
    return verification.hand_out(
        'get_report', given,
        jsonb_strip_nulls(jsonb_build_object('report_no', $1, 'purpose', $2, 'operator', clean.words($3)))
    );
end $$;
comment on function api_v1.get_report(text, text, text) is
'按编号取回本系统询问所得的核对报告（撤回授权的除外）；每次须写代码表内的用途；不写操作人时以登录用户留痕';

grant execute on function api_v1.get_report(text, text, text) to approval_api;
