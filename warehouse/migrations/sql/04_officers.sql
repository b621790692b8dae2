-- What officers do at the command line (minzheng findings, finding, explain): functions that scope by division
-- and log whom they tell of, with the purpose given. Nobody reads the view itself, and no function reads what
-- another role may shape: only what is served, and the decisions.

create or replace view verification.finding with (security_barrier = true) as
select
    listed.finding_id,
    listed.rule_code,
    rule.title_zh,
    rule.assertion_zh,
    rule.legal_basis,
    rule.false_positives_zh,
    rule.clears_it_zh,
    rule.owner_zh,
    listed.severity,
    listed.outcome,
    listed.state,
    listed.has_returned,
    listed.subject_resident_id,
    clean.mask_name(resident.name) as masked_name,
    resident.masked_id_number,
    listed.aid_household_no,
    listed.division_code,
    listed.first_on,
    listed.last_on,
    listed.amount_yuan,
    listed.link_score,
    listed.first_seen_generation,
    coalesce(measured.is_observed, false) as is_observed,
    served.finding_id is not null as is_served,
    served.evidence
from (
    select
        finding_id, rule_code, severity, 'hit' as outcome, state, has_returned, subject_resident_id,
        aid_household_no, division_code, first_on, last_on, amount_yuan, link_score, first_seen_generation
    from ops.finding_state
    union all
    select
        finding_id, rule_code, severity, outcome, null, false, subject_resident_id,
        aid_household_no, division_code, first_on, last_on, amount_yuan, link_score, first_seen_generation
    from pub.current_finding
    where outcome <> 'hit'
) as listed
left join pub.current_finding as served using (finding_id)
left join pub.current_anomaly_rule as rule on listed.rule_code = rule.rule_code
left join pub.current_resident as resident on listed.subject_resident_id = resident.resident_id
left join pub.current_rule_precision as measured
    on listed.rule_code = measured.rule_code and listed.division_code is not distinct from measured.division_code
where (select pub.sees_all_divisions()) or listed.division_code = any((select pub.own_divisions())::text[]);
comment on view verification.finding is '疑点：规则、对象（脱敏）、期间、金额、状态与依据；限于登录用户的行政区划';
comment on column verification.finding.state is '状态：new 待处理，confirmed 属实，cleared 已消除，dismissed 已排除，expired 不再出现；空为不能判断';
comment on column verification.finding.has_returned is '曾被排除或消除，因依据变化重新出现';
comment on column verification.finding.masked_name is '脱敏的姓名';
comment on column verification.finding.is_served is '读者所见的世代中有此疑点';

create or replace view api_v1.rule_title as
select rule_code, title_zh, severity, status from pub.current_anomaly_rule;
comment on view api_v1.rule_title is '规则名录：名称、级别、是否启用';

-- The purposes of the list; empty before anything is published.
create or replace function api_v1.purposes() returns text[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return array(
        select code from pub.current_verification_code where code_list = 'purpose' order by code
    );
end $$;
comment on function api_v1.purposes() is '查阅可说明的用途（代码表 purpose）';

-- Nothing is told without a purpose of the list. An error, because rows cannot say that there are none.
create or replace function verification.want_purpose(purpose text) returns void
language plpgsql stable as $$
begin
    if coalesce($1, '') <> all(api_v1.purposes()) then
        raise invalid_parameter_value using message = 'No purpose of the list was given, so nothing is told.';
    end if;
end $$;

create or replace function verification.listed_findings(finding_id text, rule_code text, division text, state text)
returns setof verification.finding
language plpgsql stable as $$
begin
    return query
    select listed.*
    from verification.finding as listed
    where
        starts_with(listed.finding_id, coalesce($1, ''))
        and ($2 is null or listed.rule_code = upper($2))
        and starts_with(coalesce(listed.division_code, ''), coalesce($3, ''))
        and case when $4 is null then listed.is_served else listed.state = $4 end;
end $$;

create or replace function api_v1.finding_count(rule_code text, division text, state text) returns bigint
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (select count(*) from verification.listed_findings(null, $1, $2, $3));
end $$;
comment on function api_v1.finding_count(text, text, text) is '本区划的疑点数，按规则、区划、状态；不涉及个人';

create or replace function verification.told_findings(
    operation text, purpose text, request jsonb, found verification.finding[]
) returns setof verification.finding
language plpgsql as $$
begin
    perform verification.note_reading($1, $2, jsonb_strip_nulls($3), array(
        select distinct told.subject_resident_id from unnest($4) as told where told.subject_resident_id is not null
    ));
    return query select * from unnest($4);
end $$;

create or replace function api_v1.findings(
    purpose text, finding_id text, rule_code text, division text, state text, most integer
) returns setof verification.finding
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    found verification.finding[];
begin
    perform verification.want_purpose($1);
    found := array(
        select listed
        from verification.listed_findings($2, $3, $4, $5) as listed
        order by
            listed.outcome, listed.state is distinct from 'new', listed.severity,
            listed.amount_yuan desc nulls last, listed.finding_id
        limit $6
    );
    return query select * from verification.told_findings(
        'findings', $1,
        jsonb_build_object('finding_id', $2, 'rule_code', $3, 'division', $4, 'state', $5, 'most', $6), found
    );
end $$;
comment on function api_v1.findings(text, text, text, text, text, integer) is
'按用途查阅本区划的疑点，留痕：编号（或其开头）、规则、区划、状态、最多几条';

-- The gravest first, then the dearest, then the surest identity, then the longest known. Where officers mostly
-- found a rule wrong (rule_precision) its findings come last. Of each division as many as it can do in a week
-- (rule parameter weekly_capacity), or as many as capacity says in all.
create or replace function api_v1.worklist(purpose text, capacity integer, division text)
returns setof verification.finding
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    found verification.finding[];
begin
    perform verification.want_purpose($1);
    with

    ranked as (
        select
            waiting,
            row_number() over (
                order by
                    waiting.is_observed, waiting.severity, waiting.amount_yuan desc nulls last,
                    waiting.link_score desc nulls first, waiting.first_seen_generation, waiting.finding_id
            ) as place
        from verification.listed_findings(null, null, $3, 'new') as waiting
    ),

    capacities as materialized (
        select
            divisions.division_code,
            verification.rule_parameter(
                '*', 'weekly_capacity', divisions.division_code, release.generation, verification.today()
            ) as capacity
        from (select distinct (ranked.waiting).division_code from ranked) as divisions
        cross join pub.current_release as release
    ),

    by_division as (
        select
            ranked.*,
            row_number() over (partition by (ranked.waiting).division_code order by ranked.place) as place_in_division
        from ranked
    )

    select array_agg(by_division.waiting order by by_division.place)
    into found
    from by_division
    inner join capacities on (by_division.waiting).division_code is not distinct from capacities.division_code
    where case
        when $2 is null then by_division.place_in_division <= capacities.capacity else by_division.place <= $2
    end;
    return query select * from verification.told_findings(
        'worklist', $1, jsonb_build_object('capacity', $2, 'division', $3), found
    );
end $$;
comment on function api_v1.worklist(text, integer, text) is '按用途取本区划的疑点处理清单，留痕';

-- Which findings served begin so: at most two are wanted to know whether one is meant.
create or replace function api_v1.finding_ids(beginning text) returns setof text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
    select listed.finding_id
    from verification.listed_findings($1, null, null, null) as listed
    where listed.outcome = 'hit'
    order by listed.finding_id
    limit 2;
end $$;
comment on function api_v1.finding_ids(text) is '以此开头的疑点编号（本区划，最多两个）';

create or replace function api_v1.finding_reasons()
returns table (reason_code text, decision text, title_zh text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
    select reason.reason_code, reason.decision, reason.title_zh
    from pub.current_finding_reason as reason
    order by reason.reason_code;
end $$;
comment on function api_v1.finding_reasons() is '疑点处理的原因代码';

create or replace function api_v1.finding_decisions(finding_id text, purpose text)
returns table (
    decided_at timestamptz, decided_by text, decided_login text, decision text, reason text, note text
)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    own verification.finding;
begin
    perform verification.want_purpose($2);
    select listed.* into own from verification.finding as listed where listed.finding_id = $1;
    perform verification.note_reading(
        'finding_decisions', $2, jsonb_build_object('finding_id', $1), array_remove(array[own.subject_resident_id], null)
    );
    return query
    select
        made.decided_at, made.decided_by, made.decided_login, made.decision,
        coalesce(reason.title_zh, made.reason_code), made.note
    from ops.finding_decision as made
    left join pub.current_finding_reason as reason on made.reason_code = reason.reason_code
    where made.finding_id = own.finding_id
    order by made.decision_id;
end $$;
comment on function api_v1.finding_decisions(text, text) is '按用途查阅对本区划某一疑点作过的处理决定，留痕';

-- What people say is kept for ever: it names somebody, and holds no identity number.
create or replace function verification.want_words(who text, words text) returns void
language plpgsql stable as $$
begin
    if coalesce(clean.as_seen($1), '') = '' then
        raise invalid_parameter_value using message = 'Nobody is named who says so.';
    end if;
    if clean.mask_id_numbers_in($1) is distinct from $1 or clean.mask_id_numbers_in($2) is distinct from $2 then
        raise invalid_parameter_value using message = 'An identity number stands in what is kept for ever.';
    end if;
end $$;

-- What was the last word of this login already is not said twice: how many rows were written.
create or replace function api_v1.decide_finding(
    finding_id text, decision text, reason_code text, decided_by text, note text
) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    written integer;
begin
    if not exists (
        select from pub.current_finding_reason as reason where (reason.decision, reason.reason_code) = ($2, $3)
    ) then
        raise invalid_parameter_value using message = 'No such decision with such a reason.';
    end if;
    perform verification.want_words($4, $5);
    insert into ops.finding_decision
        (finding_id, rule_code, division_code, evidence_digest, decision, reason_code, decided_by, note)
    select found.finding_id, found.rule_code, found.division_code, found.evidence_digest, $2, $3, $4, $5
    from pub.current_finding as found
    where
        found.finding_id = $1
        and found.outcome = 'hit'
        and exists (select from verification.finding as own where own.finding_id = $1)
        and not exists (
            select from ops.finding_decision as latest
            where
                latest.decision_id = (
                    select max(earlier.decision_id) from ops.finding_decision as earlier where earlier.finding_id = $1
                )
                and (
                    latest.evidence_digest, latest.decision, latest.reason_code, latest.decided_by, latest.decided_login
                ) = (found.evidence_digest, $2, $3, $4, session_user)
                and latest.note is not distinct from $5
        );
    get diagnostics written = row_count;
    return written;
end $$;
comment on function api_v1.decide_finding(text, text, text, text, text) is '记下对本区划疑点的处理决定';

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
                'business_date', release.business_date, 'generation', release.generation
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

-- Cases of identity are looked at by who links (minzheng review, explain --mention), with rights of their own.
create or replace function api_v1.note_lookup(operation text, purpose text, request jsonb, resident_ids bigint[])
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform verification.want_purpose($2);
    perform verification.note_reading($1, $2, $3, $4);
end $$;
comment on function api_v1.note_lookup(text, text, jsonb, bigint[]) is '为身份核对所见的居民留痕，须说明用途';

-- Consent is entered and withdrawn by functions, which keep the login that did it.

-- Is it the login's to see and to withdraw? A consent that was delivered belongs to the division of its household,
-- whoever has entered its number too: a number entered early would else close a consent to come. One entered by
-- hand belongs to whoever entered it, to colleagues of the same division, and to that of a person who signed.
create or replace function verification.is_own_authorization(authorization_no text) returns boolean
language plpgsql stable as $$
declare
    own_divisions constant text[] := pub.own_divisions();
begin
    if pub.sees_all_divisions() then
        return true;
    end if;
    if exists (select from pub.current_aid_household as delivered where delivered.authorization_no = $1) then
        return exists (
            select from pub.current_aid_household as delivered
            where delivered.authorization_no = $1 and delivered.division_code = any(own_divisions)
        );
    end if;
    return exists (
        select from ops.authorization as entered
        where
            entered.authorization_no = $1
            and (
                entered.entered_login = session_user
                or exists (
                    select from ops.division_scope as scope
                    where scope.user_name = entered.entered_login and scope.division_code = any(own_divisions)
                )
                or exists (
                    select from pub.current_resident as person
                    where person.id_number = entered.id_number and person.division_code = any(own_divisions)
                )
            )
    );
end $$;

-- One that is not the login's is as unknown as one that is not there.
create or replace function api_v1.authorization_state(authorization_no text) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return case
        when not verification.is_own_authorization($1) then 'unknown'
        when exists (select from ops.authorization_revocation as revoked where revoked.authorization_no = $1)
            then 'revoked'
        when
            exists (select from ops.authorization as entered where entered.authorization_no = $1)
            or exists (select from pub.current_aid_household as delivered where delivered.authorization_no = $1)
            then 'entered'
        else 'unknown'
    end;
end $$;
comment on function api_v1.authorization_state(text) is
'本区划授权书的状态：unknown 没有（或不属本区划），entered 已登记，revoked 已撤回';

-- What makes a consent one, said by the first that is missing. A number in use elsewhere cannot be shared: whoever
-- adds to it would hold it too. That it is in use is all that is told of it.
create or replace function verification.want_consent(
    authorization_no text, id_numbers text[], feeds text[], authorized_from date, authorized_to date, entered_by text
) returns void
language plpgsql stable as $$
declare
    most_days constant numeric := (
        select verification.parameter('authorization_max_days', pointer.generation, verification.today())
        from pub.current_generation as pointer
    );
    wrong constant text := case
        when not coalesce(length(clean.as_seen($1)) between 1 and 64, false)
            then 'An authorization has a number of at most 64 characters.'
        when coalesce(cardinality($2), 0) = 0 then 'Nobody is named who signed: one identity number each is wanted.'
        when not coalesce(isfinite($4) and isfinite($5), false) then 'An authorization has a first and a last day.'
        when $5 < $4 then 'The authorization would end before it begins.'
        when $5 - $4 >= most_days then format(
            'The authorization would last %s days; at most %s are accepted (parameter authorization_max_days).',
            $5 - $4 + 1, trim_scale(most_days)
        )
        when cardinality($3) = 0 then 'The authorization would open no source; every one is opened where none is named.'
        when exists (
            select from unnest($3) as named (feed)
            where not exists (select from ops.feed as known where known.feed = named.feed)
        ) then (
            select format('A source is named that is none. Known: %s.', string_agg(known.feed, ', ' order by known.feed))
            from ops.feed as known
        )
        when
            exists (select from ops.authorization_revocation as revoked where revoked.authorization_no = $1)
            or (
                not verification.is_own_authorization($1)
                and (
                    exists (select from ops.authorization as entered where entered.authorization_no = $1)
                    or exists (select from pub.current_aid_household as delivered where delivered.authorization_no = $1)
                )
            )
            then 'This number was withdrawn or is in use elsewhere: a consent needs a new number.'
    end;
begin
    perform verification.want_words($6, null);
    if wrong is not null then
        raise invalid_parameter_value using message = wrong;
    end if;
end $$;

-- Returns the places of numbers that are not valid; where there are any, nothing is entered.
create or replace function api_v1.enter_authorization(
    authorization_no text, id_numbers text[], feeds text[], authorized_from date, authorized_to date, entered_by text
) returns integer[]
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    invalid integer[] := array(
        select stated.place::integer
        from unnest($2) with ordinality as stated (id_number, place)
        where clean.id_number(stated.id_number) is null
        order by stated.place
    );
begin
    perform verification.want_consent($1, $2, $3, $4, $5, $6);
    if cardinality(invalid) = 0 then
        insert into ops.authorization
            (authorization_no, id_number, feeds, authorized_from, authorized_to, entered_by)
        select $1, clean.id_number(stated.id_number), $3, $4, $5, $6
        from unnest($2) as stated (id_number);
    end if;
    return invalid;
end $$;
comment on function api_v1.enter_authorization(text, text[], text[], date, date, text) is
'登记授权书：编号、期间、来源、登记人须齐全；所列号码须全部有效，否则一个也不登记，返回无效者的序号';

-- Whether it was withdrawn now, not before.
create or replace function api_v1.revoke_authorization(authorization_no text, revoked_by text, reason text)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform verification.want_words($2, $3);
    if coalesce(clean.as_seen($3), '') = '' then
        raise invalid_parameter_value using message = 'No reason is given.';
    end if;
    -- A number nobody has given yet is not closed to who will be given it.
    if api_v1.authorization_state($1) = 'unknown' then
        raise invalid_parameter_value using message = 'No such authorization is known.';
    end if;
    insert into ops.authorization_revocation (authorization_no, revoked_by, reason) values ($1, $2, $3)
    on conflict do nothing;
    return found;
end $$;
comment on function api_v1.revoke_authorization(text, text, text) is '撤回本区划的授权书，立即且不可恢复';

select pub.describe_columns('api_v1');
