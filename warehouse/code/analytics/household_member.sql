-- Members on the business date, without the days since when: of a child that is a birthday.
-- `offset 0` as in analytics.household_history.
create or replace view analytics.household_member with (security_barrier = true) as
select
    member.household_kind,
    member.household_no,
    member.resident_id,
    member.relation,
    coalesce(relation.title_zh, member.relation) as relation_zh
from pub.scoped_household_history as member
cross join pub.scoped_release as release
left join pub.scoped_code_title as relation
    on
        relation.code_list
        = case member.household_kind when 'registered' then 'kinship' when 'legal' then 'legal_relation' end
        and member.relation = relation.code
where
    member.from_generation <= release.generation
    and (member.to_generation is null or member.to_generation > release.generation)
    and (member.valid_from is null or member.valid_from <= release.business_date)
    and (member.valid_to is null or member.valid_to > release.business_date)
offset 0;
comment on view analytics.household_member is '三种口径的家庭在业务日期的成员；每种口径每户每位成员一行，身份未确定的也在内';
comment on column analytics.household_member.relation_zh is '关系';
