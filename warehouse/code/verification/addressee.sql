-- To whom a letter about a finding goes: its subject, else the first of the household, who is alive and whom the login
-- may see in full.
create or replace function verification.addressee(finding_id text) returns bigint
language plpgsql stable as $$
begin
    return (
        select candidate.resident_id
        from verification.finding as own
        cross join lateral (
            select own.subject_resident_id as resident_id, 0 as place
            union all
            select member.resident_id, member.member_no
            from pub.current_aid_household_member as member
            where member.aid_household_no = own.aid_household_no and member.valid_to is null
        ) as candidate
        inner join pub.current_resident as resident on candidate.resident_id = resident.resident_id
        where
            own.finding_id = $1
            and resident.died_on is null
            and resident.resident_id = any(verification.told_in_full(array[candidate.resident_id]))
        order by candidate.place
        limit 1
    );
end $$;
