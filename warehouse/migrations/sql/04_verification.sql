-- Verification: one question, one logged answer. The functions of this schema run with the rights
-- of their owner behind api_v1; nobody else may call them. Those that only look up are PL/pgSQL,
-- because it keeps their plans from call to call. An answer is made of a request, a
-- generation and a day alone (verification.content), so that it can be made again.

-- Refusals: stable code, HTTP status, Chinese title.
create or replace function verification.problem(code text, detail jsonb) returns jsonb
language sql immutable
begin atomic
select jsonb_build_object(
    'status', 'refused',
    'problem', jsonb_build_object(
        'code', known.code, 'http_status', known.http_status, 'title_zh', known.title_zh, 'detail', detail
    )
)
from (
    values
    ('invalid_request', 400, '请求不符合接口规范'),
    ('purpose_unknown', 403, '没有说明用途，或用途不在代码表内'),
    ('no_live_authorization', 403, '没有有效授权，不予核对'),
    ('request_id_reused', 409, '同一请求编号已用于另一请求'),
    ('report_unknown', 404, '没有此核对报告'),
    ('batch_unknown', 404, '没有此批量复核任务'),
    ('not_published', 503, '尚未发布数据')
) as known (code, http_status, title_zh)
where known.code = $1;
end;

create or replace function verification.parameter(parameter text, generation integer, day date) returns numeric
language plpgsql stable as $$
begin
    return (
        select known.value
        from pub.verification_parameter_at($2) as known
        where known.parameter = $1 and known.valid_from <= $3 and (known.valid_to is null or known.valid_to > $3)
    );
end $$;

-- The division, its city, its province, the country: what is laid down nearest goes before.
create or replace function verification.applying_divisions(division_code text) returns text[]
language sql immutable parallel safe
return array[division_code, left(division_code, 4) || '00', left(division_code, 2) || '0000', '000000'];

create or replace function verification.rule_parameter(
    rule_code text, parameter text, division_code text, generation integer, day date
) returns numeric
language plpgsql stable as $$
begin
    return (
        select known.value
        from pub.rule_parameter_at($4) as known
        where
            known.rule_code = $1 and known.parameter = $2
            and known.division_code = any(verification.applying_divisions($3))
            and known.valid_from <= $5 and (known.valid_to is null or known.valid_to > $5)
        order by known.division_code desc
        limit 1
    );
end $$;

-- Division and settlement whose standard applies: as asked, else where the applicant is registered.
create or replace function verification.place(
    request jsonb, asked verification.asked_member[], at_generation integer,
    out division_code text, out urban_rural text
)
language plpgsql stable as $$
begin
    select
        coalesce($1 ->> 'division_code', resident.division_code),
        coalesce($1 ->> 'urban_rural', resident.household_type)
    into division_code, urban_rural
    from unnest($2) as member
    left join pub.resident_at($3) as resident on resident.resident_id = member.resident_id
    order by member.relation = '本人' desc, member.resident_id is null, member.member_no
    limit 1;
end $$;

create or replace function verification.has_code(code_list text, code text, generation integer) returns boolean
language plpgsql stable as $$
begin
    return (
        select exists (
            select from pub.verification_code_at($3) as known where known.code_list = $1 and known.code = $2
        )
    );
end $$;

-- Does the authorization open this source? No list opens all.
create or replace function verification.opens(open_feeds text[], feed text) returns boolean
language sql immutable parallel safe
return open_feeds is null or feed = any(open_feeds);

create or replace function verification.is_text(value jsonb, longest integer) returns boolean
language sql immutable parallel safe
return coalesce(jsonb_typeof(value) = 'string' and length(value #>> '{}') between 1 and longest, false);

-- Fields that break the contract (docs/openapi.json), in order; empty where none does.
create or replace function verification.faults(request jsonb, generation integer) returns text[]
language plpgsql stable as $$
declare
    known_fields constant text[] := array[
        'request_id', 'authorization_no', 'purpose', 'operator', 'aid_type', 'members',
        'division_code', 'urban_rural'
    ];
    faults text[];
begin
    if jsonb_typeof(request) is distinct from 'object' then
        return array['request'];
    end if;
    faults := array(select key from jsonb_object_keys(request) as key where key <> all(known_fields) order by key);
    if not coalesce(jsonb_typeof(request -> 'request_id') = 'string'
        and request ->> 'request_id' ~ '^[A-Za-z0-9._:-]{1,64}$', false) then
        faults := faults || 'request_id'::text;
    end if;
    if not verification.is_text(request -> 'authorization_no', 64) then
        faults := faults || 'authorization_no'::text;
    end if;
    if not verification.is_text(request -> 'operator', 64) then
        faults := faults || 'operator'::text;
    end if;
    if not verification.is_text(request -> 'aid_type', 8)
        or not verification.has_code('aid_type', request ->> 'aid_type', generation) then
        faults := faults || 'aid_type'::text;
    end if;
    if request ? 'division_code' and not coalesce(jsonb_typeof(request -> 'division_code') = 'string'
        and request ->> 'division_code' ~ '^[0-9]{6}$', false) then
        faults := faults || 'division_code'::text;
    end if;
    if request ? 'urban_rural' and not coalesce(request ->> 'urban_rural' in ('urban', 'rural'), false) then
        faults := faults || 'urban_rural'::text;
    end if;
    if jsonb_typeof(request -> 'members') is distinct from 'array' then
        return faults || 'members'::text;
    end if;
    if jsonb_array_length(request -> 'members') not between 1 and 20 or exists (
        select
        from jsonb_array_elements(request -> 'members') as member
        having
            bool_or(
                jsonb_typeof(member) <> 'object'
                or not verification.is_text(member -> 'name', 64)
                or not verification.is_text(member -> 'id_number', 64)
                or not verification.is_text(member -> 'relation', 32)
                or (member - array['name', 'id_number', 'relation']) <> '{}'
            )
            -- nobody twice
            or count(clean.id_number(member ->> 'id_number'))
            > count(distinct clean.id_number(member ->> 'id_number'))
    ) then
        faults := faults || 'members'::text;
    end if;
    return faults;
end $$;

-- Whom the members asked for are. The number alone is not enough: where it belongs to somebody of
-- another name, the member is ambiguous and nothing is told. A name alone leads to nobody.
create or replace function verification.identify(request jsonb, generation integer)
returns verification.asked_member[]
language plpgsql stable as $$
begin
    return (
        select array_agg(
            row(
                asked.member_no,
                asked.relation,
                asked.name,
                asked.id_number,
                known.resident_id,
                case when known.number_count = 1 and known.name = asked.name then known.resident_id end,
                case
                    when known.number_count = 0 then 'unknown'
                    when known.number_count = 1 and known.name = asked.name then 'found'
                    else 'ambiguous'
                end,
                case
                    when asked.id_number is null then 'invalid_number'
                    when known.number_count = 0 then 'number_unknown'
                    when known.number_count > 1 then 'several_residents'
                    when known.name is null then 'name_unknown'
                    when known.name <> asked.name then 'name_differs'
                end
            )::verification.asked_member
            order by asked.member_no
        )
        from (
            select
                member.member_no::integer,
                member.stated ->> 'relation' as relation,
                clean.person_name(member.stated ->> 'name') as name,
                clean.id_number(member.stated ->> 'id_number') as id_number
            from jsonb_array_elements($1 -> 'members') with ordinality as member (stated, member_no)
        ) as asked
        cross join lateral (
            select
                count(*) as number_count,
                min(resident.resident_id) as resident_id,
                clean.person_name(min(resident.name)) as name
            from pub.resident_at($2) as resident
            where resident.id_number = asked.id_number
        ) as known
    );
end $$;

-- Does a live authorization cover every member? Returns the reason why not (null: it does), the
-- members not covered, and the sources opened for all (null: every source).
create or replace function verification.judge_authorization(
    asked_no text, asked verification.asked_member[], at_generation integer, asked_on date,
    out reason text, out uncovered integer[], out open_feeds text[]
)
language plpgsql stable as $$
declare
    is_known boolean;
    in_period boolean;
begin
    if exists (
        select from ops.authorization_revocation as revocation where revocation.authorization_no = asked_no
    ) then
        reason := 'revoked';
        return;
    end if;
    with

    -- 授权书 of the aid household feed: signed for the household as it stands, all sources.
    consents as (
        select
            asked_member.member_no,
            household.authorized_from,
            household.authorized_to,
            null::text[] as feeds
        from pub.aid_household_at(at_generation) as household
        left join pub.aid_household_member_at(at_generation) as member
            on member.aid_household_no = household.aid_household_no and member.valid_to is null
        left join unnest(asked) as asked_member on asked_member.number_resident_id = member.resident_id
        where household.authorization_no = asked_no
        union all
        select
            asked_member.member_no,
            entered.authorized_from,
            entered.authorized_to,
            entered.feeds
        from ops.authorization as entered
        left join unnest(asked) as asked_member on asked_member.id_number = entered.id_number
        where entered.authorization_no = asked_no
    ),

    live as (
        select * from consents where asked_on between consents.authorized_from and consents.authorized_to
    ),

    opened as (
        select
            live.member_no,
            bool_or(live.feeds is null) as opens_all,
            array(
                select distinct feed
                from live as same, unnest(same.feeds) as feed
                where same.member_no = live.member_no
            ) as feeds
        from live
        where live.member_no is not null
        group by live.member_no
    )

    select
        exists (select from consents),
        exists (select from live),
        array(
            select asked_member.member_no
            from unnest(asked) as asked_member
            where
                asked_member.member_no not in (select opened.member_no from opened)
                -- of somebody without a valid number nothing can be told
                and asked_member.id_number is not null
            order by 1
        ),
        case when exists (select from opened where not opened.opens_all) then array(
            select feed.feed
            from pub.source_freshness_at(at_generation) as feed
            where not exists (select from opened where not opened.opens_all and feed.feed <> all(opened.feeds))
            order by feed.feed
        ) end
    into is_known, in_period, uncovered, open_feeds;
    reason := case
        when not is_known then 'unknown'
        when not in_period then 'outside_period'
        when uncovered <> '{}' then 'person_not_covered'
    end;
end $$;

-- What every source said. A hit is a hit however old; that nothing was found counts only where the
-- source is current, open to us and the person is known.
create or replace function verification.sources(
    asked verification.asked_member[], at_generation integer, open_feeds text[], is_outdated boolean
) returns jsonb
language plpgsql stable as $$
begin
    return (
        with

        hits as (
            select
                hit.feed,
                array_agg(distinct member.member_no order by member.member_no) as members_hit
            from unnest($1) as member
            cross join lateral unnest(
                array[
                    case when exists (
                        select from pub.registered_household_member_at($2) as r where r.resident_id = member.resident_id
                    ) then 'population' end,
                    case when exists (
                        select from pub.marriage_spell_at($2) as r where r.husband_resident_id = member.resident_id
                    ) or exists (
                        select from pub.marriage_spell_at($2) as r where r.wife_resident_id = member.resident_id
                    ) then 'marriage_event' end,
                    case when exists (
                        select from pub.cremation_at($2) as r where r.resident_id = member.resident_id
                    ) then 'cremation' end,
                    case when exists (
                        select from pub.aid_household_member_at($2) as r where r.resident_id = member.resident_id
                    ) then 'aid_household' end,
                    case when exists (
                        select from pub.entitlement_at($2) as r where r.resident_id = member.resident_id
                    ) then 'entitlement' end,
                    case when exists (
                        select from pub.benefit_month_person_at($2) as r where r.resident_id = member.resident_id
                    ) then 'payment' end,
                    case when exists (
                        select from pub.temporary_aid_at($2) as r where r.resident_id = member.resident_id
                    ) then 'temporary_aid' end,
                    case when exists (
                        select from pub.eldercare_stay_at($2) as r where r.resident_id = member.resident_id
                    ) then 'stay' end,
                    case when exists (
                        select from pub.disability_card_at($2) as r where r.resident_id = member.resident_id
                    ) then 'disability_card' end,
                    case when exists (
                        select from pub.income_item_at($2) as r where r.resident_id = member.resident_id
                    ) then 'social_insurance' end
                ]
                || array(select r.feed from pub.property_item_at($2) as r where r.resident_id = member.resident_id)
            ) as hit (feed)
            where member.resident_id is not null
            group by hit.feed
        ),

        judged as (
            select
                freshness.feed,
                freshness.title_zh,
                freshness.last_business_date,
                coalesce(freshness.is_stale, true) or $4 as is_stale,
                hits.members_hit,
                case
                    when not verification.opens($3, freshness.feed) then 'not_authorized'
                    when hits.feed is not null then 'hit'
                    when freshness.last_business_date is null then 'unavailable'
                    when freshness.is_stale or $4 then 'stale'
                    else 'not_hit'
                end as status
            from pub.source_freshness_at($2) as freshness
            left join hits using (feed)
            -- amounts of law, not people
            where freshness.feed <> 'benefit_standard'
        )

        select coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'feed', feed,
                    'title_zh', title_zh,
                    'status', status,
                    'status_zh', case status
                        when 'hit' then '命中' when 'not_hit' then '未命中' when 'not_authorized' then '未授权'
                        else '不可用或过期' end,
                    'as_of', last_business_date,
                    'is_stale', is_stale,
                    'members_hit', case when status = 'hit' then to_jsonb(members_hit) else '[]' end
                )
                order by feed
            ),
            '[]'
        )
        from judged
    );
end $$;

-- The members: what is known of each. Null is "not known": the person is not found, or the source
-- is not opened by the authorization. Of a spouse not asked for only the existence is told.
create or replace function verification.members(
    asked verification.asked_member[], at_generation integer, asked_on date, open_feeds text[], division_code text
) returns jsonb
language plpgsql stable as $$
begin
    return (
        select jsonb_agg(
            jsonb_build_object(
                'member_no', member.member_no,
                'relation', member.relation,
                'identity', member.identity,
                'identity_zh', case member.identity
                    when 'found' then '已确认' when 'ambiguous' then '无法确认是否同一人' else '查无此人' end,
                'identity_reason', member.reason,
                'masked_id_number', clean.mask_id_number(member.id_number),
                'resident_id', situation.resident_id,
                'division_code', situation.division_code,
                'is_registered', situation.is_registered,
                'is_alive', situation.is_alive,
                'died_on', situation.died_on,
                'marriage', marriage.marriage,
                'benefits', case
                    when verification.opens($4, 'entitlement') and verification.opens($4, 'aid_household')
                        then situation.benefits end,
                'stay', case when verification.opens($4, 'stay') then situation.stay end,
                'disability', case when verification.opens($4, 'disability_card') then situation.disability end,
                'income_items', income.items,
                'property_items', property.items
            )
            order by member.member_no
        )
        from unnest($1) as member
        left join lateral (
            select * from pub.resident_situation_at($2) as known where known.resident_id = member.resident_id
        ) as situation on true
        left join lateral (
            select jsonb_build_object(
                'status', situation.marital_status,
                'registered_on', max(spell.registered_on),
                -- null: a partner who could not be identified is neither declared nor undeclared
                'has_undeclared_spouse', case
                    when bool_or(partner.resident_id is not null and partner.member_no is null) then true
                    when bool_or(partner.resident_id is null and partner.member_no is null) then null
                    else false end,
                'spouse_member_no', max(partner.member_no)
            ) as marriage
            from pub.marriage_spell_at($2) as spell
            cross join lateral (
                select
                    ids.resident_id,
                    (
                        select min(declared.member_no)
                        from unnest($1) as declared
                        where
                            declared.number_resident_id = ids.resident_id
                            -- declared, but under a number that leads to nobody
                            or (declared.number_resident_id is null and declared.name = clean.person_name(ids.name))
                    ) as member_no
                from (
                    select
                        case when spell.husband_resident_id = member.resident_id
                            then spell.wife_resident_id else spell.husband_resident_id end as resident_id,
                        case when spell.husband_resident_id = member.resident_id
                            then spell.wife_name else spell.husband_name end as name
                ) as ids
            ) as partner
            where
                (spell.husband_resident_id = member.resident_id or spell.wife_resident_id = member.resident_id)
                and spell.ended_on is null
        ) as marriage on situation.resident_id is not null and verification.opens($4, 'marriage_event')
        left join lateral (
            select coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'income_kind', item.income_kind,
                        'insurance_type', item.insurance_type,
                        'income_month', item.income_month,
                        'amount_yuan', item.amount_yuan,
                        'counted_yuan', case when item.income_kind = 'pension' then round(
                            item.amount_yuan
                            * verification.rule_parameter('D04', 'pension_counted_share', $5, $2, $3), 2
                        ) else item.amount_yuan end,
                        'is_public_payroll', item.is_public_payroll,
                        'source', jsonb_build_object(
                            'feed', 'social_insurance', 'delivery_id', item.delivery_id, 'line_number', item.line_number
                        )
                    )
                    order by item.income_month, item.income_kind, item.delivery_id, item.line_number
                ),
                '[]'
            ) as items
            from pub.income_item_at($2) as item
            where
                item.resident_id = member.resident_id
                and item.income_month in (select counted.income_month from pub.income_window_at($2) as counted)
        ) as income on situation.resident_id is not null and verification.opens($4, 'social_insurance')
        left join lateral (
            select coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'property_kind', item.property_kind,
                        'item_no', item.item_no,
                        'detail', item.detail,
                        'value_yuan', item.value_yuan,
                        'share', item.share,
                        'acquired_on', item.acquired_on,
                        'source', jsonb_build_object(
                            'feed', item.feed, 'delivery_id', item.delivery_id, 'line_number', item.line_number
                        )
                    )
                    order by item.property_kind, item.item_no, item.detail
                ),
                '[]'
            ) as items
            from pub.property_item_at($2) as item
            where item.resident_id = member.resident_id and item.is_in_force and verification.opens($4, item.feed)
        ) as property on situation.resident_id is not null
    );
end $$;

-- Totals of the family asked for. What is missing is named and never counted as nothing: known
-- income above the standard says "above" all the same, less than it says nothing while incomplete.
create or replace function verification.household(
    members jsonb, sources jsonb, at_generation integer, asked_on date, division_code text, urban_rural text
) returns jsonb
language plpgsql stable as $$
begin
    return (
        with

        people as (
            select
                count(*) filter (where member ->> 'died_on' is null) as living_count,
                count(*) filter (where member ->> 'identity' = 'found') as found_count,
                count(*) as member_count
            from jsonb_array_elements($1) as member
        ),

        months as (
            select
                count(*) as month_count,
                min(counted.income_month) as first_month,
                max(counted.income_month) as last_month
            from pub.income_window_at($3) as counted
        ),

        income as (
            select
                round(coalesce(sum((item ->> 'counted_yuan')::numeric), 0) / nullif(max(months.month_count), 0), 2)
                ::numeric(14, 2) as yuan
            from months
            left join jsonb_path_query($1, '$[*].income_items[*]') as item on true
        ),

        property as (
            select
                count(distinct item ->> 'item_no') filter (where item ->> 'property_kind' = 'vehicle')
                as vehicle_count,
                coalesce(
                    sum((item ->> 'value_yuan')::numeric) filter (where item ->> 'property_kind' = 'vehicle'), 0
                ) as vehicle_value_yuan,
                count(distinct item ->> 'item_no') filter (where item ->> 'property_kind' = 'dwelling')
                as dwelling_count,
                count(distinct item ->> 'item_no') filter (where item ->> 'property_kind' = 'company_role')
                as company_count
            from jsonb_path_query($1, '$[*].property_items[*]') as item
        ),

        gaps as (
            select array_remove(
                array[
                    case when people.found_count < people.member_count then 'identity_not_established' end,
                    case when months.month_count = 0 or exists (
                        select
                        from jsonb_array_elements($2) as source
                        where source ->> 'feed' = 'social_insurance'
                            and ((source ->> 'is_stale')::boolean or source ->> 'status' = 'not_authorized')
                    ) then 'income_source_closed_or_stale' end,
                    case when exists (
                        select
                        from jsonb_array_elements($2) as source
                        where source ->> 'feed' in ('vehicle', 'real_estate', 'company')
                            and ((source ->> 'is_stale')::boolean or source ->> 'status' = 'not_authorized')
                    ) then 'property_source_closed_or_stale' end
                ],
                null
            ) as reasons
            from people
            cross join months
        )

        select jsonb_build_object(
            'member_count', people.member_count,
            'found_count', people.found_count,
            'living_count', people.living_count,
            'incomplete_because', to_jsonb(gaps.reasons),
            'income_from', months.first_month,
            'income_to', months.last_month,
            'month_count', months.month_count,
            'income_yuan', income.yuan,
            'income_per_capita_yuan', round(income.yuan / nullif(people.living_count, 0), 2),
            'standard', case when standard.amount_yuan is not null then jsonb_build_object(
                'division_code', standard.division_code,
                'standard_code', standard.standard_code,
                'amount_yuan', standard.amount_yuan,
                'valid_from', standard.valid_from
            ) end,
            'standard_multiple', round(
                income.yuan / nullif(people.living_count, 0) / nullif(standard.amount_yuan, 0), 4
            ),
            'income_against_standard', case
                when income.yuan / nullif(people.living_count, 0) > standard.amount_yuan then 'above'
                when standard.amount_yuan is null or people.living_count = 0
                    or gaps.reasons && array['identity_not_established', 'income_source_closed_or_stale']
                    then 'not_assessable'
                else 'not_above' end,
            'vehicle_count', property.vehicle_count,
            'vehicle_value_yuan', property.vehicle_value_yuan,
            'dwelling_count', property.dwelling_count,
            'company_count', property.company_count
        )
        from people
        cross join months
        cross join income
        cross join property
        cross join gaps
        left join lateral (
            select *
            from pub.benefit_standard_at($3) as known
            where
                known.division_code = any(verification.applying_divisions($5))
                and known.standard_code = 'DB_' || upper($6)
                and known.valid_from <= $4
                and (known.valid_to is null or known.valid_to > $4)
            order by known.division_code desc
            limit 1
        ) as standard on true
    );
end $$;

-- Leads: findings on the people asked for, and, for a family that no rule has seen yet, what the
-- dibao rules ask of the members as stated now. The latter are yellow: nobody weighed them.
create or replace function verification.flags(
    request jsonb, asked verification.asked_member[], at_generation integer, asked_on date,
    open_feeds text[], members jsonb, household jsonb, division_code text
) returns jsonb
language plpgsql stable as $$
begin
    return (
        with

        ids as (
            select array_agg(member.resident_id) as found
            from unnest($2) as member
            where member.resident_id is not null
        ),

        households as (
            select array_agg(distinct member.aid_household_no) as numbers
            from pub.aid_household_member_at($3) as member, ids
            where member.resident_id = any(ids.found) and member.valid_to is null
        ),

        findings as (
            select
                finding.rule_code,
                finding.finding_id,
                finding.subject_resident_id,
                finding.aid_household_no,
                finding.outcome,
                finding.severity,
                finding.first_on,
                finding.last_on,
                finding.amount_yuan,
                finding.evidence
            from ids, households, pub.finding_at($3) as finding
            where
                (
                    finding.subject_resident_id = any(ids.found)
                    or (finding.subject_resident_id is null and finding.aid_household_no = any(households.numbers))
                )
                -- nothing that rests on a source not opened
                and (
                    $5 is null
                    or not exists (
                        select from jsonb_array_elements(finding.evidence -> 'sources') as source
                        where source ->> 'feed' <> all($5)
                    )
                )
        ),

        stated as (
            select
                'C01' as rule_code,
                (member ->> 'resident_id')::bigint as resident_id,
                jsonb_build_object('registered_on', member -> 'marriage' -> 'registered_on') as facts
            from jsonb_array_elements($6) as member
            where (member -> 'marriage' ->> 'has_undeclared_spouse')::boolean
            union all
            select
                case item ->> 'property_kind' when 'company_role' then 'D01' else 'D02' end,
                (member ->> 'resident_id')::bigint,
                item - array['item_no', 'source']
            from jsonb_array_elements($6) as member
            cross join lateral jsonb_array_elements(
                case jsonb_typeof(member -> 'property_items') when 'array' then member -> 'property_items' else '[]' end
            ) as item
            where
                item ->> 'property_kind' = 'company_role'
                or (
                    item ->> 'property_kind' = 'vehicle'
                    and item ->> 'detail' is distinct from 'C21'  -- a mobility vehicle
                    and (item ->> 'value_yuan')::numeric
                    > verification.rule_parameter('D02', 'vehicle_value_limit_yuan', $8, $3, $4)
                )
            union all
            select 'D03', null, jsonb_build_object('dwelling_count', $7 -> 'dwelling_count')
            where ($7 ->> 'dwelling_count')::integer > verification.rule_parameter('D03', 'max_dwellings', $8, $3, $4)
            union all
            select 'D04', null, jsonb_build_object(
                'income_from', $7 -> 'income_from', 'income_to', $7 -> 'income_to',
                'income_per_capita_yuan', $7 -> 'income_per_capita_yuan',
                'standard_yuan', $7 -> 'standard' -> 'amount_yuan'
            )
            where $7 ->> 'income_against_standard' = 'above'
        ),

        flags as (
            select 'rule' as basis, findings.* from findings
            union all
            select
                'request', stated.rule_code, null, stated.resident_id, null, 'hit', 'yellow', null, null, null,
                jsonb_build_object('facts', stated.facts)
            from stated
            where
                $1 ->> 'aid_type' = 'DB'
                and not exists (
                    select
                    from findings
                    where
                        findings.rule_code = stated.rule_code
                        and findings.outcome = 'hit'
                        and findings.subject_resident_id is not distinct from stated.resident_id
                )
        )

        select coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'rule_code', flags.rule_code,
                    'title_zh', rule.title_zh,
                    'basis', flags.basis,
                    'outcome', flags.outcome,
                    'severity', flags.severity,
                    'finding_id', flags.finding_id,
                    'member_no', (
                        select min(member.member_no) from unnest($2) as member
                        where member.resident_id = flags.subject_resident_id
                    ),
                    'aid_household_no', flags.aid_household_no,
                    'first_on', flags.first_on,
                    'last_on', flags.last_on,
                    'amount_yuan', flags.amount_yuan,
                    'evidence', flags.evidence,
                    'legal_basis', rule.legal_basis,
                    'clears_it_zh', rule.clears_it_zh
                )
                order by flags.outcome, flags.severity, flags.rule_code, flags.subject_resident_id, flags.first_on,
                    flags.finding_id
            ),
            '[]'
        )
        from flags
        inner join pub.anomaly_rule_at($3) as rule using (rule_code)
    );
end $$;

-- The answer without its envelope: the same for ever for the same request, generation and day.
create or replace function verification.content(
    request jsonb, asked verification.asked_member[], at_generation integer, asked_on date, open_feeds text[]
) returns jsonb
language plpgsql stable as $$
declare
    known_on date;
    is_outdated boolean;
    place record;
    sources jsonb;
    members jsonb;
    household jsonb;
begin
    select release.business_date into known_on
    from ops.generation as release where release.generation = at_generation;
    is_outdated := asked_on - known_on > verification.parameter('release_max_age_days', at_generation, asked_on);
    place := verification.place(request, asked, at_generation);
    sources := verification.sources(asked, at_generation, open_feeds, is_outdated);
    members := verification.members(asked, at_generation, asked_on, open_feeds, place.division_code);
    household := verification.household(
        members, sources, at_generation, asked_on, place.division_code, place.urban_rural
    );
    return jsonb_build_object(
        'business_date', known_on,
        'is_outdated', is_outdated,
        'members', members,
        'household', household,
        'flags', verification.flags(
            request, asked, at_generation, asked_on, open_feeds, members, household, place.division_code
        ),
        'sources', sources
    );
end $$;

-- What a narrower question may see of the whole answer.
create or replace function verification.part(operation text, content jsonb) returns jsonb
language plpgsql immutable as $$
begin
    return (
        select case when part.feed is null then $2 else
            jsonb_build_object(
                'business_date', $2 -> 'business_date',
                'is_outdated', $2 -> 'is_outdated',
                'members', (
                    select jsonb_agg(
                        jsonb_build_object(
                            'member_no', member -> 'member_no',
                            'relation', member -> 'relation',
                            'identity', member -> 'identity',
                            'identity_zh', member -> 'identity_zh',
                            'identity_reason', member -> 'identity_reason',
                            'masked_id_number', member -> 'masked_id_number',
                            part.field, member -> part.field
                        )
                        order by (member ->> 'member_no')::integer
                    )
                    from jsonb_array_elements($2 -> 'members') as member
                ),
                'sources', (
                    select jsonb_agg(source) from jsonb_array_elements($2 -> 'sources') as source
                    where source ->> 'feed' = part.feed
                )
            )
        end
        from (
            select
                case $1 when 'marriage_status' then 'marriage' when 'eldercare_stay' then 'stay' end as field,
                case $1 when 'marriage_status' then 'marriage_event' when 'eldercare_stay' then 'stay' end as feed
        ) as part
    );
end $$;

create or replace function verification.refuse(
    operation text, request jsonb, asked_on date, code text, detail jsonb default 'null'
) returns jsonb
language plpgsql as $$
declare
    -- A body that is no request, or a huge one, is not kept.
    kept jsonb := case when octet_length(request::text) <= 65536 then request end;
begin
    insert into audit.verification_log (
        operation, outcome, problem_code, asked_on, operator, purpose, authorization_no, request_id, report_no, request
    ) values (
        operation, 'refused', code, asked_on, kept ->> 'operator', kept ->> 'purpose', kept ->> 'authorization_no',
        kept ->> 'request_id', kept ->> 'report_no', kept
    );
    return verification.problem(code, detail);
end $$;

-- Give out an answer already given. Consent withdrawn since then closes it.
create or replace function verification.repeat(
    given audit.verification_log, operation text, request jsonb, asked_on date
) returns jsonb
language plpgsql as $$
begin
    if exists (
        select from ops.authorization_revocation as revocation
        where revocation.authorization_no = given.authorization_no
    ) then
        return verification.refuse(
            operation, request, asked_on, 'no_live_authorization', jsonb_build_object('reason', 'revoked')
        );
    end if;
    insert into audit.verification_log (
        operation, outcome, asked_on, operator, purpose, authorization_no, request_id, report_no, generation,
        open_feeds, resident_ids, request
    ) values (
        operation, 'repeated', asked_on, coalesce(request ->> 'operator', session_user),
        coalesce(request ->> 'purpose', given.purpose), given.authorization_no, given.request_id, given.report_no,
        given.generation, given.open_feeds, given.resident_ids, request
    );
    return given.answer;
end $$;

-- Beijing's day: consent and reports are counted in it.
create or replace function verification.today() returns date
language sql stable
return (statement_timestamp() at time zone 'Asia/Shanghai')::date;

create or replace function verification.answer(operation text, request jsonb) returns jsonb
language plpgsql as $$
#variable_conflict use_variable
declare
    asked_on date := verification.today();
    at_generation integer;
    faults text[];
    given audit.verification_log;
    asked verification.asked_member[];
    judged record;
    report_no text;
    answer jsonb;
begin
    -- The log must survive a power cut before its answer leaves the house.
    perform set_config('synchronous_commit', 'on', true);
    select pointer.generation into at_generation from pub.current_generation as pointer;
    if at_generation is null then
        return verification.refuse(operation, request, asked_on, 'not_published');
    end if;
    faults := verification.faults(request, at_generation);
    if faults <> '{}' then
        return verification.refuse(
            operation, request, asked_on, 'invalid_request', jsonb_build_object('fields', to_jsonb(faults))
        );
    end if;
    if not coalesce(verification.has_code('purpose', request ->> 'purpose', at_generation), false) then
        return verification.refuse(operation, request, asked_on, 'purpose_unknown');
    end if;

    perform pg_advisory_xact_lock(hashtextextended(request ->> 'request_id', 0));
    select * into given
    from audit.verification_log as log
    where log.request_id = request ->> 'request_id' and log.outcome = 'answered';
    if found then
        if given.request <> request or given.operation <> operation then
            return verification.refuse(operation, request, asked_on, 'request_id_reused');
        end if;
        return verification.repeat(given, operation, request, asked_on);
    end if;

    asked := verification.identify(request, at_generation);
    judged := verification.judge_authorization(request ->> 'authorization_no', asked, at_generation, asked_on);
    if judged.reason is not null then
        return verification.refuse(
            operation, request, asked_on, 'no_live_authorization',
            jsonb_build_object('reason', judged.reason, 'members', to_jsonb(coalesce(judged.uncovered, '{}')))
        );
    end if;

    report_no := 'HD' || to_char(asked_on, 'YYYYMMDD') || '-' || lpad(nextval('audit.report_number')::text, 8, '0');
    answer := jsonb_build_object(
        'status', 'answered',
        'operation', operation,
        'report_no', report_no,
        'request_id', request ->> 'request_id',
        'generation', at_generation,
        'asked_on', asked_on,
        'valid_until', asked_on
        + verification.parameter('report_validity_days', at_generation, asked_on)::integer
    ) || verification.part(
        operation, verification.content(request, asked, at_generation, asked_on, judged.open_feeds)
    );
    insert into audit.verification_log (
        operation, outcome, asked_on, operator, purpose, authorization_no, request_id, report_no, generation,
        open_feeds, resident_ids, request, answer
    ) values (
        operation, 'answered', asked_on, request ->> 'operator', request ->> 'purpose',
        request ->> 'authorization_no', request ->> 'request_id', report_no, at_generation, judged.open_feeds,
        array(select member.resident_id from unnest(asked) as member where member.resident_id is not null),
        request, answer
    );
    return answer;
end $$;

-- An answer made again, at its own generation or another.
create or replace function verification.reproduce(report_no text, at_generation integer) returns jsonb
language sql stable as $$
select verification.part(
    log.operation,
    verification.content(
        log.request, verification.identify(log.request, $2), $2, log.asked_on, log.open_feeds
    )
)
from audit.verification_log as log
where log.report_no = $1 and log.outcome = 'answered'
$$;

-- The contract. With generic plans a question costs a fifth: planned anew for each list of members,
-- most of the time would go into planning.

create or replace function api_v1.verify(request jsonb) returns jsonb
language plpgsql security definer set search_path = '' set plan_cache_mode = force_generic_plan as $$
begin
    return verification.answer('verify', $1);
end $$;
comment on function api_v1.verify(jsonb) is
'家庭经济状况核对：没有有效授权和用途不予答复，每次请求与答复记入审计日志；请求与答复的格式见 docs/openapi.json';

create or replace function api_v1.marriage_status(request jsonb) returns jsonb
language plpgsql security definer set search_path = '' set plan_cache_mode = force_generic_plan as $$
begin
    return verification.answer('marriage_status', $1);
end $$;
comment on function api_v1.marriage_status(jsonb) is '婚姻状况：与 verify 同样的请求、授权与留痕，只答婚姻';

create or replace function api_v1.eldercare_stay(request jsonb) returns jsonb
language plpgsql security definer set search_path = '' set plan_cache_mode = force_generic_plan as $$
begin
    return verification.answer('eldercare_stay', $1);
end $$;
comment on function api_v1.eldercare_stay(jsonb) is '养老机构入住：与 verify 同样的请求、授权与留痕，只答入住';

create or replace function api_v1.get_report(report_no text, purpose text default null, operator text default null)
returns jsonb
language plpgsql security definer set search_path = '' set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_variable
declare
    asked_on date := verification.today();
    given audit.verification_log;
    request jsonb := jsonb_strip_nulls(jsonb_build_object('report_no', $1, 'purpose', $2, 'operator', $3));
begin
    perform set_config('synchronous_commit', 'on', true);
    select * into given from audit.verification_log as log where log.report_no = $1 and log.outcome = 'answered';
    if not found then
        return verification.refuse('get_report', request, asked_on, 'report_unknown');
    end if;
    return verification.repeat(given, 'get_report', request, asked_on);
end $$;
comment on function api_v1.get_report(text, text, text) is
'按编号取回已出具的核对报告（撤回授权的除外）；不写用途和操作人时，按原用途、以登录用户留痕';

create or replace function api_v1.submit_batch(requests jsonb) returns jsonb
language plpgsql security definer set search_path = '' set plan_cache_mode = force_generic_plan as $$
declare
    new_batch uuid;
begin
    if jsonb_typeof(requests) is distinct from 'array' or jsonb_array_length(requests) not between 1 and 10000 then
        return verification.problem('invalid_request', jsonb_build_object('fields', jsonb_build_array('requests')));
    end if;
    insert into audit.batch (caller) values (session_user) returning batch_id into new_batch;
    insert into audit.batch_item (batch_id, item_no, request)
    select new_batch, item.item_no, item.request
    from jsonb_array_elements(requests) with ordinality as item (request, item_no);
    return verification.batch_progress(new_batch);
end $$;
comment on function api_v1.submit_batch(jsonb) is '提交批量复核：请求的数组，每个与 verify 的请求相同';

create or replace function verification.batch_progress(asked_batch uuid) returns jsonb
language sql stable
begin atomic
select jsonb_build_object(
    'status', case when count(*) filter (where item.report_no is null and item.problem_code is null) = 0
        then 'done' else 'running' end,
    'batch_id', $1,
    'total', count(*),
    'answered', count(item.report_no),
    'refused', count(item.problem_code),
    'items', coalesce(
        jsonb_agg(
            jsonb_build_object(
                'item_no', item.item_no, 'request_id', item.request -> 'request_id', 'report_no', item.report_no,
                'problem_code', item.problem_code
            )
            order by item.item_no
        ) filter (where item.report_no is not null or item.problem_code is not null),
        '[]'
    )
)
from audit.batch_item as item
where item.batch_id = $1
having count(*) > 0;
end;

create or replace function api_v1.batch(batch_id uuid) returns jsonb
language sql stable security definer set search_path = ''
begin atomic
select coalesce(
    (
        select verification.batch_progress(batch.batch_id)
        from audit.batch as batch where batch.batch_id = $1 and batch.caller = session_user
    ),
    verification.problem('batch_unknown', 'null')
);
end;
comment on function api_v1.batch(uuid) is '批量复核的进度与结果';

-- One request of a batch, in a transaction of its own: a batch broken off goes on where it was.
create or replace function api_v1.advance_batch(batch_id uuid) returns boolean
language plpgsql security definer set search_path = '' set plan_cache_mode = force_generic_plan as $$
declare
    waiting audit.batch_item;
    asking text;
    answer jsonb;
begin
    select item.* into waiting
    from audit.batch_item as item
    inner join audit.batch as batch using (batch_id)
    where
        item.batch_id = $1 and batch.caller = session_user
        and item.report_no is null and item.problem_code is null
    order by item.item_no
    limit 1
    for update of item skip locked;
    if not found then
        return false;
    end if;
    select coalesce(batch.client, '') into asking from audit.batch as batch where batch.batch_id = $1;
    perform set_config('minzheng.client', asking, true);
    answer := verification.answer('verify', waiting.request);
    update audit.batch_item as item
    set report_no = answer ->> 'report_no', problem_code = answer -> 'problem' ->> 'code'
    where item.batch_id = $1 and item.item_no = waiting.item_no;
    return true;
end $$;
comment on function api_v1.advance_batch(uuid) is '办理批量复核中的下一个请求；没有待办时返回 false';
