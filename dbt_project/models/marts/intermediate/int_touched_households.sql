-- int_touched_households: households of the three kinds whose means may have changed: what they rest on is
-- not what the means that stand rest on, or a member has news, or is named in a case that has: whoever
-- is entitled shares what is paid to another.
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

    union

    select entitlements.resident_id
    from {{ ref('entitlement') }} as entitlements
    inner join {{ ref('int_touched_cases') }} as touched on entitlements.entitlement_no = touched.case_no

    union

    select payees.resident_id
    from {{ ref('int_payment_latest') }} as payments
    inner join {{ ref('int_touched_cases') }} as touched on payments.case_no = touched.case_no
    left join {{ ref('person_mention') }} as payees
        on {{ is_named_in('payees', 'payments', 'payee') }}
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
