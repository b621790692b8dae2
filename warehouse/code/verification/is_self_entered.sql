-- Was the consent entered by hand by this login and nobody else? One that was delivered was entered by nobody.
create or replace function verification.is_self_entered(authorization_no text, login text) returns boolean
language plpgsql stable as $$
begin
    return
        exists (
            select from ops.authorization as entered
            where entered.authorization_no = $1 and entered.entered_login = $2
        )
        and not exists (
            select from ops.authorization as entered
            where entered.authorization_no = $1 and entered.entered_login is distinct from $2
        )
        and not exists (select from pub.current_aid_household as delivered where delivered.authorization_no = $1);
end $$;
