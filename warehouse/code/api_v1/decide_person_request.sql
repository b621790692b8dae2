-- By somebody else than who recorded it.
create or replace function api_v1.decide_person_request(
    request_no text, outcome text, answer text, decided_by text
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    said constant text := clean.words($3);
    own verification.own_person_request;
    wrong text;
begin
    perform verification.want_words($4, said);
    select listed.* into own from verification.own_person_request as listed where listed.request_no = $1;
    wrong := case
        when own.request_no is null then '没有这件请求。 There is no such case.'
        when own.recorded_login = session_user
            then '登记者不能答复，须由另一人办理。 Who recorded it may not decide on it.'
        when coalesce($2, '') not in ('granted', 'partly', 'refused') then '请选择答复的结果。 Choose an outcome.'
        when said is null then '请写明答复：如何办理，或为何不办。 Say what is done, or why it is not.'
    end;
    if wrong is not null then
        raise invalid_parameter_value using message = wrong;
    end if;
    insert into ops.person_request_decision (request_no, recorded_login, outcome, answer, decided_by, decided_login)
    values ($1, own.recorded_login, $2, said, $4, session_user);
exception
    when unique_violation then
        raise object_not_in_prerequisite_state using
            message = '他人刚刚答复了这件请求。 Somebody else was faster: look at it anew.';
end $$;
comment on function api_v1.decide_person_request(text, text, text, text) is
'答复本人的请求：同意、部分同意或不予同意及其说明；登记者不能答复';

grant execute on function api_v1.decide_person_request(text, text, text, text) to officer;
