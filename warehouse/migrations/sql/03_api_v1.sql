-- api_v1: the contract with the approval system. Everything is read through the pointer
-- (pub.current_*), so an answer comes from one whole generation. Before the first publication
-- views are empty and functions say 'unavailable'. What stands here serves officers, each for the
-- own divisions; the approval system asks through 04_verification.sql. `create or replace` refuses to drop or
-- retype a column: this version may only be extended; anything else is an api_v2.

-- The members of an aid household now; of one that was stopped, those of its last day.
create or replace view pub.current_last_aid_household_member as
select member.*
from pub.current_aid_household_member as member
where coalesce(member.valid_to, 'infinity') = (
    select max(coalesce(latest.valid_to, 'infinity'))
    from pub.current_aid_household_member as latest
    where latest.aid_household_no = member.aid_household_no
);
comment on view pub.current_last_aid_household_member is '救助家庭现有成员；已停保的家庭为最后一日的成员';

-- One row per resident: what is in force now. The basis of all lookups, not served itself.
create or replace view pub.current_resident_situation as
select
    resident.resident_id,
    resident.id_number,
    resident.masked_id_number,
    resident.division_code,
    resident.is_registered,
    resident.died_on,
    -- A missing record of death proves nothing for somebody who is not in the register.
    case when resident.died_on is not null then false when resident.is_registered then true end as is_alive,
    case when resident.died_on is null then coalesce(marriage.marital_status, 'no_record') end as marital_status,
    benefit.benefits,
    stay.stay,
    disability.disability
from pub.current_resident as resident
cross join lateral (
    select
        case
            when bool_or(spell.ended_on is null) then 'married'
            when (array_agg(spell.ended_by order by spell.ended_on desc))[1] = 'divorce' then 'divorced'
            when (array_agg(spell.ended_by order by spell.ended_on desc))[1] = 'death' then 'widowed'
        end as marital_status
    from pub.current_marriage_spell as spell
    where
        (spell.husband_resident_id = resident.resident_id or spell.wife_resident_id = resident.resident_id)
        -- a revoked registration never was a marriage
        and spell.ended_by is distinct from 'revoked'
) as marriage
cross join lateral (
    select
        coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'benefit_code', in_force.benefit_code,
                    'case_no', in_force.case_no,
                    'division_code', in_force.division_code,
                    'started_on', in_force.started_on
                )
                order by in_force.benefit_code, in_force.case_no
            ),
            '[]'
        ) as benefits
    from (
        select benefit_code, entitlement_no as case_no, division_code, started_on
        from pub.current_entitlement as entitlement
        where resident_id = resident.resident_id and is_active
        union all
        select household.aid_type_code, household.aid_household_no, household.division_code, household.approved_on
        from pub.current_aid_household_member as member
        inner join pub.current_aid_household as household using (aid_household_no)
        where
            member.resident_id = resident.resident_id
            and member.is_covered
            and member.valid_to is null
            and household.is_active
    ) as in_force
) as benefit
left join lateral (
    select
        jsonb_build_object(
            'stay_no', open_stay.stay_no,
            'institution_code', open_stay.institution_code,
            'entered_on', open_stay.entered_on,
            'ability_level', open_stay.ability_level,
            'fee_source', open_stay.fee_source
        ) as stay
    from pub.current_eldercare_stay as open_stay
    where open_stay.resident_id = resident.resident_id and open_stay.left_on is null
    order by open_stay.entered_on desc
    limit 1
) as stay on true
left join lateral (
    select
        jsonb_build_object(
            'disability_category', card.disability_category,
            'disability_level', card.disability_level,
            'valid_until', card.valid_until
        ) as disability
    from pub.current_disability_card as card
    where card.resident_id = resident.resident_id and card.is_valid
    order by card.disability_level
    limit 1
) as disability on true;
comment on view pub.current_resident_situation is '居民现状（读者所见的世代）：生存、婚姻、在享待遇、入住、残疾';

create or replace view api_v1.current_release as
select generation, business_date, published_at from pub.current_release;
comment on view api_v1.current_release is '当前发布世代；没有行表示尚未发布';

-- One clock for `/v1/sources`, answers and `minzheng status`: Beijing's day of the question. A source is
-- stale where it was so on the day of the build, or where the build itself is older than it may be.
create or replace function pub.today() returns date
language sql stable parallel safe
return (statement_timestamp() at time zone 'Asia/Shanghai')::date;
comment on function pub.today() is '今天（北京时间）';

create or replace function pub.is_outdated(at_generation integer, judged_on date) returns boolean
language plpgsql stable as $$
begin
    return (
        select judged_on - known.business_date > (
            select parameter.value
            from pub.verification_parameter_at(at_generation) as parameter
            where
                parameter.parameter = 'release_max_age_days'
                and parameter.valid_from <= judged_on
                and (parameter.valid_to is null or parameter.valid_to > judged_on)
        )
        from ops.generation as known
        where known.generation = at_generation
    );
end $$;
comment on function pub.is_outdated(integer, date) is '某日看来，某一世代的数据是否过旧';

create or replace function pub.source_freshness_on(at_generation integer, judged_on date)
returns table (feed text, title_zh text, last_business_date date, days_old integer, is_stale boolean)
language sql stable as $$
select
    known.feed,
    known.title_zh,
    known.last_business_date,
    known.days_old,
    coalesce(known.is_stale, true) or coalesce(outdated.is_outdated, false)
from pub.source_freshness_at($1) as known
cross join (select pub.is_outdated($1, $2) as is_outdated) as outdated
$$;
comment on function pub.source_freshness_on(integer, date) is '某日看来，某一世代各来源的时效';

-- Views call functions as their reader, who may read no table behind them.
create or replace function pub.source_freshness_today()
returns table (
    feed text, title_zh text, last_business_date date, days_old integer, is_stale boolean, judged_on date
)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
    select known.*, pub.today()
    from pub.current_generation as pointer
    cross join lateral pub.source_freshness_on(pointer.generation, pub.today()) as known;
end $$;
comment on function pub.source_freshness_today() is '各来源今天（北京时间）的时效';

create or replace view api_v1.source_freshness as
select
    feed,
    title_zh,
    last_business_date,
    days_old,
    is_stale,
    case when last_business_date is null then 'unavailable' when is_stale then 'stale' else 'current' end as status,
    judged_on
from pub.source_freshness_today();
comment on view api_v1.source_freshness is '各来源的数据到哪一天；过期或缺失的来源不能当作“未命中”';
comment on column api_v1.source_freshness.status is 'current 可用，stale 过期，unavailable 从未收到';
comment on column api_v1.source_freshness.judged_on is '判断时效之日（北京时间的今天），与核对答复相同';

create or replace view api_v1.household_check with (security_barrier = true) as
select
    household.aid_household_no,
    household.aid_type_code,
    household.urban_rural,
    household.division_code,
    household.is_active,
    household.approved_on,
    household.stopped_on,
    household.monthly_amount_yuan,
    members.members,
    means.member_count,
    means.resolved_member_count,
    means.income_yuan,
    means.income_per_capita_yuan,
    means.standard_yuan,
    means.standard_multiple,
    means.vehicle_count,
    means.vehicle_value_yuan,
    means.dwelling_count,
    means.company_count,
    open_findings.open_findings,
    (
        select jsonb_agg(to_jsonb(freshness) order by freshness.feed)
        from api_v1.source_freshness as freshness
    ) as sources,
    release.generation,
    release.business_date
from pub.current_aid_household as household
cross join pub.current_release as release
left join pub.current_household_means as means using (aid_household_no)
cross join lateral (
    select array_agg(present.resident_id) as resident_ids
    from pub.current_last_aid_household_member as present
    where present.aid_household_no = household.aid_household_no and present.resident_id is not null
) as present
cross join lateral (
    select
        coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'member_no', member.member_no,
                    'resident_id', member.resident_id,
                    'masked_id_number', situation.masked_id_number,
                    'relation', member.relation,
                    'is_covered', member.is_covered,
                    'is_alive', situation.is_alive,
                    'died_on', situation.died_on,
                    'marital_status', situation.marital_status,
                    'has_undeclared_spouse', case when member.resident_id is not null then spouse.is_undeclared end,
                    'benefits', situation.benefits,
                    'stay', situation.stay,
                    'disability', situation.disability
                )
                order by member.member_no
            ),
            '[]'
        ) as members
    from pub.current_last_aid_household_member as member
    left join pub.current_resident_situation as situation on situation.resident_id = member.resident_id
    -- Only that a spouse exists; who it is stays closed without an authorization. A spouse who
    -- could not be identified is neither declared nor undeclared: null.
    left join lateral (
        select
            case
                when bool_or(partner.resident_id <> all(coalesce(present.resident_ids, '{}'))) then true
                when bool_or(partner.resident_id is null) then null
                else false
            end as is_undeclared
        from pub.current_marriage_spell as spell
        cross join lateral (
            select
                case when spell.husband_resident_id = member.resident_id
                    then spell.wife_resident_id else spell.husband_resident_id end as resident_id,
                case when spell.husband_resident_id = member.resident_id
                    then spell.wife_name else spell.husband_name end as name
        ) as partner
        where
            (spell.husband_resident_id = member.resident_id or spell.wife_resident_id = member.resident_id)
            and spell.ended_on is null
            -- declared, but under a number that leads to nobody
            and not exists (
                select from pub.current_aid_household_member as unidentified
                where
                    unidentified.aid_household_no = household.aid_household_no
                    and unidentified.resident_id is null
                    and unidentified.name = partner.name
            )
    ) as spouse on true
    where member.aid_household_no = household.aid_household_no
) as members
cross join lateral (
    select
        coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'finding_id', finding.finding_id,
                    'rule_code', finding.rule_code,
                    'title_zh', rule.title_zh,
                    'severity', finding.severity,
                    'outcome', finding.outcome,
                    'subject_resident_id', finding.subject_resident_id,
                    'aid_household_no', finding.aid_household_no,
                    'first_on', finding.first_on,
                    'last_on', finding.last_on,
                    'amount_yuan', finding.amount_yuan,
                    'clears_it_zh', rule.clears_it_zh
                )
                order by finding.outcome, finding.severity, finding.rule_code, finding.first_on
            ),
            '[]'
        ) as open_findings
    from pub.current_finding as finding
    left join pub.current_anomaly_rule as rule using (rule_code)
    where
        finding.aid_household_no = household.aid_household_no
        -- also where the finding names another household: a benefit drawn twice concerns both
        or finding.subject_resident_id = any(present.resident_ids)
) as open_findings
where (select pub.sees_all_divisions()) or household.division_code = any((select pub.own_divisions())::text[]);
comment on view api_v1.household_check is '救助家庭核对：每个救助家庭一行，成员、经济状况、疑点、来源时效';
comment on column api_v1.household_check.members is
'成员：居民编号、脱敏号码、关系、是否在世（空值：未登记且无死亡记录）、
婚姻状况（married 已婚，divorced 离婚，widowed 丧偶，no_record 无登记记录）、
是否有未申报的配偶（只说明存在；空值：无法判断）、在享待遇、入住、残疾';
comment on column api_v1.household_check.open_findings is
'疑点：规则、中文名称、程度、结果（hit 命中，not_assessable 不能判断）、期间、金额、消除办法';
comment on column api_v1.household_check.sources is '各来源的数据到哪一天、是否过期';

-- What officers read of people goes through functions: each reading is logged with its purpose, and of a
-- function `explain` shows nothing, where behind a view it would tell of rows that are not shown.
create or replace function api_v1.household_check(aid_household_no text, purpose text default null) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    asked constant jsonb := jsonb_build_object('aid_household_no', $1);
    told jsonb;
begin
    if not exists (select from pub.current_generation) then
        return jsonb_build_object('status', 'unavailable', 'aid_household_no', $1);
    end if;
    told := verification.refused_reading('household_check', $2, asked);
    if told is not null then
        return told;
    end if;
    select jsonb_build_object('status', 'found') || to_jsonb(checked) into told
    from api_v1.household_check as checked
    where checked.aid_household_no = $1;
    perform verification.note_reading('household_check', $2, asked, array(
        select (member ->> 'resident_id')::bigint
        from jsonb_array_elements(told -> 'members') as member
        where member ->> 'resident_id' is not null
    ));
    return coalesce(
        told,
        (
            select jsonb_build_object(
                'status', 'unknown',
                'aid_household_no', $1,
                'generation', release.generation,
                'business_date', release.business_date
            )
            from api_v1.current_release as release
        )
    );
end $$;
comment on function api_v1.household_check(text, text) is
'按家庭编号和用途查询核对结果，留痕。status：found 查到，unknown 无此家庭，refused 没有说明代码表内的用途';

create or replace view api_v1.benefit_overlap with (security_barrier = true) as
select
    pair.resident_id,
    resident.masked_id_number,
    pair.first_benefit_code,
    pair.first_case_no,
    pair.first_division_code,
    pair.second_benefit_code,
    pair.second_case_no,
    pair.second_division_code,
    pair.months,
    pair.month_count,
    pair.first_paid_yuan,
    pair.second_paid_yuan,
    finding.finding_ids,
    finding.finding_ids is not null as is_exclusive
from (
    select
        one.resident_id,
        one.benefit_code as first_benefit_code,
        one.case_no as first_case_no,
        one.division_code as first_division_code,
        other.benefit_code as second_benefit_code,
        other.case_no as second_case_no,
        other.division_code as second_division_code,
        array_agg(one.benefit_month order by one.benefit_month) as months,
        count(*)::integer as month_count,
        sum(one.household_paid_yuan)::numeric(14, 2) as first_paid_yuan,
        sum(other.household_paid_yuan)::numeric(14, 2) as second_paid_yuan,
        jsonb_agg(one.sources) as first_sources,
        jsonb_agg(other.sources) as second_sources
    from pub.current_benefit_month_person as one
    inner join pub.current_benefit_month_person as other
        on other.resident_id = one.resident_id and other.benefit_month = one.benefit_month
        and (other.benefit_code, other.case_no) > (one.benefit_code, one.case_no)
    group by
        one.resident_id, one.benefit_code, one.case_no, one.division_code,
        other.benefit_code, other.case_no, other.division_code
) as pair
inner join pub.current_resident as resident using (resident_id)
-- A finding speaks of this pair where its evidence cites payments of both sides. Group B of the
-- catalogue is about benefits that exclude each other; other rules (paid after death) cite
-- several benefits without saying so.
cross join lateral (
    select array_agg(hit.finding_id order by hit.finding_id) as finding_ids
    from pub.current_finding as hit
    where
        hit.subject_resident_id = pair.resident_id
        and hit.outcome = 'hit'
        and hit.rule_code like 'B%'
        and exists (
            select from jsonb_array_elements(hit.evidence -> 'sources') as cited (line)
            where pair.first_sources @> jsonb_build_array(jsonb_build_array(cited.line))
        )
        and exists (
            select from jsonb_array_elements(hit.evidence -> 'sources') as cited (line)
            where pair.second_sources @> jsonb_build_array(jsonb_build_array(cited.line))
        )
) as finding
where (select pub.sees_all_divisions()) or resident.division_code = any((select pub.own_divisions())::text[]);
comment on view api_v1.benefit_overlap is
'同一人同一所属月份享受两项待遇：每人、每对待遇一行；多数可以并享，规则认为互斥的附疑点编号';
comment on column api_v1.benefit_overlap.first_benefit_code is '待遇甲类别';
comment on column api_v1.benefit_overlap.first_case_no is '待遇甲业务编号';
comment on column api_v1.benefit_overlap.first_division_code is '待遇甲行政区划';
comment on column api_v1.benefit_overlap.second_benefit_code is '待遇乙类别';
comment on column api_v1.benefit_overlap.second_case_no is '待遇乙业务编号';
comment on column api_v1.benefit_overlap.second_division_code is '待遇乙行政区划';
comment on column api_v1.benefit_overlap.months is '重叠的所属月份';
comment on column api_v1.benefit_overlap.month_count is '重叠月数';
comment on column api_v1.benefit_overlap.first_paid_yuan is '重叠月份内待遇甲的发放合计（元，整户）';
comment on column api_v1.benefit_overlap.second_paid_yuan is '重叠月份内待遇乙的发放合计（元，整户）';
comment on column api_v1.benefit_overlap.finding_ids is '认为两项互斥的疑点编号';
comment on column api_v1.benefit_overlap.is_exclusive is '是否有规则认为两项互斥';

-- Callers know a number, they cannot list numbers.
create or replace function api_v1.benefit_overlap(id_number text default null, purpose text default null)
returns setof api_v1.benefit_overlap
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    asked constant jsonb := jsonb_build_object('id_number', $1);
    found api_v1.benefit_overlap[];
begin
    if not exists (select from pub.current_generation) then
        return;
    end if;
    if verification.refused_reading('benefit_overlap', $2, asked) is not null then
        raise invalid_parameter_value using
            message = 'No purpose of the list was given, so nothing is told.',
            hint = 'Purposes stand in the code list purpose: application, review, objection, change.';
    end if;
    if $1 is null then
        found := array(select pair from api_v1.benefit_overlap as pair);
    else
        found := array(
            select pair
            from api_v1.benefit_overlap as pair
            where pair.resident_id = (
                select resident.resident_id
                from pub.current_resident as resident
                where resident.id_number = clean.id_number($1)
            )
        );
    end if;
    perform verification.note_reading(
        'benefit_overlap', $2, asked, array(select distinct pair.resident_id from unnest(found) as pair)
    );
    return query select * from unnest(found);
end $$;
comment on function api_v1.benefit_overlap(text, text) is
'按公民身份号码和用途查询待遇重叠，留痕；不给号码则返回本区划全部';

create or replace function api_v1.resident_status(id_number text, purpose text default null) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    asked constant jsonb := jsonb_build_object('id_number', $1);
    told jsonb;
begin
    if not exists (select from pub.current_generation) then
        return jsonb_build_object('identity', 'unavailable');
    end if;
    told := verification.refused_reading('resident_status', $2, asked);
    if told is not null then
        return told;
    end if;
    select jsonb_build_object(
        'identity', case when situation.resident_id is null then 'unknown' else 'found' end,
        'resident_id', situation.resident_id,
        'masked_id_number', situation.masked_id_number,
        'division_code', situation.division_code,
        'is_registered', situation.is_registered,
        'is_alive', situation.is_alive,
        'died_on', situation.died_on,
        'marital_status', situation.marital_status,
        'benefits', situation.benefits,
        'stay', situation.stay,
        'disability', situation.disability,
        'sources', (
            select jsonb_agg(to_jsonb(freshness) order by freshness.feed) from api_v1.source_freshness as freshness
        ),
        'generation', release.generation,
        'business_date', release.business_date
    )
    into told
    from pub.current_release as release
    left join pub.current_resident_situation as situation
        on situation.id_number = clean.id_number($1)
        and ((select pub.sees_all_divisions()) or situation.division_code = any((select pub.own_divisions())::text[]));
    perform verification.note_reading(
        'resident_status', $2, asked, array_remove(array[(told ->> 'resident_id')::bigint], null)
    );
    return told;
end $$;
comment on function api_v1.resident_status(text, text) is
'按公民身份号码和用途查询居民现状，留痕。identity：found 查到，unknown 无此人（不等于没有待遇：请看各来源时效）';

select pub.describe_columns('api_v1');
