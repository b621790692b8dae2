-- Is it the login's to see and to withdraw? A consent that was delivered belongs to the division of its household,
-- whoever has entered its number too: a number entered early would else close a consent to come. One entered by
-- hand belongs to whoever entered it, to colleagues of the same division, and to that of a person who signed.
create or replace function verification.is_own_authorization(authorization_no text) returns boolean
language plpgsql stable as $$
declare
    own_divisions constant text[] := pub.own_divisions();
begin
    if pub.sees_all_divisions() then
        return true;
    end if;
    if exists (select from pub.current_aid_household as delivered where delivered.authorization_no = $1) then
        return exists (
            select from pub.current_aid_household as delivered
            where delivered.authorization_no = $1 and delivered.division_code = any(own_divisions)
        );
    end if;
    return exists (
        select from ops.authorization as entered
        where
            entered.authorization_no = $1
            and (
                entered.entered_login = session_user
                or exists (
                    select from ops.division_scope as scope
                    where scope.user_name = entered.entered_login and scope.division_code = any(own_divisions)
                )
                or exists (
                    select from pub.current_resident as person
                    where person.id_number = entered.id_number and person.division_code = any(own_divisions)
                )
            )
    );
end $$;
