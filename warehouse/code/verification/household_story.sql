-- What is known of the people of related households: who they are, whom they married, what they drew.
-- A name is masked unless is_named.
create or replace function verification.household_story(
    household_no text, at_generation integer, asked_on date, is_named boolean
) returns jsonb
language plpgsql stable as $$
#variable_conflict use_column
declare
    households jsonb;
    people bigint[];
    theirs bigint[];
begin
    select
        jsonb_agg(
            jsonb_build_object(
                'household_kind', related.household_kind,
                'household_no', related.household_no,
                'unseen_count', related.unseen_count,
                'members', (
                    select coalesce(jsonb_agg(
                        to_jsonb(member) - array['household_kind', 'household_no']
                        order by member.valid_from, member.resident_id, member.line_number
                    ), '[]')
                    from verification.household_members(related.household_no, $2, $3) as member
                    where member.household_kind = related.household_kind
                )
            )
            order by
                array_position(array['registered', 'legal', 'aid'], related.household_kind), related.household_no <> $1,
                related.household_no
        ),
        array(
            select distinct resident_id
            from verification.related_households($1, $2, $3) as again
            cross join lateral unnest(again.resident_ids) as resident_id
        )
    into households, people
    from verification.related_households($1, $2, $3) as related;
    -- Of whoever left a case and lives elsewhere only the place then held is told, no benefit or marriage of now.
    theirs := verification.told_in_full(people);
    return jsonb_build_object(
        'households', coalesce(households, '[]'),
        'people', (
            select coalesce(jsonb_agg(
                jsonb_build_object(
                    'resident_id', resident.resident_id,
                    'name', case when $4 and resident.resident_id = any(theirs) then resident.name else clean.mask_name(coalesce(resident.name, '')) end,
                    'id_number', case when $4 and resident.resident_id = any(theirs) then resident.id_number else resident.masked_id_number end,
                    'sex_code', resident.sex_code,
                    'age', extract(year from age(least($3, resident.died_on), resident.born_on))::integer,
                    'died_on', resident.died_on,
                    'is_registered', resident.is_registered,
                    'registered_household_no', resident.registered_household_no,
                    'division_zh', coalesce(place.name_zh, resident.division_code)
                )
                order by resident.born_on, resident.resident_id
            ), '[]')
            from pub.resident_at($2) as resident
            left join pub.current_division as place using (division_code)
            where resident.resident_id = any(people)
        ),
        'marriages', (
            select coalesce(jsonb_agg(
                jsonb_build_object(
                    'husband_resident_id', spell.husband_resident_id,
                    'wife_resident_id', spell.wife_resident_id,
                    'husband_name', case
                        when $4 and spell.husband_resident_id = any(theirs) then spell.husband_name
                        else clean.mask_name(coalesce(spell.husband_name, ''))
                    end,
                    'wife_name', case
                        when $4 and spell.wife_resident_id = any(theirs) then spell.wife_name
                        else clean.mask_name(coalesce(spell.wife_name, ''))
                    end,
                    'registered_on', spell.registered_on,
                    'ended_on', spell.ended_on,
                    'ended_by', spell.ended_by,
                    'has_overlap', spell.has_overlap,
                    'delivery_id', spell.delivery_id,
                    'line_number', spell.line_number
                )
                order by spell.registered_on, spell.certificate_no
            ), '[]')
            from pub.marriage_spell_at($2) as spell
            where spell.husband_resident_id = any(theirs) or spell.wife_resident_id = any(theirs)
        ),
        'benefits', (
            select coalesce(jsonb_agg(
                to_jsonb(drawn) || jsonb_build_object(
                    'division_zh', coalesce(place.name_zh, drawn.division_code),
                    'months', (
                        select coalesce(jsonb_agg(
                            jsonb_build_object('month', paid.benefit_month, 'yuan', paid.paid_yuan)
                            order by paid.benefit_month
                        ), '[]')
                        from (
                            select whole.benefit_month, whole.paid_yuan
                            from pub.benefit_month_at($2) as whole
                            where whole.aid_household_no = drawn.case_no and whole.is_paid
                            union all
                            select own.benefit_month, own.household_paid_yuan
                            from pub.benefit_month_person_at($2) as own
                            where
                                drawn.feed = 'entitlement' and own.resident_id = any(drawn.resident_ids)
                                and own.case_no = drawn.case_no
                        ) as paid
                    )
                )
                order by drawn.started_on, drawn.benefit_code, drawn.case_no
            ), '[]')
            from (
                select
                    entitlement.benefit_code,
                    entitlement.entitlement_no as case_no,
                    array[entitlement.resident_id] as resident_ids,
                    entitlement.division_code,
                    entitlement.started_on,
                    entitlement.ended_on,
                    entitlement.is_active,
                    null::numeric as monthly_amount_yuan,
                    'entitlement' as feed,
                    entitlement.delivery_id,
                    entitlement.line_number
                from pub.entitlement_at($2) as entitlement
                where entitlement.resident_id = any(theirs)
                union all
                select
                    household.aid_type_code,
                    household.aid_household_no,
                    covered.resident_ids,
                    household.division_code,
                    household.approved_on,
                    household.stopped_on,
                    household.is_active,
                    household.monthly_amount_yuan,
                    'aid_household',
                    household.delivery_id,
                    household.line_number
                from (
                    select
                        member.aid_household_no,
                        array_agg(distinct member.resident_id order by member.resident_id) as resident_ids
                    from pub.aid_household_member_at($2) as member
                    where member.resident_id = any(theirs) and member.is_covered
                    group by member.aid_household_no
                ) as covered
                inner join pub.aid_household_at($2) as household using (aid_household_no)
            ) as drawn
            left join pub.current_division as place using (division_code)
        )
    );
end $$;
