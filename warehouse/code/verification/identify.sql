-- Whom the members asked for are. The number alone is not enough: where the name is somebody else's
-- (clean.name_contradicts), the member is ambiguous and nothing is told. A former name of the holder is the
-- holder's, which is said. A name alone leads to nobody.
create or replace function verification.identify(request jsonb, generation integer)
returns verification.asked_member[]
language plpgsql stable as $$
begin
    return (
        with

        -- cleaned once, however often it is looked at
        asked as materialized (
            select
                member.member_no::integer,
                member.stated ->> 'relation' as relation,
                clean.person_name(member.stated ->> 'name') as name,
                clean.id_number(member.stated ->> 'id_number') as id_number
            from jsonb_array_elements($1 -> 'members') with ordinality as member (stated, member_no)
        ),

        known as materialized (
            select
                asked.*,
                holder.resident_id,
                holder.number_count,
                holder.name as known_name,
                -- linkage's own question; who stands in the household book matters for another name alone
                holder.number_count = 1 and not clean.name_contradicts(
                    asked.name, known_by.names,
                    case
                        when asked.name <> all(known_by.names)
                            then verification.kin_names(holder.resident_id, $2)
                    end
                ) as is_found,
                asked.name <> holder.name and asked.name = any(known_by.names) as is_former_name,
                holder.division_code,
                holder.household_type,
                holder.is_registered,
                holder.died_on
            from asked
            cross join lateral (
                select
                    count(*) as number_count,
                    min(resident.resident_id) as resident_id,
                    clean.person_name(min(resident.name)) as name,
                    (array_agg(resident.known_names))[1] as known_names,
                    min(resident.division_code) as division_code,
                    min(resident.household_type) as household_type,
                    bool_or(resident.is_registered) as is_registered,
                    min(resident.died_on) as died_on
                from pub.resident_at($2) as resident
                where resident.id_number = asked.id_number
                offset 0  -- the name is cleaned once
            ) as holder
            cross join lateral (
                select coalesce(array_agg(told.name), array[holder.name]) as names
                from jsonb_array_elements_text(holder.known_names) as told (name)
            ) as known_by
        )

        select array_agg(
            row(
                known.member_no,
                known.relation,
                known.name,
                known.id_number,
                known.resident_id,
                case when known.is_found then known.resident_id end,
                case when known.number_count = 0 then 'unknown' when known.is_found then 'found' else 'ambiguous' end,
                case
                    when known.id_number is null then 'invalid_number'
                    when known.number_count = 0 then 'number_unknown'
                    when known.number_count > 1 then 'several_residents'
                    when known.known_name is null then 'name_unknown'
                    when known.is_found is not true then 'name_differs'
                    when known.is_former_name then 'former_name'
                end,
                case when known.is_found then known.division_code end,
                case when known.is_found then known.household_type end,
                case when known.is_found then known.is_registered end,
                case when known.is_found then known.died_on end
            )::verification.asked_member
            order by known.member_no
        )
        from known
    );
end $$;
