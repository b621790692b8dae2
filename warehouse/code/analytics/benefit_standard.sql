create or replace view analytics.benefit_standard with (security_barrier = true) as
select
    known.division_code,
    place.name_zh as division_zh,
    known.standard_code,
    title.title_zh as standard_zh,
    known.amount_yuan,
    known.valid_from,
    known.valid_to,
    known.valid_from <= release.business_date
    and (known.valid_to is null or known.valid_to > release.business_date) as is_in_force
from pub.scoped_benefit_standard as known
cross join pub.scoped_release as release
left join pub.scoped_division as place using (division_code)
left join pub.scoped_code_title as title on title.code_list = 'standard' and known.standard_code = title.code;
comment on view analytics.benefit_standard is '待遇标准：每个区划每项标准每段期间一行';
comment on column analytics.benefit_standard.division_zh is '区划名称';
comment on column analytics.benefit_standard.standard_zh is '标准名称';
comment on column analytics.benefit_standard.is_in_force is '业务日期有效';
