-- By somebody else than who asked for the report: by login, and of a system's question by name.
create or replace function api_v1.decide_objection(
    objection_no text, outcome text, reason_code text, note text, decided_by text
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    stated constant text := clean.words($4);
    own verification.own_objection;
    wrong text;
begin
    perform verification.want_words($5, stated);
    select listed.* into own from verification.own_objection as listed where listed.objection_no = $1;
    wrong := case
        when own.objection_no is null then '没有这件复核。 There is no such case.'
        when
            own.report_login = session_user
            or clean.words($5) = clean.words((verification.own_report(own.report_no)).operator)
            then '出具报告的经办人不能办结对它的复核，须由另一人办理。 Who asked for the report may not decide on the objection to it.'
        when not exists (
            select from pub.current_verification_code as known
            where (known.code_list, known.code) = ('objection_' || $2, $3)
        ) then '请选择结果与原因。 Choose an outcome and a reason.'
        when
            $2 = 'verified_again'
            and not exists (
                select from ops.objection_report as again
                where again.objection_no = $1 and again.asked_login <> session_user
            )
            then '请先由另一人重新核对，再以此办结。 Somebody else has to verify again first.'
    end;
    if wrong is not null then
        raise invalid_parameter_value using message = wrong;
    end if;
    insert into ops.objection_decision
        (objection_no, report_login, outcome, reason_code, note, decided_by, decided_login)
    values ($1, own.report_login, $2, $3, stated, $5, session_user);
exception
    when unique_violation then
        raise object_not_in_prerequisite_state using
            message = '他人刚刚办结了这件复核。 Somebody else was faster: look at it anew.';
end $$;
comment on function api_v1.decide_objection(text, text, text, text, text) is
'办结复核：维持、更正或重新核对及其原因；询问该报告的人不能办结';

grant execute on function api_v1.decide_objection(text, text, text, text, text) to officer;
