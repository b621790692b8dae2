-- Households of the business date; of the aid households also those that were stopped.
create or replace view analytics.household with (security_barrier = true) as
select
    known.household_kind,
    kind.title_zh as household_kind_zh,
    known.household_no,
    known.aid_household_no,
    known.member_count,
    known.aid_type_code,
    aid_type.title_zh as aid_type_zh,
    known.urban_rural,
    known.is_active,
    known.division_code,
    place.name_zh as division_zh,
    known.applied_month,
    known.approved_month,
    known.days_to_approval
from (
    select
        'aid' as household_kind,
        aid_household_no as household_no,
        aid_household_no,
        member_count,
        aid_type_code,
        urban_rural,
        is_active,
        division_code,
        date_trunc('month', applied_on)::date as applied_month,
        date_trunc('month', approved_on)::date as approved_month,
        approved_on - applied_on as days_to_approval
    from pub.scoped_aid_household
    union all
    select
        household_kind,
        household_no,
        null,
        member_count,
        null,
        null,
        null,
        division_code,
        null,
        null,
        null
    from pub.scoped_household_means
    where household_kind <> 'aid'
) as known
left join pub.scoped_place as place using (division_code)
left join pub.scoped_code_title as kind on kind.code_list = 'household_kind' and known.household_kind = kind.code
left join pub.scoped_code_title as aid_type on aid_type.code_list = 'benefit' and known.aid_type_code = aid_type.code;
comment on view analytics.household is '家庭，三种口径：救助家庭（申报，含已停保）、登记户（户口簿）、法定家庭；每种口径每户一行';
comment on column analytics.household.household_kind_zh is '家庭口径';
comment on column analytics.household.member_count is '成员数';
comment on column analytics.household.aid_type_zh is '救助类别；仅救助家庭有';
comment on column analytics.household.is_active is '在保；仅救助家庭有';
comment on column analytics.household.division_zh is '区划名称';
comment on column analytics.household.applied_month is '申请月份（当月第一日）；仅救助家庭有';
comment on column analytics.household.approved_month is '批准月份（当月第一日）；仅救助家庭有';
comment on column analytics.household.days_to_approval is '从申请到批准的日数；仅救助家庭有';
