-- int_touched_households: households of the three kinds whose means may have changed: what they rest on is
-- not what the means that stand rest on, or a member has news, or shares a benefit with somebody who has.
{% set bases = ref('int_household_bases') -%}
{% set held = adapter.get_relation(target.database, 'marts', 'household_means') -%}
{# Not a ref, which would be a circle: the means of the last build, where there are any. #}
with

touched_residents as (
    select resident_id
    from {{ ref('int_touched_residents') }}

    union

    select members.resident_id
    from {{ ref('aid_household_member') }} as members
    inner join {{ ref('int_touched_cases') }} as touched on members.aid_household_no = touched.case_no
)

select
    members.household_kind,
    members.household_no
from {{ ref('int_household_members') }} as members
inner join touched_residents using (resident_id)

{% if held and not flags.FULL_REFRESH -%}
union

select
    household_kind,
    household_no
from {{ bases }} as bases
full outer join {{ held }} as held using (household_kind, household_no)
where bases.basis is distinct from held.basis
{%- endif %}
