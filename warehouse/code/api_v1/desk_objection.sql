-- Null where it is none of the login's divisions.
create or replace function api_v1.desk_objection(objection_no text, purpose text) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    own verification.own_objection;
    given audit.verification_log;
begin
    perform verification.want_purpose($2);
    select listed.* into own from verification.own_objection as listed where listed.objection_no = $1;
    given := verification.own_report(own.report_no);
    perform verification.note_reading(
        'desk_objection', $2, jsonb_build_object('objection_no', $1), given.resident_ids
    );
    if own.objection_no is null then
        return null;
    end if;
    return to_jsonb(own) || jsonb_build_object(
        'operation', given.operation,
        'asked_on', given.asked_on,
        'asked_by', given.operator,
        'authorization_no', given.authorization_no,
        'member_name', given.answer #>> array['asked', 'names', (own.member_no - 1)::text],
        'may_decide', own.report_login <> session_user,
        'reports', (
            select coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'report_no', again.report_no, 'at', again.asked_at, 'by', again.asked_by,
                        'login', again.asked_login
                    )
                    order by again.asked_at
                ),
                '[]'
            )
            from ops.objection_report as again
            where again.objection_no = own.objection_no
        )
    );
end $$;
comment on function api_v1.desk_objection(text, text) is '本区划的一件复核及其经过，留痕';

grant execute on function api_v1.desk_objection(text, text) to officer;
