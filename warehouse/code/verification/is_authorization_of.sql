-- Is it these divisions' to see? A consent that was delivered belongs to the division of its household, whoever has
-- entered its number too: a number entered early would else close a consent to come. One entered by hand belongs to
-- the divisions that whoever entered it had then, and to that of a person who signed.
create or replace function verification.is_authorization_of(authorization_no text, divisions text[]) returns boolean
language plpgsql stable as $$
begin
    if exists (select from pub.current_aid_household as delivered where delivered.authorization_no = $1) then
        return exists (
            select from pub.current_aid_household as delivered
            where delivered.authorization_no = $1 and delivered.division_code = any(divisions)
        );
    end if;
    return exists (
        select from ops.authorization as entered
        where
            entered.authorization_no = $1
            and (
                entered.entered_divisions && divisions
                or exists (
                    select from pub.current_resident as person
                    where person.id_number = entered.id_number and person.division_code = any(divisions)
                )
            )
    );
end $$;
