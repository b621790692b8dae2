-- Is it the login's to see and to withdraw? Its divisions'.
create or replace function verification.is_own_authorization(authorization_no text) returns boolean
language plpgsql stable as $$
begin
    return pub.sees_all_divisions() or verification.is_authorization_of($1, pub.own_divisions());
end $$;
