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
    ('unavailable', 503, '暂时无法答复，请稍后再试'),
    ('not_published', 503, '尚未发布数据')
) as known (code, http_status, title_zh)
where known.code = $1;
end;

-- For which client the session asks. Only a door may say so: any other login would speak in another's name.
create or replace function verification.asking_client() returns text
language plpgsql stable as $$
declare
    named constant text := nullif(current_setting('minzheng.client', true), '');
begin
    if named is not null and not api_v1.is_client_door() then
        raise insufficient_privilege using
            message = format('%s may not ask for a client.', session_user),
            hint = format(
                'Whoever administers the database lists the login of the REST service: insert into ops.client_door values (%L)',
                session_user
            );
    end if;
    return named;
end $$;

create or replace function api_v1.is_client_door() returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
select exists (select from ops.client_door as door where door.user_name = session_user);
end;
comment on function api_v1.is_client_door() is '登录用户是否可以说明代哪个客户询问（REST 服务）';

-- To whom a report, a batch or a request number belongs: a client, or a login that asks for itself.
create or replace function verification.asker(client text, caller text) returns text
language sql immutable parallel safe
return coalesce('client ' || client, 'login ' || caller);

create or replace function verification.asker() returns text
language sql stable
return verification.asker(verification.asking_client(), session_user::text);

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
        from (
            select
                jsonb_typeof(member) <> 'object'
                or not verification.is_text(member -> 'name', 64)
                or not verification.is_text(member -> 'id_number', 64)
                or not verification.is_text(member -> 'relation', 32)
                or (member - array['name', 'id_number', 'relation']) <> '{}' as is_broken,
                clean.id_number(member ->> 'id_number') as id_number
            from jsonb_array_elements(request -> 'members') as member
            offset 0  -- a number is cleaned once
        ) as stated
        -- nobody twice
        having bool_or(is_broken) or count(id_number) > count(distinct id_number)
    ) then
        faults := faults || 'members'::text;
    end if;
    return faults;
end $$;

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

-- The answer without its envelope: the same for ever for the same request, generation and day. One
-- statement, which reads every table once for all members; text until the end, because parts of jsonb
-- are taken apart and put together again by whatever they are put into.
--
-- Null is "not known": the person is not found, or the source is not opened by the authorization. What
-- is missing is named and never counted as nothing.
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

        -- What the authorization opens, where a value rests on it. Of a death both registers may tell.
        opened as (
            select
                verification.opens($5, 'population') as population,
                verification.opens($5, 'population') and verification.opens($5, 'cremation') as deaths,
                verification.opens($5, 'social_insurance') as income,
                verification.opens($5, 'vehicle') as vehicle,
                verification.opens($5, 'real_estate') as real_estate,
                verification.opens($5, 'company') as company
        ),

        -- Whose standard applies: as asked, else where the applicant is registered.
        place as (
            select
                verification.applying_divisions(
                    coalesce($1 ->> 'division_code', case when opened.population then division_code end)
                ) as divisions,
                coalesce($1 ->> 'urban_rural', case when opened.population then household_type end) as urban_rural
            from people
            cross join opened
            order by relation = '本人' desc, resident_id is null, member_no
            limit 1
        ),

        parameters as (
            -- the last of a name stays: what is laid down nearest
            select jsonb_object_agg(known.parameter, known.value order by known.division_code) as known
            from place
            inner join pub.rule_parameter_at($3) as known on known.division_code = any(place.divisions)
            where
                (known.rule_code, known.parameter) in (
                    ('D04', 'pension_counted_share'), ('D02', 'vehicle_value_limit_yuan'), ('D03', 'max_dwellings')
                )
                and known.valid_from <= $4 and (known.valid_to is null or known.valid_to > $4)
        ),

        months as (
            select
                count(*) as month_count,
                min(counted.income_month) as first_month,
                max(counted.income_month) as last_month,
                array_agg(counted.income_month) as counted
            from pub.income_window_at($3) as counted
        ),

        -- Facts of the residents found. What is sorted here keeps its order where it is gathered.

        spells as (
            select
                spell.resident_id,
                spell.partner_id,
                spell.registered_on,
                -- The marriage register learns of no death: where deaths are closed, the marriage stands in it.
                case when spell.ended_by is distinct from 'death' or opened.deaths then spell.ended_on end as ended_on,
                spell.ended_by,
                (
                    select min(people.member_no)
                    from people
                    where
                        people.number_resident_id = spell.partner_id
                        -- declared, but under a number that leads to nobody
                        or (people.number_resident_id is null and people.name = clean.person_name(spell.partner_name))
                ) as partner_member_no
            from (
                select
                    husband_resident_id as resident_id,
                    wife_resident_id as partner_id,
                    wife_name as partner_name,
                    registered_on,
                    ended_on,
                    ended_by
                from pub.marriage_spell_at($3) as spell
                where husband_resident_id = any(found_ids)
                union all
                select
                    wife_resident_id,
                    husband_resident_id,
                    husband_name,
                    registered_on,
                    ended_on,
                    ended_by
                from pub.marriage_spell_at($3) as spell
                where wife_resident_id = any(found_ids)
            ) as spell
            cross join opened
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
            select
                item.*,
                item.income_month = any(months.counted) as is_counted,
                case when item.income_kind = 'pension'
                    then round(item.amount_yuan * (parameters.known ->> 'pension_counted_share')::numeric, 2)
                    else item.amount_yuan end as counted_yuan
            from pub.income_item_at($3) as item
            cross join months
            cross join parameters
            where item.resident_id = any(found_ids)
            order by item.income_month, item.income_kind, item.delivery_id, item.line_number
        ),

        properties as (
            select
                item.*,
                item.is_in_force and verification.opens($5, item.feed) as is_told
            from pub.property_item_at($3) as item
            where item.resident_id = any(found_ids)
        ),

        -- What every source said. A hit is a hit however old; that nothing was found counts only where
        -- the source is current, open to us and the person is known.

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
                    union all select 'social_insurance', resident_id from incomes
                    union all select feed, resident_id from properties
                    union all
                    select 'population', resident_id
                    from pub.registered_household_member_at($3) where resident_id = any(found_ids)
                    union all
                    select 'cremation', resident_id from pub.cremation_at($3) where resident_id = any(found_ids)
                    union all
                    select 'temporary_aid', resident_id from pub.temporary_aid_at($3) where resident_id = any(found_ids)
                    union all
                    -- of many months, one will do
                    select 'payment', id from unnest(found_ids) as id
                    where exists (select from pub.benefit_month_person_at($3) as paid where paid.resident_id = id)
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
                case
                    when not verification.opens($5, freshness.feed) then 'not_authorized'
                    when hits.feed is not null then 'hit'
                    when freshness.last_business_date is null then 'unavailable'
                    when freshness.is_stale then 'stale'
                    else 'not_hit'
                end as status
            from pub.source_freshness_on($3, $4) as freshness
            left join hits using (feed)
            -- amounts of law, not people
            where freshness.feed <> 'benefit_standard'
        ),

        -- The members. Of a spouse not asked for only the existence is told.

        married as (
            select
                people.*,
                case
                    when people.died_on is not null and opened.deaths then null
                    when told.is_married then 'married'
                    when told.last_ended_by = 'divorce' then 'divorced'
                    when told.last_ended_by = 'death' then 'widowed'
                    else 'no_record'
                end as marital_status,
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
                        when people.resident_id is not null and verification.opens($5, 'social_insurance') then (
                            select coalesce(json_agg(
                                json_build_object(
                                    'income_kind', incomes.income_kind,
                                    'insurance_type', incomes.insurance_type,
                                    'income_month', incomes.income_month,
                                    'amount_yuan', incomes.amount_yuan,
                                    'counted_yuan', incomes.counted_yuan,
                                    'is_public_payroll', incomes.is_public_payroll,
                                    'source', json_build_object(
                                        'feed', 'social_insurance',
                                        'delivery_id', incomes.delivery_id,
                                        'line_number', incomes.line_number
                                    )
                                )
                            ), '[]')
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
                        ), case when opened.vehicle and opened.real_estate and opened.company then '[]'::json end)
                        from properties where properties.resident_id = people.resident_id and properties.is_told
                    ) end
                )
            ) as told
            from married as people
            cross join opened
        ),

        -- Totals of the family asked for: known income above the standard says "above" all the same, less
        -- than it says nothing while incomplete.

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
            select case when opened.income then coalesce(counted.yuan, 0) end as yuan
            from opened
            cross join (select sum(counted_yuan) as yuan from incomes where is_counted) as counted
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
            inner join pub.benefit_standard_at($3) as known on known.division_code = any(place.divisions)
            where
                known.standard_code = 'DB_' || upper(place.urban_rural)
                and known.valid_from <= $4
                and (known.valid_to is null or known.valid_to > $4)
            order by known.division_code desc
            limit 1
        ),

        closed as (
            select
                coalesce(bool_or(feed = 'social_insurance'), false) as hides_income,
                coalesce(bool_or(feed in ('vehicle', 'real_estate', 'company')), false) as hides_property
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
                closed.hides_property
            from heads
            cross join months
            cross join income
            cross join lateral (
                select round(income.yuan / nullif(months.month_count, 0), 2)::numeric(14, 2) as income_yuan
            ) as averaged
            cross join property
            cross join closed
            left join standard on true
        ),

        judged as (
            select
                household.*,
                case
                    when yuan_per_capita > standard_yuan then 'above'
                    when standard_yuan is null or coalesce(living_count, 0) = 0 or hides_people or hides_income
                        then 'not_assessable'
                    else 'not_above'
                end as income_against_standard
            from household
        ),

        -- Leads: findings on the people asked for, and, for a family that no rule has seen yet, what the
        -- dibao rules ask of the members as stated now. The latter are yellow: nobody weighed them.

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
            from (
                select * from pub.finding_at($3) as finding where finding.subject_resident_id = any(found_ids)
                union all
                select *
                from pub.finding_at($3) as finding
                where
                    finding.subject_resident_id is null
                    and finding.aid_household_no = any(
                        array(select aid_household_no from memberships where valid_to is null)
                    )
            ) as finding
            -- nothing that rests on a source not opened
            where $5 is null or not exists (
                select from jsonb_array_elements(finding.evidence -> 'sources') as source
                where source ->> 'feed' <> all($5)
            )
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

-- What a narrower question may see of the whole answer.
create or replace function verification.part(operation text, content jsonb) returns jsonb
language plpgsql immutable as $$
declare
    field constant text := case operation when 'marriage_status' then 'marriage' when 'eldercare_stay' then 'stay' end;
    feed constant text := case operation when 'marriage_status' then 'marriage_event' when 'eldercare_stay' then 'stay' end;
begin
    if field is null then
        return content;
    end if;
    return jsonb_build_object(
        'business_date', content -> 'business_date',
        'is_outdated', content -> 'is_outdated',
        'members', (
            select jsonb_agg(
                jsonb_build_object(
                    'member_no', member -> 'member_no',
                    'relation', member -> 'relation',
                    'identity', member -> 'identity',
                    'identity_zh', member -> 'identity_zh',
                    'identity_reason', member -> 'identity_reason',
                    'masked_id_number', member -> 'masked_id_number',
                    field, member -> field
                )
                order by (member ->> 'member_no')::integer
            )
            from jsonb_array_elements(content -> 'members') as member
        ),
        'sources', (
            select jsonb_agg(source) from jsonb_array_elements(content -> 'sources') as source
            where source ->> 'feed' = feed
        )
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
        operation, outcome, problem_code, client, asked_on, operator, purpose, authorization_no, request_id, report_no,
        request
    ) values (
        operation, 'refused', code, verification.asking_client(), asked_on, kept ->> 'operator', kept ->> 'purpose',
        kept ->> 'authorization_no', kept ->> 'request_id', kept ->> 'report_no', kept
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
        operation, outcome, client, asked_on, operator, purpose, authorization_no, request_id, report_no, generation,
        open_feeds, resident_ids, request
    ) values (
        operation, 'repeated', verification.asking_client(), asked_on, coalesce(request ->> 'operator', session_user),
        request ->> 'purpose', given.authorization_no, given.request_id, given.report_no, given.generation,
        given.open_feeds, given.resident_ids, request
    );
    return given.answer;
end $$;

-- Beijing's day: consent and reports are counted in it, and what is out of date.
create or replace function verification.today() returns date
language sql stable
return pub.today();

-- The readable number of a report (day and eight characters) and beside it the rest of its key: chance, so
-- that nobody counts the reports of others or finds one by trying.
create or replace function verification.new_report_no(asked_on date) returns text
language sql volatile
begin atomic
select 'HD' || to_char(asked_on, 'YYYYMMDD') || '-' || left(drawn.hex, 8) || '-' || right(drawn.hex, 12)
from (select upper(replace(gen_random_uuid()::text, '-', '')) as hex) as drawn;
end;

-- What whoever asks was answered under this number of his.
create or replace function verification.given_before(asked_request text) returns audit.verification_log
language plpgsql stable as $$
declare
    asker constant text := verification.asker();
    given audit.verification_log;
begin
    select * into given
    from audit.verification_log as log
    where
        log.request_id = asked_request and log.outcome = 'answered'
        and coalesce('client ' || log.client, 'login ' || log.caller) = asker;
    return given;
end $$;

create or replace function verification.again(
    given audit.verification_log, operation text, request jsonb, asked_on date
) returns jsonb
language plpgsql as $$
begin
    if given.request <> request or given.operation <> operation then
        return verification.refuse(operation, request, asked_on, 'request_id_reused');
    end if;
    return verification.repeat(given, operation, request, asked_on);
end $$;

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

    given := verification.given_before(request ->> 'request_id');
    if given.report_no is not null then
        return verification.again(given, operation, request, asked_on);
    end if;

    asked := verification.identify(request, at_generation);
    judged := verification.judge_authorization(request ->> 'authorization_no', asked, at_generation, asked_on);
    if judged.reason is not null then
        return verification.refuse(
            operation, request, asked_on, 'no_live_authorization',
            jsonb_build_object('reason', judged.reason, 'members', to_jsonb(coalesce(judged.uncovered, '{}')))
        );
    end if;

    report_no := verification.new_report_no(asked_on);
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
    -- Asked twice at once, the index lets the second wait for the first, and then the first has answered.
    begin
        insert into audit.verification_log (
            operation, outcome, client, asked_on, operator, purpose, authorization_no, request_id, report_no,
            generation, open_feeds, resident_ids, request, answer
        ) values (
            operation, 'answered', verification.asking_client(), asked_on, request ->> 'operator',
            request ->> 'purpose', request ->> 'authorization_no', request ->> 'request_id', report_no,
            at_generation, judged.open_feeds,
            array(select member.resident_id from unnest(asked) as member where member.resident_id is not null),
            request, answer
        );
    exception
        when unique_violation then
            given := verification.given_before(request ->> 'request_id');
            if given.report_no is null then  -- an older snapshot does not see it
                raise serialization_failure using message = 'Asked twice at once: ask again.';
            end if;
            return verification.again(given, operation, request, asked_on);
    end;
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

-- For the auditor, who reads the log and nothing else. How an answer would be today tells of people as they are
-- now, whatever became of the consent: that reading is in the log too.
create or replace function api_v1.reproduce(report_no text)
returns table (answer jsonb, generation integer, current_generation integer, again jsonb, today jsonb)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform verification.note_reading(
        'reproduce', 'audit', jsonb_build_object('report_no', log.report_no), log.resident_ids
    )
    from audit.verification_log as log
    where log.report_no = $1 and log.outcome = 'answered';
    return query
    select
        log.answer, log.generation, pointer.generation,
        verification.reproduce(log.report_no, log.generation),
        verification.reproduce(log.report_no, pointer.generation)
    from audit.verification_log as log
    cross join pub.current_generation as pointer
    where log.report_no = $1 and log.outcome = 'answered';
end $$;
comment on function api_v1.reproduce(text) is '审计：按编号重做一份答复，依其世代与现世代，留痕';

create or replace function api_v1.resident_of(id_number text) returns bigint
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
select max(resident.resident_id) from pub.resident as resident where resident.id_number = clean.id_number($1);
end;
comment on function api_v1.resident_of(text) is '审计：公民身份号码所指的居民编号';

-- What an officer reads of people stands in the log with the purpose given: null, or why nothing is told.
create or replace function verification.refused_reading(operation text, purpose text, request jsonb) returns jsonb
language plpgsql as $$
#variable_conflict use_variable
begin
    perform set_config('synchronous_commit', 'on', true);
    if coalesce(
        (select verification.has_code('purpose', purpose, pointer.generation) from pub.current_generation as pointer),
        false
    ) then
        return null;
    end if;
    return verification.refuse(
        operation, request || jsonb_build_object('purpose', purpose), verification.today(), 'purpose_unknown'
    );
end $$;

create or replace function verification.note_reading(
    operation text, purpose text, request jsonb, resident_ids bigint[]
) returns void
language sql
begin atomic
insert into audit.verification_log (operation, outcome, asked_on, operator, purpose, resident_ids, request)
values (operation, 'read', verification.today(), session_user, purpose, coalesce(resident_ids, '{}'), request);
end;

-- The contract. With generic plans a question costs a fifth: planned anew for each list of members,
-- most of the time would go into planning.

create or replace function api_v1.verify(request jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
begin
    return verification.answer('verify', $1);
end $$;
comment on function api_v1.verify(jsonb) is
'家庭经济状况核对：没有有效授权和用途不予答复，每次请求与答复记入审计日志；请求与答复的格式见 docs/openapi.json';

create or replace function api_v1.marriage_status(request jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
begin
    return verification.answer('marriage_status', $1);
end $$;
comment on function api_v1.marriage_status(jsonb) is '婚姻状况：与 verify 同样的请求、授权与留痕，只答婚姻';

create or replace function api_v1.eldercare_stay(request jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
begin
    return verification.answer('eldercare_stay', $1);
end $$;
comment on function api_v1.eldercare_stay(jsonb) is '养老机构入住：与 verify 同样的请求、授权与留痕，只答入住';

create or replace function api_v1.get_report(report_no text, purpose text default null, operator text default null)
returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_variable
declare
    asked_on date := verification.today();
    given audit.verification_log;
    at_generation integer;
    asker constant text := verification.asker();
    request jsonb := jsonb_strip_nulls(jsonb_build_object('report_no', $1, 'purpose', $2, 'operator', $3));
begin
    perform set_config('synchronous_commit', 'on', true);
    select pointer.generation into at_generation from pub.current_generation as pointer;
    if at_generation is null then
        return verification.refuse('get_report', request, asked_on, 'not_published');
    end if;
    if not coalesce(verification.has_code('purpose', $2, at_generation), false) then
        return verification.refuse('get_report', request, asked_on, 'purpose_unknown');
    end if;
    select * into given
    from audit.verification_log as log
    where
        log.report_no = $1 and log.outcome = 'answered'
        and verification.asker(log.client, log.caller) = asker;
    if not found then
        return verification.refuse('get_report', request, asked_on, 'report_unknown');
    end if;
    return verification.repeat(given, 'get_report', request, asked_on);
end $$;
comment on function api_v1.get_report(text, text, text) is
'按编号取回本系统询问所得的核对报告（撤回授权的除外）；每次须写代码表内的用途；不写操作人时以登录用户留痕';

create or replace function api_v1.submit_batch(requests jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
    new_batch uuid;
begin
    if jsonb_typeof(requests) is distinct from 'array' or jsonb_array_length(requests) not between 1 and 10000 then
        return verification.problem('invalid_request', jsonb_build_object('fields', jsonb_build_array('requests')));
    end if;
    insert into audit.batch (caller, client) values (session_user, verification.asking_client())
    returning batch_id into new_batch;
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
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
select coalesce(
    (
        select verification.batch_progress(batch.batch_id)
        from audit.batch as batch
        where batch.batch_id = $1 and verification.asker(batch.client, batch.caller) = verification.asker()
    ),
    verification.problem('batch_unknown', 'null')
);
end;
comment on function api_v1.batch(uuid) is '批量复核的进度与结果';

-- One request of a batch, in a transaction of its own: a batch broken off goes on where it was. One that
-- cannot be answered is refused, so that neither this batch nor another waits for it.
create or replace function verification.advance(asked_batch uuid) returns boolean
language plpgsql as $$
declare
    waiting audit.batch_item;
    answer jsonb;
begin
    select item.* into waiting
    from audit.batch_item as item
    where item.batch_id = asked_batch and item.report_no is null and item.problem_code is null
    order by item.item_no
    limit 1
    for update skip locked;
    if found then
        begin
            answer := verification.answer('verify', waiting.request);
        exception
            when serialization_failure or deadlock_detected then
                raise;
            when data_exception or program_limit_exceeded then
                answer := verification.refuse('verify', waiting.request, verification.today(), 'invalid_request');
            -- "others" are all but a question stopped by a time limit, which it would meet again
            when query_canceled or others then
                answer := verification.refuse('verify', waiting.request, verification.today(), 'unavailable');
        end;
        update audit.batch_item as item
        set report_no = answer ->> 'report_no', problem_code = answer -> 'problem' ->> 'code'
        where item.batch_id = asked_batch and item.item_no = waiting.item_no;
    end if;
    update audit.batch as batch
    set
        advanced_at = clock_timestamp(),
        finished_at = case when not exists (
            select from audit.batch_item as item
            where item.batch_id = asked_batch and item.report_no is null and item.problem_code is null
        ) then clock_timestamp() end
    where batch.batch_id = asked_batch and batch.finished_at is null;
    return waiting.batch_id is not null;
end $$;

create or replace function api_v1.advance_batch(batch_id uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
begin
    if not exists (
        select from audit.batch as batch
        where batch.batch_id = $1 and verification.asker(batch.client, batch.caller) = verification.asker()
    ) then
        return false;
    end if;
    return verification.advance($1);
end $$;
comment on function api_v1.advance_batch(uuid) is '办理自己的批量复核中的下一个请求；没有待办时返回 false';

-- The clients take turns, a request each: first whoever waited longest since the last one. A batch is
-- worked on by one session at a time.
create or replace function api_v1.advance_batches() returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
    due audit.batch;
begin
    select batch.* into due
    from audit.batch as batch
    where
        batch.client is not null and batch.finished_at is null
        and api_v1.is_client_door()
    order by
        (select max(other.advanced_at) from audit.batch as other where other.client = batch.client) nulls first,
        batch.submitted_at, batch.batch_id
    limit 1
    for update of batch skip locked;
    if not found then
        return false;
    end if;
    perform set_config('minzheng.client', due.client, true);
    perform verification.advance(due.batch_id);
    return true;
end $$;
comment on function api_v1.advance_batches() is
'REST 服务：轮到的客户的批量复核办理一个请求，各客户轮流；没有待办时返回 false';
