create or replace view pub.scoped_household_history with (security_barrier = true) as
select
    'aid' as household_kind,
    aid_household_no as household_no,
    resident_id,
    relation,
    valid_from,
    valid_to,
    'aid_household' as feed,
    delivery_id,
    line_number,
    from_generation,
    to_generation
from pub.aid_household_member
union all
select
    'registered',
    household_no,
    resident_id,
    relation_code,
    valid_from,
    valid_to,
    'population',
    delivery_id,
    line_number,
    from_generation,
    to_generation
from pub.registered_household_member
union all
select
    'legal',
    family_no,
    resident_id,
    relation,
    valid_from,
    valid_to,
    feed,
    delivery_id,
    line_number,
    from_generation,
    to_generation
from pub.legal_family_member;
comment on view pub.scoped_household_history is '三种口径的家庭成员（各世代），限于登录用户的行政区划';
