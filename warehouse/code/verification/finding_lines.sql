-- The lines a finding of the login's divisions rests on, and that of its household (whom to call): as received and
-- as read. Masked; is_named: in full where it tells of people the login may see in full. Null where there is no such
-- finding. What is said of the line as a whole is in full where all whom it names are such.
create or replace function verification.finding_lines(
    operation text, finding_id text, purpose text, is_named boolean
) returns jsonb
language plpgsql as $$
#variable_conflict use_column
declare
    most constant integer := 48;
    own verification.finding;
    lines jsonb;
    line_count bigint;
    people bigint[];
    theirs bigint[];
begin
    perform verification.want_purpose($3);
    select listed.* into own from verification.finding as listed where listed.finding_id = $2;
    with

    named as (
        select
            source ->> 'delivery_id' as delivery_id,
            (source ->> 'line_number')::bigint as line_number,
            false as is_household
        from jsonb_array_elements(own.evidence -> 'sources') as source
        union all
        select household.delivery_id, household.line_number, true
        from pub.current_aid_household as household
        where
            household.aid_household_no = own.aid_household_no
            or own.aid_household_no is null
            and ((select pub.sees_all_divisions()) or household.division_code = any((select pub.own_divisions())::text[]))
            and household.aid_household_no in (
                select member.aid_household_no from pub.current_aid_household_member as member
                where member.resident_id = own.subject_resident_id and member.valid_to is null
            )
    ),

    placed as (
        select
            delivery.system, delivery.feed, delivery.delivery_id, delivery.business_date, named.line_number,
            bool_or(named.is_household) as is_household,
            count(*) over () as line_count,
            row_number() over (
                order by
                    bool_or(named.is_household) desc, delivery.business_date desc, delivery.delivery_id,
                    named.line_number
            ) as place
        from named
        inner join ops.delivery as delivery using (delivery_id)
        group by delivery.delivery_id, named.line_number
    ),

    by_feed as (
        select
            placed.feed,
            max(placed.line_count) as line_count,
            array_agg(to_jsonb(placed) - array['place', 'line_count'] order by placed.place) as places,
            array_agg(placed.delivery_id order by placed.place) as delivery_ids,
            array_agg(placed.line_number order by placed.place) as line_numbers
        from placed
        where placed.place <= most
        group by placed.feed
    )

    select
        jsonb_agg(
            by_feed.places[content.place] || jsonb_build_object(
                'content', content.line,
                'people', (
                    select coalesce(
                        jsonb_agg(jsonb_build_object('role', link.role, 'resident_id', link.resident_id)), '[]'
                    )
                    from ops.person_link as link
                    where
                        link.delivery_id = by_feed.delivery_ids[content.place]
                        and link.line_number = by_feed.line_numbers[content.place]
                )
            )
            order by by_feed.places[content.place] ->> 'system', by_feed.feed, content.place
        ),
        coalesce(max(by_feed.line_count), 0)
    into lines, line_count
    from by_feed
    left join ops.feed as known on by_feed.feed = known.feed
    cross join lateral jsonb_array_elements(
        verification.source_lines(
            by_feed.feed, by_feed.delivery_ids, by_feed.line_numbers, coalesce(known.line_records, '{}')
        )
    ) with ordinality as content (line, place);
    people := array(
        select distinct (person ->> 'resident_id')::bigint
        from jsonb_path_query(lines, '$[*].people[*] ? (@.resident_id != null)') as person
        union
        select own.subject_resident_id where own.subject_resident_id is not null
        order by 1
    );
    perform verification.note_reading($1, $3, jsonb_build_object('finding_id', $2), people);
    if own.finding_id is null then
        return null;
    end if;
    theirs := case when $4 then verification.told_in_full(people) else '{}' end;
    return jsonb_build_object(
        'line_count', line_count,
        'lines', (
            select coalesce(jsonb_agg(
                line - array['content', 'people'] || jsonb_build_object(
                    'is_in_full', told.is_in_full,
                    'has_further', coalesce(line #> '{content,received,_additions}' <> 'null', false),
                    'received', (
                        select jsonb_object_agg(
                            cell.key,
                            case when told.is_in_full then cell.value else clean.masked(cell.value, known.classification) end
                        )
                        from jsonb_each_text(nullif(line #> '{content,received}', 'null')) as cell
                        left join ops.line_column as known
                            on known.relation = 'raw.' || (line ->> 'feed') and known.column_name = cell.key
                        where not starts_with(cell.key, '_') and known.classification is distinct from 'nested'
                    ),
                    'read', (
                        select coalesce(jsonb_agg(jsonb_build_object(
                            'record', entry.value ->> 'record',
                            'values', (
                                select jsonb_object_agg(
                                    known.column_name,
                                    case
                                        when case known.roles
                                            when '{}' then told.is_in_full
                                            else not exists (
                                                select from unnest(known.roles) as role
                                                where not exists (
                                                    select from jsonb_array_elements(line -> 'people') as person
                                                    where
                                                        person ->> 'role' = role || coalesce(entry.value #>> '{values,place}', '')
                                                        and (person ->> 'resident_id')::bigint = any(theirs)
                                                )
                                            )
                                        end then cell.value
                                        else clean.masked(cell.value, known.classification)
                                    end
                                )
                                from jsonb_each_text(entry.value -> 'values') as cell
                                inner join ops.line_column as known
                                    on known.relation = 'input.' || (entry.value ->> 'record')
                                    and known.column_name = cell.key
                            )
                        ) order by entry.ordinality), '[]')
                        from jsonb_array_elements(line #> '{content,read}') with ordinality as entry (value, ordinality)
                    )
                )
                order by place
            ), '[]')
            from jsonb_array_elements(lines) with ordinality as shown (line, place)
            cross join lateral (
                select
                    $4 and line -> 'people' <> '[]' and not exists (
                        select from jsonb_array_elements(line -> 'people') as person
                        where (person ->> 'resident_id')::bigint = any(theirs) is not true
                    ) as is_in_full
            ) as told
        )
    );
end $$;
