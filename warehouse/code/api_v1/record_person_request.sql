-- Returns the number of the case; sent twice with one form_id it is one. None where nobody of the login's divisions has
-- the number: that is logged as it is of somebody, so all else is judged first and nothing after it raises.
create or replace function api_v1.record_person_request(
    id_number text, form_id text, kind text, statement text, purpose text, received_on date, recorded_by text
) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    today constant date := verification.today();
    at_generation constant integer := (select pointer.generation from pub.current_generation as pointer);
    working_days constant integer := verification.parameter('person_request_working_days', at_generation, today);
    said constant text := clean.words($4);
    person bigint;
    wrong text;
    request_no text;
begin
    perform verification.want_purpose($5);
    perform verification.want_words($7, said);
    wrong := case
        when coalesce($2, '') !~ '^[A-Za-z0-9._:-]{1,64}$' then '请求编号不合规定。 The number of the form has another form.'
        when coalesce($3, '') not in ('correction', 'restriction', 'deletion')
            then '请选择请求的事项。 Say what is asked for.'
        when said is null then '请写明本人所述。 Say what the person says.'
        when not coalesce($6 between today - 366 and today, false)
            then '收到之日在一年之内，不晚于今天。 The day it was received is within a year and not after today.'
        when working_days is null
            then '没有设定答复期限（参数 person_request_working_days）。 The parameter person_request_working_days is not set.'
        -- Of a person the login has recorded already.
        when exists (
            select from ops.person_request as asked
            where
                (asked.recorded_login, asked.form_id) = (session_user, $2)
                and (
                    (asked.kind, asked.statement, asked.received_on) is distinct from ($3, said, $6)
                    or not exists (
                        select from pub.current_resident as known
                        where known.resident_id = asked.resident_id and known.id_number = clean.id_number($1)
                    )
                )
        ) then '这张表单已登记过另一内容，请重新打开再填。 This form was recorded with other contents: open it anew.'
    end;
    if wrong is not null then
        raise invalid_parameter_value using message = wrong;
    end if;
    select known.resident_id into person
    from pub.current_resident as known
    where
        known.id_number = clean.id_number($1)
        and known.resident_id = any(verification.told_in_full(array[known.resident_id]));
    perform verification.note_reading(
        'record_person_request', $5, jsonb_build_object('kind', $3, 'id_number', $1),
        array_remove(array[person], null)
    );
    if person is null then
        return null;
    end if;
    insert into ops.person_request as asked (
        request_no, form_id, resident_id, kind, statement, received_on, due_on, recorded_by, recorded_login
    ) values (
        'GR' || to_char(today, 'YYYYMMDD') || '-' || upper(left(replace(gen_random_uuid()::text, '-', ''), 8)),
        $2, person, $3, said, $6, verification.working_day_after($6, working_days, at_generation), $7, session_user
    )
    on conflict on constraint person_request_recorded_login_form_id_key do nothing
    returning asked.request_no into request_no;
    if request_no is null then
        select asked.request_no into request_no
        from ops.person_request as asked
        where
            (asked.recorded_login, asked.form_id, asked.resident_id, asked.kind, asked.statement, asked.received_on)
            = (session_user, $2, person, $3, said, $6);
    end if;
    return request_no;
end $$;
comment on function api_v1.record_person_request(text, text, text, text, text, date, text) is
'登记本区划某人对其个人信息的请求（更正、限制处理、删除），留痕；答复期限按参数 person_request_working_days';

grant execute on function api_v1.record_person_request(text, text, text, text, text, date, text) to officer;
