-- Is it the login's to see and to withdraw? Its divisions', and what it entered by hand itself.
create or replace function verification.is_own_authorization(authorization_no text) returns boolean
language plpgsql stable as $$
begin
    return pub.sees_all_divisions()
        or verification.is_authorization_of($1, pub.own_divisions())
        or (
            exists (
                select from ops.authorization as entered
                where entered.authorization_no = $1 and entered.entered_login = session_user
            )
            and not exists (select from pub.current_aid_household as delivered where delivered.authorization_no = $1)
        );
end $$;
