-- Returns the number of the case; sent twice with one request_id it is one.
create or replace function api_v1.object_to_report(
    report_no text, request_id text, item text, member_no integer, statement text, received_on date, recorded_by text
) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    at_generation constant integer := (select pointer.generation from pub.current_generation as pointer);
    today constant date := verification.today();
    working_days constant integer := verification.parameter('objection_working_days', at_generation, today);
    said constant text := clean.words($5);
    given audit.verification_log;
    wrong text;
    objection_no text;
begin
    perform verification.want_words($7, said);
    given := verification.own_report($1);
    wrong := case
        when given.report_no is null then '没有此核对报告。 There is no such report.'
        when coalesce($2, '') !~ '^[A-Za-z0-9._:-]{1,64}$' then '请求编号不合规定。 The number of the request has another form.'
        when not coalesce(verification.has_code('objection_item', $3, at_generation), false)
            then '请选择对哪一项有异议。 Say which item is objected to.'
        when said is null then '请写明当事人所述。 Say what the person says.'
        when $4 not between 1 and jsonb_array_length(given.answer -> 'members')
            then '报告中没有这一成员。 The report has no such member.'
        when not coalesce($6 between given.asked_on and today, false)
            then '收到之日不早于报告之日，不晚于今天。 The day it was received is not before the report and not after today.'
        when working_days is null
            then '没有设定办结期限（参数 objection_working_days）。 The parameter objection_working_days is not set.'
    end;
    if wrong is not null then
        raise invalid_parameter_value using message = wrong;
    end if;
    insert into ops.objection as raised (
        objection_no, report_no, report_login, request_id, item, member_no, statement, received_on, due_on,
        recorded_by, recorded_login
    ) values (
        'FH' || to_char(today, 'YYYYMMDD') || '-' || upper(left(replace(gen_random_uuid()::text, '-', ''), 8)),
        $1, given.caller, $2, $3, $4, said, $6, verification.working_day_after($6, working_days, at_generation),
        $7, session_user
    )
    on conflict on constraint objection_recorded_login_request_id_key do nothing
    returning raised.objection_no into objection_no;
    if objection_no is null then
        select raised.objection_no into objection_no
        from ops.objection as raised
        where
            (raised.recorded_login, raised.request_id, raised.report_no, raised.item, raised.statement, raised.received_on)
            = (session_user, $2, $1, $3, said, $6)
            and raised.member_no is not distinct from $4;
    end if;
    if objection_no is null then
        raise invalid_parameter_value using
            message = '这张表单已登记过另一内容，请重新打开报告再填。 This form was recorded with other contents: open the report anew.';
    end if;
    return objection_no;
end $$;
comment on function api_v1.object_to_report(text, text, text, integer, text, date, text) is
'登记对本区划核对报告的异议（复核），返回复核编号；办结期限按参数 objection_working_days';

grant execute on function api_v1.object_to_report(text, text, text, integer, text, date, text) to officer;
