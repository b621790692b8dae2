-- Does what was said of a number by a login of these divisions (null: of whoever it was) hold for it? Of a number no
-- household has, always; once one has it, where the household is theirs. A number entered early would else close, or
-- widen, a consent to come of another division.
create or replace function verification.is_said_for(divisions text[], authorization_no text) returns boolean
language plpgsql stable as $$
begin
    return
        divisions is null
        or '*' = any(divisions)
        or not exists (select from pub.current_aid_household as delivered where delivered.authorization_no = $2)
        or exists (
            select from pub.current_aid_household as delivered
            where
                delivered.authorization_no = $2
                and (
                    delivered.division_code = any(divisions)
                    or exists (
                        select from pub.current_division as former
                        where
                            former.division_code = any(divisions)
                            and former.successor_code = delivered.division_code
                    )
                )
        );
end $$;
