-- Of these people, those whose names and numbers the login may see in full: who lives in its divisions, and who is
-- in a case of them.
create or replace function verification.told_in_full(resident_ids bigint[]) returns bigint[]
language plpgsql stable as $$
begin
    return array(
        select own.resident_id
        from pub.resident as own
        where
            own.resident_id = any($1) and own.to_generation is null
            and (
                (select pub.sees_all_divisions()) or own.division_code = any((select pub.own_divisions())::text[])
            )
        union
        select member.resident_id
        from verification.household_member as member
        where
            member.household_kind = 'aid' and member.resident_id = any($1)
            and member.to_generation is null and member.valid_to is null
    );
end $$;
