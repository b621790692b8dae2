-- int_household_members: who belongs to a household on the business date, three kinds of household
-- side by side: aid (as declared, active ones), registered (household book), legal (family by law).
-- Only an aid household may name somebody who is not resolved.
select
    'aid' as household_kind,
    households.aid_household_no as household_no,
    members.member_no,
    members.resident_id,
    members.relation,
    coalesce(members.relation in ('本人', '户主', '申请人'), false) as is_head,
    members.declared_income_yuan,
    members.valid_from,
    'aid_household' as feed,
    members.delivery_id,
    members.line_number
from {{ ref('aid_household_member') }} as members
inner join {{ ref('aid_household') }} as households using (aid_household_no)
where households.is_active and members.valid_to is null

union all

select
    'registered',
    members.household_no,
    null::integer,
    members.resident_id,
    coalesce(kinship.title_zh, members.relation_code),
    coalesce(kinship.kin = 'head', false),
    null::numeric(14, 2),
    members.valid_from,
    'population',
    members.delivery_id,
    members.line_number
from {{ ref('registered_household_member') }} as members
left join {{ ref('kinship') }} as kinship using (relation_code)
where {{ is_in_force('members') }}

union all

select
    'legal',
    family_no,
    null::integer,
    resident_id,
    relation,
    relation in ('self', 'spouse'),
    null::numeric(14, 2),
    valid_from,
    feed,
    delivery_id,
    line_number
from {{ ref('legal_family_member') }}
where {{ is_in_force() }}
