-- Names of all who ever stood in a household book of a resident, former ones too, as linkage asks (kin,
-- linkage/exact.py): who has moved out is a relative all the same.
create or replace function verification.kin_names(resident_id bigint, generation integer) returns text[]
language plpgsql stable as $$
begin
    return (
        -- a name that we do not know is nobody's
        select coalesce(array_remove(array_agg(distinct clean.person_name(known.name)), null), '{}')
        from pub.registered_household_member_at($2) as own
        inner join pub.registered_household_member_at($2) as member on member.household_no = own.household_no
        inner join pub.resident_at($2) as kin on kin.resident_id = member.resident_id
        cross join lateral (
            select kin.name
            union
            select told.name from jsonb_array_elements_text(kin.known_names) as told (name)
        ) as known
        where own.resident_id = $1 and member.resident_id <> $1
    );
end $$;
