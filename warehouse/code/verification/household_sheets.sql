-- The sheets of a household, one per kind that bears the number, as a generation worked them out; members are those
-- of the day asked. As far as the login's divisions go.
create or replace function verification.household_sheets(household_no text, at_generation integer, asked_on date)
returns jsonb
language plpgsql stable as $$
begin
    return (
        select coalesce(jsonb_agg(
            jsonb_build_object(
                'means', to_jsonb(means) - array['row_key', 'row_hash', 'from_generation', 'to_generation']
                || jsonb_build_object(
                    'business_date', release.business_date, 'generation', release.generation,
                    'division_zh', place.name_zh
                ),
                'members', (
                    select coalesce(jsonb_agg(
                        jsonb_build_object(
                            'resident_id', member.resident_id, 'relation', member.relation,
                            'masked_id_number', resident.masked_id_number,
                            'masked_name', clean.mask_name(coalesce(resident.name, '')),
                            'age', extract(year from age($3, resident.born_on))::integer
                        )
                        order by resident.born_on, member.resident_id
                    ), '[]')
                    -- an unresolved member has nothing but a place
                    from verification.household_members(means.household_no, $2, $3) as member
                    left join pub.resident_at($2) as resident on member.resident_id = resident.resident_id
                    where member.household_kind = means.household_kind
                ),
                'items', (
                    select coalesce(jsonb_agg(
                        to_jsonb(item) - array['row_key', 'row_hash', 'from_generation', 'to_generation']
                        || jsonb_build_object('masked_name', clean.mask_name(coalesce(resident.name, '')))
                        order by
                            item.item_kind desc, item.category, item.income_month, item.resident_id, item.delivery_id,
                            item.line_number
                    ), '[]')
                    from pub.household_means_item_at($2) as item
                    left join pub.resident_at($2) as resident on item.resident_id = resident.resident_id
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
                    from pub.household_difference_at($2) as difference
                    where difference.aid_household_no = $1
                )
            )
            order by means.household_kind
        ), '[]')
        from pub.household_means_at($2) as means
        inner join ops.generation as release on release.generation = $2
        left join pub.current_division as place using (division_code)
        where
            means.household_no = $1
            and (
                (select pub.sees_all_divisions())
                or means.division_code = any((select pub.own_divisions())::text[])
                -- Who moved away is not seen any more by where they were.
                and not exists (
                    select from pub.household_means as latest
                    where
                        (latest.household_kind, latest.household_no) = (means.household_kind, means.household_no)
                        and latest.to_generation is null
                        and coalesce(latest.division_code, '') <> all((select pub.own_divisions())::text[])
                )
            )
    );
end $$;
