-- One that is not the login's is as unknown as one that is not there.
create or replace function api_v1.authorization_state(authorization_no text) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return case
        when not verification.is_own_authorization($1) then 'unknown'
        when verification.is_revoked($1) then 'revoked'
        when
            exists (select from ops.authorization as entered where entered.authorization_no = $1)
            or exists (select from pub.current_aid_household as delivered where delivered.authorization_no = $1)
            then 'entered'
        else 'unknown'
    end;
end $$;
comment on function api_v1.authorization_state(text) is
'本区划授权书的状态：unknown 没有（或不属本区划），entered 已登记，revoked 已撤回';

grant execute on function api_v1.authorization_state(text) to officer;
