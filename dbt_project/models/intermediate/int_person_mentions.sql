{{ config(
    materialized='incremental',
    incremental_strategy='append',
    post_hook='{{ note_absorbed() }}',
    indexes=[{'columns': ['delivery_id']}]
) }}

-- One row for every person named in every landed line, with what the line says of them.
-- Columns: feed, staged model, role (an SQL expression where the position is part of it), column prefix,
-- sex, birth date, case: mentions of one case and name are one person.
{% set mentions = [
    ('population', 'stg_register__population', "'person'", '', 'sex_code', 'born_on',
        "'register:' || stated_id_number"),
    ('marriage_event', 'stg_marriage__marriage_event', "'husband'", 'husband_', "'1'", 'husband_born_on',
        "'marriage:' || event_no || event_type"),
    ('marriage_event', 'stg_marriage__marriage_event', "'wife'", 'wife_', "'2'", 'wife_born_on',
        "'marriage:' || event_no || event_type"),
    ('cremation', 'stg_funeral__cremation', "'deceased'", 'deceased_', 'deceased_sex_code', 'null::date',
        "'cremation:' || cremation_no"),
    ('cremation', 'stg_funeral__cremation', "'agent'", 'agent_', 'null', 'null::date',
        "'cremation:' || cremation_no"),
    ('aid_household', 'stg_assistance__aid_household_member', "'member' || member_no", '', 'null', 'null::date',
        "'aid:' || aid_household_no"),
    ('entitlement', 'stg_assistance__entitlement', "'person'", '', 'null', 'null::date',
        "'aid:' || entitlement_no"),
    ('payment', 'stg_assistance__payment', "'payee'", 'payee_', 'null', 'null::date',
        "'aid:' || case_no"),
    ('temporary_aid', 'stg_assistance__temporary_aid', "'person'", '', 'null', 'null::date',
        "'temporary_aid:' || temporary_aid_no"),
    ('stay', 'stg_eldercare__stay', "'resident'", '', 'sex_code', 'null::date',
        "'stay:' || stay_no"),
    ('disability_card', 'stg_shared__disability_card', "'person'", '', 'null', 'null::date',
        "'card:' || card_no"),
    ('social_insurance', 'stg_shared__social_insurance', "'person'", '', 'null', 'null::date',
        "'insurance:' || stated_id_number"),
    ('vehicle', 'stg_shared__vehicle', "'owner'", 'owner_', 'null', 'null::date',
        "'vehicle:' || plate_no"),
    ('real_estate', 'stg_shared__real_estate', "'owner'", 'owner_', 'null', 'null::date',
        "'unit:' || unit_no"),
    ('company', 'stg_shared__company_officer', "'officer' || officer_no", '', 'null', 'null::date',
        "'company:' || company_no"),
] %}

with

fresh as ({{ new_deliveries() }}),

mentions as (
    {% for feed, staged, role, prefix, sex_code, born_on, case_no in mentions %}
    select
        '{{ feed }}' as feed,
        delivery_id,
        delivery_date,
        delivery_order,
        line_number,
        {{ role }} as role,
        {{ prefix }}id_number as id_number,
        {{ prefix }}id_number_note as id_number_note,
        {{ prefix }}surviving_digits as surviving_digits,
        {{ prefix }}name as name,
        {{ sex_code }} as sex_code,
        {{ born_on }} as born_on,
        {{ case_no }} as case_no
    from {{ ref(staged) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select mentions.*
from mentions
inner join fresh on mentions.delivery_id = fresh.delivery_id
-- A role left empty (a cremation without an agent) names nobody.
where mentions.name is not null or mentions.id_number_note <> 'missing'
