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
            message = '没有给出代码表中的用途，什么也不显示。 No purpose of the list was given, so nothing is told.',
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

grant execute on function api_v1.benefit_overlap(text, text) to officer;
