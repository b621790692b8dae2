-- The sheets of a household, one per kind that bears the number, as a list: means, members, items, differences.
create or replace function api_v1.household_sheets(household_no text, purpose text) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    told jsonb;
begin
    perform verification.want_purpose($2);
    select coalesce(jsonb_agg(
        jsonb_build_object(
            'means', to_jsonb(means) || jsonb_build_object(
                'business_date', release.business_date, 'generation', release.generation,
                'division_zh', place.name_zh
            ),
            'members', (
                select coalesce(jsonb_agg(
                    jsonb_build_object(
                        'resident_id', member.resident_id, 'relation', member.relation,
                        'masked_id_number', resident.masked_id_number,
                        'masked_name', clean.mask_name(coalesce(resident.name, '')),
                        'age', extract(year from age(release.business_date, resident.born_on))::integer
                    )
                    order by resident.born_on, member.resident_id
                ), '[]')
                -- present on the day of the generation; an unresolved member has nothing but a place
                from pub.scoped_household_history as member
                left join pub.current_resident as resident on member.resident_id = resident.resident_id
                where
                    member.household_kind = means.household_kind
                    and member.household_no = $1
                    and member.from_generation <= release.generation
                    and (member.to_generation is null or member.to_generation > release.generation)
                    and (member.valid_from is null or member.valid_from <= release.business_date)
                    and (member.valid_to is null or member.valid_to > release.business_date)
            ),
            'items', (
                select coalesce(jsonb_agg(
                    to_jsonb(item)
                    || jsonb_build_object('masked_name', clean.mask_name(coalesce(resident.name, '')))
                    order by
                        item.item_kind desc, item.category, item.income_month, item.resident_id, item.delivery_id,
                        item.line_number
                ), '[]')
                from pub.current_household_means_item as item
                left join pub.current_resident as resident on item.resident_id = resident.resident_id
                where item.household_kind = means.household_kind and item.household_no = $1
            ),
            'differences', (
                select coalesce(jsonb_agg(
                    jsonb_build_object(
                        'difference_kind', difference.difference_kind, 'relation', difference.relation,
                        'sources', difference.sources
                    )
                    order by difference.difference_kind, difference.relation, difference.sources
                ), '[]')
                from pub.current_household_difference as difference
                where difference.aid_household_no = $1
            )
        )
        order by means.household_kind
    ), '[]')
    into told
    from pub.current_household_means as means
    cross join pub.current_release as release
    left join pub.current_division as place using (division_code)
    where
        means.household_no = $1
        and (
            (select pub.sees_all_divisions()) or means.division_code = any((select pub.own_divisions())::text[])
        );
    perform verification.note_reading('household_sheets', $2, jsonb_build_object('household_no', $1), array(
        select distinct resident_id::bigint
        from jsonb_path_query(told, '$[*].*[*].resident_id ? (@ != null)') as resident_id
    ));
    return told;
end $$;
comment on function api_v1.household_sheets(text, text) is '按户号和用途查阅本区划家庭的经济状况逐项计算，留痕';

grant execute on function api_v1.household_sheets(text, text) to officer;
