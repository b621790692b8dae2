-- One household and those related to it, by a generation that can still be asked (none: the one served) and on a day
-- (none: that of the generation). Null where the login's divisions know no such household.
create or replace function verification.desk_household(
    operation text, household_no text, purpose text, known_generation integer, asked_on date, is_named boolean
) returns jsonb
language plpgsql as $$
declare
    told jsonb;
    release ops.generation;
    asked constant jsonb := jsonb_strip_nulls(
        jsonb_build_object('household_no', $2, 'generation', $4, 'asked_on', $5)
    );
begin
    perform verification.want_purpose($3);
    select known.* into release
    from ops.generation as known
    inner join pub.current_generation as pointer on known.generation = coalesce($4, pointer.generation)
    where known.dropped_at is null and known.generation <= pointer.generation;
    if
        release.generation is not null
        and exists (select from verification.household_member as member where member.household_no = $2)
    then
        told := verification.household_story($2, release.generation, coalesce($5, release.business_date), $6)
            || jsonb_build_object(
                'household_no', $2,
                'generation', release.generation,
                'business_date', release.business_date,
                'asked_on', coalesce($5, release.business_date),
                'generations', (
                    select jsonb_agg(
                        jsonb_build_object('generation', known.generation, 'business_date', known.business_date)
                        order by known.generation desc
                    )
                    from ops.generation as known
                    inner join pub.current_generation as pointer on known.generation <= pointer.generation
                    where known.dropped_at is null
                ),
                'sheets', verification.household_sheets($2, release.generation, coalesce($5, release.business_date))
            );
    end if;
    perform verification.note_reading($1, $3, asked, array(
        select distinct resident_id::bigint
        from unnest(
            array['$.**.resident_id', '$.**.husband_resident_id', '$.**.wife_resident_id']::jsonpath[]
        ) as place
        cross join lateral jsonb_path_query(told, place) as resident_id
        where resident_id <> 'null'
        order by 1
    ));
    return told;
end $$;
