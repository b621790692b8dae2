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
        select jsonb_agg(to_jsonb(freshness) - 'division_code' order by freshness.feed)
        from pub.source_freshness_today_in(array[household.division_code]) as freshness
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
comment on column api_v1.household_check.sources is '覆盖该家庭所在区划的各来源：数据到哪一天、是否过期';

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

grant execute on function api_v1.household_check(text, text) to officer;
