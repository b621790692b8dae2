{{ config(
    materialized='incremental',
    incremental_strategy='append',
    post_hook='{{ note_absorbed() }}',
    indexes=[{'columns': ['delivery_id', 'line_number', 'role'], 'unique': true}, {'columns': ['group_no']}]
) }}

-- One row for every person named in every landed line, with what the line says of them.
-- role: an SQL expression where the position is part of it. case_no: mentions of one case and name
-- are one person. group_no: people of one group are kin or share a household.
{% set unsaid = {'sex_code': 'null', 'born_on': 'null::date', 'group_no': 'null', 'phone': 'null',
    'account_no': 'null', 'address': 'null', 'prefix': ''} %}
{% set mentions = [
    {'feed': 'population', 'staged': 'stg_register__population', 'role': "'person'",
        'sex_code': 'sex_code', 'born_on': 'born_on', 'case_no': "'register:' || stated_id_number",
        'group_no': "'register:' || household_no", 'address': 'address'},
    {'feed': 'marriage_event', 'staged': 'stg_marriage__marriage_event', 'role': "'husband'", 'prefix': 'husband_',
        'sex_code': "'1'", 'born_on': 'husband_born_on', 'case_no': "'marriage:' || event_no || event_type",
        'group_no': "'marriage:' || event_no || event_type"},
    {'feed': 'marriage_event', 'staged': 'stg_marriage__marriage_event', 'role': "'wife'", 'prefix': 'wife_',
        'sex_code': "'2'", 'born_on': 'wife_born_on', 'case_no': "'marriage:' || event_no || event_type",
        'group_no': "'marriage:' || event_no || event_type"},
    {'feed': 'cremation', 'staged': 'stg_funeral__cremation', 'role': "'deceased'", 'prefix': 'deceased_',
        'sex_code': 'deceased_sex_code', 'case_no': "'cremation:' || cremation_no",
        'group_no': "'cremation:' || cremation_no"},
    {'feed': 'cremation', 'staged': 'stg_funeral__cremation', 'role': "'agent'", 'prefix': 'agent_',
        'case_no': "'cremation:' || cremation_no", 'group_no': "'cremation:' || cremation_no"},
    {'feed': 'aid_household', 'staged': 'stg_assistance__aid_household_member', 'role': "'member' || member_no",
        'case_no': "'aid:' || aid_household_no", 'group_no': "'aid:' || aid_household_no", 'phone': 'phone'},
    {'feed': 'entitlement', 'staged': 'stg_assistance__entitlement', 'role': "'person'",
        'case_no': "'aid:' || entitlement_no", 'account_no': 'account_no'},
    {'feed': 'payment', 'staged': 'stg_assistance__payment', 'role': "'payee'", 'prefix': 'payee_',
        'case_no': "'aid:' || case_no", 'group_no': "'aid:' || case_no", 'account_no': 'account_no'},
    {'feed': 'temporary_aid', 'staged': 'stg_assistance__temporary_aid', 'role': "'person'",
        'case_no': "'temporary_aid:' || temporary_aid_no"},
    {'feed': 'stay', 'staged': 'stg_eldercare__stay', 'role': "'resident'", 'sex_code': 'sex_code',
        'case_no': "'stay:' || stay_no"},
    {'feed': 'disability_card', 'staged': 'stg_shared__disability_card', 'role': "'person'",
        'case_no': "'card:' || card_no"},
    {'feed': 'social_insurance', 'staged': 'stg_shared__social_insurance', 'role': "'person'",
        'case_no': "'insurance:' || stated_id_number"},
    {'feed': 'vehicle', 'staged': 'stg_shared__vehicle', 'role': "'owner'", 'prefix': 'owner_',
        'case_no': "'vehicle:' || plate_no"},
    {'feed': 'real_estate', 'staged': 'stg_shared__real_estate', 'role': "'owner'", 'prefix': 'owner_',
        'case_no': "'unit:' || unit_no", 'group_no': "'unit:' || unit_no", 'address': 'address'},
    {'feed': 'company', 'staged': 'stg_shared__company_officer', 'role': "'officer' || officer_no",
        'case_no': "'company:' || company_no"},
] %}

with

fresh as ({{ new_deliveries(ref('stg_deliveries')) }}),

mentions as (
    {% for given in mentions %}
    {% set mention = dict(unsaid, **given) %}
    select
        '{{ mention.feed }}' as feed,
        delivery_id,
        delivery_date,
        delivery_order,
        line_number,
        {{ mention.role }} as role,
        {{ mention.prefix }}id_number as id_number,
        {{ mention.prefix }}id_number_note as id_number_note,
        {{ mention.prefix }}surviving_digits as surviving_digits,
        case when {{ mention.prefix }}id_number is null then nullif({{ mention.prefix }}stated_number, '') end
            as unread_number,
        {{ mention.prefix }}name as name,
        {{ mention.sex_code }} as sex_code,
        {{ mention.born_on }} as born_on,
        {{ mention.case_no }} as case_no,
        {{ mention.group_no }} as group_no,
        {{ mention.phone }} as phone,
        {{ mention.account_no }} as account_no,
        {{ mention.address }} as address
    from {{ ref(mention.staged) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select mentions.*
from mentions
inner join fresh on mentions.delivery_id = fresh.delivery_id
-- A role left empty (a cremation without an agent) names nobody.
where mentions.name is not null or mentions.id_number_note <> 'missing'
