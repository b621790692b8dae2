create or replace function api_v1.get_report(report_no text, purpose text default null, operator text default null)
returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_variable
declare
    asked_on date := verification.today();
    given audit.verification_log;
    at_generation integer;
    asker constant text := verification.asker();
    request jsonb := jsonb_strip_nulls(jsonb_build_object('report_no', $1, 'purpose', $2, 'operator', clean.words($3)));
begin
    perform set_config('synchronous_commit', 'on', true);
    select pointer.generation into at_generation from pub.current_generation as pointer;
    if at_generation is null then
        return verification.refuse('get_report', request, asked_on, 'not_published');
    end if;
    if not coalesce(verification.has_code('purpose', $2, at_generation), false) then
        return verification.refuse(
            'get_report', request, asked_on, 'purpose_unknown',
            jsonb_build_object('errors', jsonb_build_array(
                jsonb_build_object('parameter', 'purpose', 'code', case when $2 is null then 'missing' else 'not_in_list' end)
            ))
        );
    end if;
    select * into given
    from audit.verification_log as log
    where
        log.report_no = $1 and log.outcome = 'answered'
        and verification.asker(log.client, log.caller) = asker;
    if not found then
        return verification.refuse('get_report', request, asked_on, 'report_unknown');
    end if;
    return verification.repeat(given, 'get_report', request, asked_on);
end $$;
comment on function api_v1.get_report(text, text, text) is
'按编号取回本系统询问所得的核对报告（撤回授权的除外）；每次须写代码表内的用途；不写操作人时以登录用户留痕';

grant execute on function api_v1.get_report(text, text, text) to approval_api;
