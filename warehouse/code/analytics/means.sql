create or replace view analytics.means with (security_barrier = true) as
select
    means.household_kind,
    kind.title_zh as household_kind_zh,
    means.household_no,
    means.aid_household_no,
    aid.aid_type_code,
    aid_type.title_zh as aid_type_zh,
    means.member_count,
    means.resolved_member_count,
    means.unknown_income_count,
    means.income_per_capita_yuan,
    means.countable_per_capita_yuan,
    means.standard_code,
    standard.title_zh as standard_zh,
    means.standard_yuan,
    means.countable_per_capita_yuan - means.standard_yuan as distance_yuan,
    means.countable_multiple - 1 as distance_share,
    means.vehicle_count,
    means.dwelling_count,
    means.company_count,
    means.property_outcome,
    outcome.title_zh as property_outcome_zh,
    means.division_code,
    place.name_zh as division_zh
from pub.scoped_household_means as means
left join pub.scoped_aid_household as aid using (aid_household_no)
left join pub.scoped_place as place on means.division_code = place.division_code
left join pub.scoped_code_title as kind on kind.code_list = 'household_kind' and means.household_kind = kind.code
left join pub.scoped_code_title as aid_type on aid_type.code_list = 'benefit' and aid.aid_type_code = aid_type.code
left join pub.scoped_code_title as standard on standard.code_list = 'standard' and means.standard_code = standard.code
left join pub.scoped_code_title as outcome
    on outcome.code_list = 'means_outcome' and means.property_outcome = outcome.code;
comment on view analytics.means is '家庭业务日的经济状况（按来源核得，非申报），及其与低保标准的距离；每种口径每户一行，救助家庭只有在保的';
comment on column analytics.means.household_kind_zh is '家庭口径';
comment on column analytics.means.aid_type_zh is '救助类别；仅救助家庭有';
comment on column analytics.means.standard_zh is '标准名称';
comment on column analytics.means.distance_yuan is '人均可计月收入减现行低保标准（元）：负为低于标准';
comment on column analytics.means.distance_share is '人均可计收入与标准之差占标准的比例：-0.1 至 0.1 即在标准的一成以内';
comment on column analytics.means.property_outcome_zh is '财产判断';
comment on column analytics.means.division_zh is '区划名称';
