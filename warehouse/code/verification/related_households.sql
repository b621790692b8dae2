-- A household and every other in which somebody of it was on that day: book, legal family and aid household side by
-- side. unseen_count: members who live in divisions of others, and so are not told of.
create or replace function verification.related_households(number text, at_generation integer, asked_on date)
returns table (household_kind text, household_no text, member_count bigint, unseen_count bigint, resident_ids bigint[])
language plpgsql stable as $$
#variable_conflict use_column
declare
    asked constant bigint[] := array(
        select distinct member.resident_id
        from verification.household_members($1, $2, $3) as member
        where member.resident_id is not null
    );
begin
    return query
    with

    related as (
        select member.household_kind, member.household_no
        from verification.household_members($1, $2, $3) as member
        union
        select member.household_kind, member.household_no
        from verification.household_member as member
        where
            member.resident_id = any(asked)
            and member.from_generation <= $2
            and (member.to_generation is null or member.to_generation > $2)
            and (member.valid_from is null or member.valid_from <= $3)
            and (member.valid_to is null or member.valid_to > $3)
    )

    select
        related.household_kind,
        related.household_no,
        told.members,
        greatest(whole.members - told.members, 0),
        told.resident_ids
    from related
    cross join lateral (
        select
            count(*) as members,
            array_agg(member.resident_id) filter (where member.resident_id is not null) as resident_ids
        from verification.household_members(related.household_no, $2, $3) as member
        where member.household_kind = related.household_kind
    ) as told
    cross join lateral (
        select count(*) as members
        from (
            select member.valid_from, member.valid_to
            from pub.registered_household_member_at($2) as member
            where related.household_kind = 'registered' and member.household_no = related.household_no
            union all
            select member.valid_from, member.valid_to
            from pub.legal_family_member_at($2) as member
            where related.household_kind = 'legal' and member.family_no = related.household_no
        ) as known
        where (known.valid_from is null or known.valid_from <= $3) and (known.valid_to is null or known.valid_to > $3)
    ) as whole;
end $$;
