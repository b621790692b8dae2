-- Asks anew what the report was asked, for the purpose of an objection; the case keeps which report that gave.
create or replace function api_v1.verify_again(
    objection_no text, request_id text, authorization_no text, asked_by text
) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    own verification.own_objection;
    given audit.verification_log;
    answer jsonb;
begin
    perform verification.want_words($4, null);
    select listed.* into own from verification.own_objection as listed where listed.objection_no = $1;
    if own.is_open is not true then
        raise invalid_parameter_value using message = '没有这件复核，或已办结。 There is no such case, or it is closed.';
    end if;
    given := verification.own_report(own.report_no);
    answer := verification.asked_by_hand(
        given.operation,
        given.request || jsonb_build_object(
            'request_id', $2, 'authorization_no', coalesce($3, given.authorization_no), 'purpose', 'objection'
        )
    );
    if answer ->> 'status' = 'answered' then
        insert into ops.objection_report (report_no, objection_no, asked_by, asked_login)
        values (answer ->> 'report_no', $1, $4, session_user)
        on conflict do nothing;
    end if;
    return answer;
end $$;
comment on function api_v1.verify_again(text, text, text, text) is
'为复核重新核对：按原申请再问，用途为异议复核；所出报告记入该件复核';

grant execute on function api_v1.verify_again(text, text, text, text) to officer;
