-- Null where it is of nobody of the login's divisions.
create or replace function api_v1.desk_person_request(request_no text, purpose text) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    own verification.own_person_request;
begin
    perform verification.want_purpose($2);
    select listed.* into own from verification.own_person_request as listed where listed.request_no = $1;
    perform verification.note_reading(
        'desk_person_request', $2, jsonb_build_object('request_no', $1),
        array_remove(array[own.resident_id], null)
    );
    return (
        select
            to_jsonb(own) || jsonb_build_object(
                'name', person.name,
                'masked_id_number', person.masked_id_number,
                'may_decide', own.recorded_login <> session_user
            )
        from (select own.resident_id) as asked
        -- Nobody, where it is not certain who stands for the person today.
        left join pub.current_resident as person using (resident_id)
        where own.request_no is not null
    );
end $$;
comment on function api_v1.desk_person_request(text, text) is '本区划某人的一件请求及其答复，留痕';

grant execute on function api_v1.desk_person_request(text, text) to officer;
