-- Returns the places of numbers that are not valid; where there are any, nothing is entered.
create or replace function api_v1.enter_authorization(
    authorization_no text, id_numbers text[], feeds text[], authorized_from date, authorized_to date, entered_by text
) returns integer[]
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    invalid integer[] := array(
        select stated.place::integer
        from unnest($2) with ordinality as stated (id_number, place)
        where clean.id_number(stated.id_number) is null
        order by stated.place
    );
begin
    perform verification.want_consent($1, $2, $3, $4, $5, $6);
    if cardinality(invalid) = 0 then
        insert into ops.authorization
            (authorization_no, id_number, feeds, authorized_from, authorized_to, entered_by)
        select $1, clean.id_number(stated.id_number), $3, $4, $5, $6
        from unnest($2) as stated (id_number);
    end if;
    return invalid;
end $$;
comment on function api_v1.enter_authorization(text, text[], text[], date, date, text) is
'登记授权书：编号、期间、来源、登记人须齐全；所列号码须全部有效，否则一个也不登记，返回无效者的序号';

grant execute on function api_v1.enter_authorization(text, text[], text[], date, date, text) to officer;
