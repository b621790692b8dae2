-- No substitute: what was said before is taken back. The days end by themselves.
create or replace function api_v1.set_substitute(
    login text, substitute text, from_on date, until_on date, set_by text
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    today constant date := verification.today();
    wrong text;
begin
    perform verification.want_words($5, null);
    wrong := case
        when $1 is null or not exists (select from desk.account as account where account.login = $1)
            or not verification.may_arrange($1)
            then '不能为此人定代办人。 You cannot say who stands in for that person.'
        when $2 is null then null
        when $1 = $2 or not verification.covers_divisions($2, $1)
            then '代办人须是办理同样区划的同事。 The substitute has to be a colleague of the same divisions.'
        when coalesce($3 > $4 or $4 < today or $4 > today + 366, true)
            then '请写明起止日期：不早于今天，至多一年。 Give the first and the last day: today or later, a year at most.'
    end;
    if wrong is not null then
        raise invalid_parameter_value using message = wrong;
    end if;
    insert into ops.officer_substitute (login, substitute_login, from_on, until_on, set_by)
    values ($1, $2, case when $2 is null then today else $3 end, case when $2 is null then today else $4 end, $5);
end $$;
comment on function api_v1.set_substitute(text, text, date, date, text) is
'为本人（负责人可为下属）定一段日期的代办人，或取消；谁定的留有登录';

grant execute on function api_v1.set_substitute(text, text, date, date, text) to officer;
