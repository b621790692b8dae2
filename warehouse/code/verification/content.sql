-- The answer without its envelope: the same for ever for the same request, generation and day. One
-- statement, which reads every table once for all members; text until the end, because parts of jsonb
-- are taken apart and put together again by whatever they are put into.
--
-- Null is "not known": the person is not found, or the source is not opened by the authorization. What
-- is missing is named and never counted as nothing. The pieces are functions of their own in plain SQL, which the
-- planner sees through; here they are put together.
create or replace function verification.content(
    request jsonb, asked verification.asked_member[], at_generation integer, asked_on date, open_feeds text[]
) returns jsonb
language plpgsql stable as $$
#variable_conflict use_column
declare
    -- Null for who is not found: a place in it is a member_no.
    found_ids bigint[] := array(select resident_id from unnest(asked));
begin
    return (
        with

        release as (
            select
                generation.business_date,
                pub.is_outdated($3, $4) as is_outdated
            from ops.generation
            where generation.generation = $3
        ),

        people as (select * from unnest($2)),

        opened as (select * from verification.opened($5, $3, $4)),

        -- Whose standard applies: as asked, else where the applicant is registered.
        place as (
            select
                verification.applying_divisions(
                    coalesce(
                        verification.division_read_as($1 ->> 'division_code', $3),
                        case when opened.population then division_code end
                    )
                ) as divisions,
                coalesce($1 ->> 'urban_rural', case when opened.population then household_type end) as urban_rural
            from people
            cross join opened
            order by relation = '本人' desc, resident_id is null, member_no
            limit 1
        ),

        parameters as (
            select laid_down.known
            from place
            cross join lateral verification.leading_parameters(place.divisions, $3, $4) as laid_down
        ),

        months as (select * from verification.counted_months($3)),

        -- Facts of the residents found. What is sorted here keeps its order where it is gathered.

        spells as (
            select spell.*
            from opened
            cross join lateral verification.spells($2, found_ids, $3, opened.deaths) as spell
        ),

        memberships as (
            select
                member.resident_id,
                member.aid_household_no,
                member.valid_to,
                member.is_covered
            from pub.aid_household_member_at($3) as member
            where member.resident_id = any(found_ids)
        ),

        entitlements as (
            select * from pub.entitlement_at($3) as entitlement where entitlement.resident_id = any(found_ids)
        ),

        benefits as materialized (
            select
                entitlements.resident_id,
                entitlements.benefit_code,
                entitlements.entitlement_no as case_no,
                entitlements.division_code,
                entitlements.started_on
            from entitlements
            where entitlements.is_active
            union all
            select
                memberships.resident_id,
                household.aid_type_code,
                household.aid_household_no,
                household.division_code,
                household.approved_on
            from memberships
            inner join pub.aid_household_at($3) as household
                on household.aid_household_no = memberships.aid_household_no and household.is_active
            where memberships.is_covered and memberships.valid_to is null
            order by benefit_code, case_no
        ),

        stays as (
            select *
            from pub.eldercare_stay_at($3) as stay
            where stay.resident_id = any(found_ids)
            order by stay.entered_on desc
        ),

        cards as (
            select *
            from pub.disability_card_at($3) as card
            where card.resident_id = any(found_ids)
            order by card.disability_level
        ),

        incomes as (
            select item.*
            from months
            cross join parameters
            cross join lateral verification.incomes(
                found_ids, $3, $5, months.counted, (parameters.known ->> 'pension_counted_share')::numeric
            ) as item
            order by item.income_month, item.income_kind, item.delivery_id, item.line_number
        ),

        properties as (select * from verification.properties(found_ids, $3, $5)),

        -- What every source said. That nothing was found counts only of the source that covers the division.

        hits as (
            select feed, array_agg(member_no) as members_hit
            from (
                select distinct said.feed, array_position(found_ids, said.resident_id) as member_no
                from (
                    select 'marriage_event' as feed, resident_id from spells
                    union all select 'aid_household', resident_id from memberships
                    union all select 'entitlement', resident_id from entitlements
                    union all select 'stay', resident_id from stays
                    union all select 'disability_card', resident_id from cards
                    union all select feed, resident_id from incomes where income_month is not null
                    union all select feed, resident_id from properties
                    union all select feed, resident_id from verification.named_in(found_ids, $3)
                ) as said
                order by feed, member_no
            ) as said
            group by feed
        ),

        sources as (
            select
                freshness.feed,
                freshness.title_zh,
                freshness.last_business_date,
                freshness.is_stale,
                hits.members_hit,
                verification.source_status(
                    verification.opens($5, freshness.feed), hits.feed is not null, freshness.last_business_date,
                    freshness.is_stale
                ) as status
            from place
            cross join lateral pub.source_freshness_in($3, $4, array[place.divisions[1]]) as freshness
            left join hits using (feed)
            -- of what is not looked into here, not found would mean nothing
            where verification.asked_for(freshness.feed) is not null
        ),

        -- The members. Of a spouse not asked for only the existence is told.

        married as (
            select
                people.*,
                verification.marital_status(
                    people.died_on is not null and opened.deaths, told.is_married, told.last_ended_by
                ) as marital_status,
                told.registered_on,
                -- null: a partner who could not be identified, or who may be dead, is neither declared nor undeclared
                case
                    when told.is_undeclared_known is null then false
                    when told.is_undeclared_known and opened.deaths then true
                end as has_undeclared_spouse,
                told.spouse_member_no
            from people
            cross join opened
            cross join lateral (
                select
                    -- a revoked registration never was a marriage
                    bool_or(spells.ended_on is null) filter (where spells.ended_by is distinct from 'revoked')
                    as is_married,
                    (
                        array_agg(spells.ended_by order by spells.ended_on desc)
                        filter (where spells.ended_by is distinct from 'revoked')
                    )[1] as last_ended_by,
                    max(spells.registered_on) filter (where spells.ended_on is null) as registered_on,
                    bool_or(spells.partner_id is not null)
                    filter (where spells.ended_on is null and spells.partner_member_no is null)
                    as is_undeclared_known,
                    max(spells.partner_member_no) filter (where spells.ended_on is null) as spouse_member_no
                from spells
                where spells.resident_id = people.resident_id
            ) as told
        ),

        members as (
            select json_agg(
                json_build_object(
                    'member_no', people.member_no,
                    'relation', people.relation,
                    'identity', people.identity,
                    'identity_zh', case people.identity
                        when 'found' then '已确认' when 'ambiguous' then '无法确认是否同一人'
                        else case people.reason when 'invalid_number' then '号码无效' else '查无此人' end end,
                    'identity_reason', people.reason,
                    'masked_id_number', clean.mask_id_number(people.id_number),
                    'resident_id', people.resident_id,
                    'division_code', case when opened.population then people.division_code end,
                    'is_registered', case when opened.population then people.is_registered end,
                    -- A missing record of death proves nothing for somebody who is not in the register.
                    'is_alive', case when opened.deaths then
                        case when people.died_on is not null then false when people.is_registered then true end end,
                    'died_on', case when opened.deaths then people.died_on end,
                    'marriage', case
                        when people.resident_id is not null and verification.opens($5, 'marriage_event')
                            then json_build_object(
                                'status', people.marital_status,
                                'registered_on', people.registered_on,
                                'has_undeclared_spouse', people.has_undeclared_spouse,
                                'spouse_member_no', people.spouse_member_no
                            )
                    end,
                    'benefits', case
                        when
                            people.resident_id is not null
                            and verification.opens($5, 'entitlement') and verification.opens($5, 'aid_household')
                            then (
                                select coalesce(json_agg(
                                    json_build_object(
                                        'benefit_code', benefits.benefit_code,
                                        'case_no', benefits.case_no,
                                        'division_code', benefits.division_code,
                                        'started_on', benefits.started_on
                                    )
                                ), '[]')
                                from benefits where benefits.resident_id = people.resident_id
                            )
                    end,
                    'stay', case when verification.opens($5, 'stay') then (
                        select json_build_object(
                            'stay_no', stays.stay_no,
                            'institution_code', stays.institution_code,
                            'entered_on', stays.entered_on,
                            'ability_level', stays.ability_level,
                            'fee_source', stays.fee_source
                        )
                        from stays where stays.resident_id = people.resident_id and stays.left_on is null
                        limit 1
                    ) end,
                    'disability', case when verification.opens($5, 'disability_card') then (
                        select json_build_object(
                            'disability_category', cards.disability_category,
                            'disability_level', cards.disability_level,
                            'valid_until', cards.valid_until
                        )
                        from cards where cards.resident_id = people.resident_id and cards.is_valid
                        limit 1
                    ) end,
                    'income_items', case
                        when people.resident_id is not null then (
                            select coalesce(json_agg(
                                json_build_object(
                                    'income_kind', incomes.income_kind,
                                    'insurance_type', incomes.insurance_type,
                                    'income_month', incomes.income_month,
                                    'amount_yuan', incomes.amount_yuan,
                                    'counted_yuan', incomes.counted_yuan,
                                    'is_public_payroll', incomes.is_public_payroll,
                                    'source', json_build_object(
                                        'feed', incomes.feed,
                                        'delivery_id', incomes.delivery_id,
                                        'line_number', incomes.line_number
                                    )
                                )
                            ), case when opened.income then '[]'::json end)
                            from incomes where incomes.resident_id = people.resident_id and incomes.is_counted
                        )
                    end,
                    -- nothing found is nothing only where every source was asked
                    'property_items', case when people.resident_id is not null then (
                        select coalesce(json_agg(
                            json_build_object(
                                'property_kind', properties.property_kind,
                                'item_no', properties.item_no,
                                'detail', properties.detail,
                                'value_yuan', properties.value_yuan,
                                'share', properties.share,
                                'acquired_on', properties.acquired_on,
                                'source', json_build_object(
                                    'feed', properties.feed,
                                    'delivery_id', properties.delivery_id,
                                    'line_number', properties.line_number
                                )
                            )
                            order by properties.property_kind, properties.item_no, properties.detail
                        ), case
                            when opened.vehicle and opened.real_estate and opened.company and opened.other_property
                                then '[]'::json
                        end)
                        from properties where properties.resident_id = people.resident_id and properties.is_told
                    ) end
                )
            ) as told
            from married as people
            cross join opened
        ),

        -- Totals of the family asked for.

        heads as (
            select
                case when opened.deaths then living.head_count end as living_count,
                living.found_count,
                living.member_count
            from (
                select
                    count(*) filter (where people.died_on is null) as head_count,
                    count(*) filter (where people.identity = 'found') as found_count,
                    count(*) as member_count
                from people
            ) as living
            cross join opened
        ),

        income as (
            select
                case when opened.income then coalesce(counted.yuan, 0) end as yuan,
                counted.hides_amounts
            from opened
            cross join (
                select
                    sum(counted_yuan) as yuan,
                    coalesce(bool_or(amount_yuan is null), false) as hides_amounts
                from incomes
                where is_counted
            ) as counted
        ),

        property as (
            select
                case when opened.vehicle then told.vehicle_count end as vehicle_count,
                case when opened.vehicle then told.vehicle_value_yuan end as vehicle_value_yuan,
                case when opened.real_estate then told.dwelling_count end as dwelling_count,
                case when opened.company then told.company_count end as company_count
            from opened
            cross join (
                select
                    count(distinct item_no) filter (where property_kind = 'vehicle') as vehicle_count,
                    coalesce(sum(value_yuan) filter (where property_kind = 'vehicle'), 0) as vehicle_value_yuan,
                    count(distinct item_no) filter (where property_kind = 'dwelling') as dwelling_count,
                    count(distinct item_no) filter (where property_kind = 'company_role') as company_count
                from properties
                where is_told
            ) as told
        ),

        standard as (
            select known.*
            from place
            cross join lateral verification.nearest_standard(place.divisions, place.urban_rural, $3, $4) as known
        ),

        closed as (
            select
                coalesce(bool_or(verification.asked_for(feed) = 'income'), false) as hides_income,
                coalesce(bool_or(verification.asked_for(feed) = 'property'), false) as hides_property
            from sources
            where is_stale or status = 'not_authorized'
        ),

        household as (
            select
                heads.*,
                months.*,
                property.*,
                income_yuan,
                income_yuan / nullif(heads.living_count, 0) as yuan_per_capita,
                standard.division_code,
                standard.standard_code,
                standard.amount_yuan as standard_yuan,
                standard.valid_from,
                heads.found_count < heads.member_count as hides_people,
                months.month_count = 0 or closed.hides_income as hides_income,
                income.hides_amounts,
                closed.hides_property
            from heads
            cross join months
            cross join income
            cross join lateral (
                select round(income.yuan / nullif(months.month_count, 0), 2) as income_yuan
            ) as averaged
            cross join property
            cross join closed
            left join standard on true
        ),

        judged as (
            select
                household.*,
                verification.income_against_standard(
                    yuan_per_capita, standard_yuan,
                    coalesce(living_count, 0) = 0 or hides_people or hides_income or hides_amounts
                ) as income_against_standard
            from household
        ),

        -- Leads: findings on the people asked for, and, for a family that no rule has seen yet, what the
        -- dibao rules ask of the members as stated now. The latter are yellow: nobody weighed them.

        findings as (
            select found.*
            from (
                select array(select aid_household_no from memberships where valid_to is null) as numbers
            ) as households
            cross join lateral verification.findings_on(found_ids, households.numbers, $3, $5) as found
        ),

        stated as (
            select
                'C01' as rule_code,
                married.resident_id,
                json_build_object('registered_on', married.registered_on) as facts,
                null as item_no,
                null as detail
            from married
            where married.has_undeclared_spouse and verification.opens($5, 'marriage_event')
            union all
            select
                case properties.property_kind when 'company_role' then 'D01' else 'D02' end,
                properties.resident_id,
                json_build_object(
                    'property_kind', properties.property_kind,
                    'detail', properties.detail,
                    'value_yuan', properties.value_yuan,
                    'share', properties.share,
                    'acquired_on', properties.acquired_on
                ),
                properties.item_no,
                properties.detail
            from properties
            cross join parameters
            where
                properties.is_told
                and (
                    properties.property_kind = 'company_role'
                    or (
                        properties.property_kind = 'vehicle'
                        and properties.detail is distinct from 'C21'  -- a mobility vehicle
                        and properties.value_yuan > (parameters.known ->> 'vehicle_value_limit_yuan')::numeric
                    )
                )
            union all
            select 'D03', null, json_build_object('dwelling_count', judged.dwelling_count), null, null
            from judged
            cross join parameters
            where judged.dwelling_count > (parameters.known ->> 'max_dwellings')::numeric
            union all
            select
                'D04',
                null,
                json_build_object(
                    'income_from', judged.first_month, 'income_to', judged.last_month,
                    'income_per_capita_yuan', round(judged.yuan_per_capita, 2),
                    'standard_yuan', judged.standard_yuan
                ),
                null,
                null
            from judged
            where judged.income_against_standard = 'above'
        ),

        flags as (
            select 'rule' as basis, findings.*, null as item_no, null as detail from findings
            union all
            select
                'request', stated.rule_code, null, stated.resident_id, null, 'hit', 'yellow', null, null, null,
                jsonb_build_object('facts', stated.facts), stated.item_no, stated.detail
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

        select json_build_object(
            'business_date', release.business_date,
            'is_outdated', release.is_outdated,
            'members', members.told,
            'household', json_build_object(
                'member_count', judged.member_count,
                'found_count', judged.found_count,
                'living_count', judged.living_count,
                'incomplete_because', array_remove(
                    array[
                        case when judged.hides_people then 'identity_not_established' end,
                        case when judged.living_count is null then 'deaths_source_closed' end,
                        case when judged.hides_income then 'income_source_closed_or_stale' end,
                        case when judged.hides_amounts then 'income_amount_unknown' end,
                        case when judged.hides_property then 'property_source_closed_or_stale' end
                    ],
                    null
                ),
                'income_from', judged.first_month,
                'income_to', judged.last_month,
                'month_count', judged.month_count,
                'income_yuan', judged.income_yuan,
                'income_per_capita_yuan', round(judged.yuan_per_capita, 2),
                'standard', case when judged.standard_yuan is not null then json_build_object(
                    'division_code', judged.division_code,
                    'standard_code', judged.standard_code,
                    'amount_yuan', judged.standard_yuan,
                    'valid_from', judged.valid_from
                ) end,
                'standard_multiple', round(judged.yuan_per_capita / nullif(judged.standard_yuan, 0), 4),
                'income_against_standard', judged.income_against_standard,
                'vehicle_count', judged.vehicle_count,
                'vehicle_value_yuan', judged.vehicle_value_yuan,
                'dwelling_count', judged.dwelling_count,
                'company_count', judged.company_count
            ),
            'flags', (
                select coalesce(json_agg(
                    json_build_object(
                        'rule_code', flags.rule_code,
                        'title_zh', rule.title_zh,
                        'basis', flags.basis,
                        'outcome', flags.outcome,
                        'severity', flags.severity,
                        'finding_id', flags.finding_id,
                        'member_no', case when flags.subject_resident_id is not null
                            then array_position(found_ids, flags.subject_resident_id) end,
                        'aid_household_no', flags.aid_household_no,
                        'first_on', flags.first_on,
                        'last_on', flags.last_on,
                        'amount_yuan', flags.amount_yuan,
                        'evidence', flags.evidence,
                        'legal_basis', rule.legal_basis,
                        'clears_it_zh', rule.clears_it_zh
                    )
                    order by flags.outcome, flags.severity, flags.rule_code, flags.subject_resident_id,
                        flags.first_on, flags.finding_id, flags.item_no, flags.detail
                ), '[]')
                from flags
                inner join pub.anomaly_rule_at($3) as rule using (rule_code)
            ),
            'sources', (
                select coalesce(json_agg(
                    json_build_object(
                        'feed', sources.feed,
                        'title_zh', sources.title_zh,
                        'status', sources.status,
                        'status_zh', case sources.status
                            when 'hit' then '命中' when 'not_hit' then '未命中' when 'not_authorized' then '未授权'
                            else '不可用或过期' end,
                        'as_of', sources.last_business_date,
                        'is_stale', sources.is_stale,
                        'members_hit', case sources.status
                            when 'hit' then sources.members_hit when 'not_authorized' then null else '{}' end
                    )
                    order by sources.feed
                ), '[]')
                from sources
            )
        )
        from release
        cross join members
        cross join judged
    )::jsonb;
end $$;
