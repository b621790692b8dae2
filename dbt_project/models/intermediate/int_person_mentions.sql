{{ config(
    materialized='incremental',
    incremental_strategy='append',
    post_hook='{{ note_absorbed() }}',
    indexes=[{'columns': ['delivery_id', 'line_number', 'role'], 'unique': true}, {'columns': ['group_no']}]
) }}

-- One row for every person named in every landed line, with what the line says of them, as the records tell
-- (ingestion/canonical). feed: the kind of record. case_no: mentions of one case and name are one person.
-- group_no: people of one group are kin or share a household.
with

fresh as ({{ new_deliveries(ref('stg_deliveries')) }}),

mentions as (
    {% for person in canonical_records() | map(attribute='persons') | sum(start=[]) %}
    select
        '{{ person.record }}' as feed,
        delivery_id,
        delivery_date,
        delivery_order,
        line_number,
        {{ role_in('staged', person.role) }} as role,
        {{ person.prefix }}id_number as id_number,
        {{ person.prefix }}id_number_note as id_number_note,
        {{ person.prefix }}surviving_digits as surviving_digits,
        case when {{ person.prefix }}id_number is null then nullif({{ person.prefix }}stated_number, '') end
            as unread_number,
        {{ person.prefix }}name as name,
        {{ person.sex_code }} as sex_code,
        {{ person.born_on }} as born_on,
        {{ person.case_no }} as case_no,
        {{ person.group_no }} as group_no,
        {{ person.phone }} as phone,
        {{ person.account_no }} as account_no,
        {{ person.address }} as address
    from {{ ref(person.staged) }} as staged
    where
        staged.is_absent is not true
        {%- if is_incremental() %}
        and {{ is_one_of('staged.delivery_id', 'select fresh.delivery_id from fresh') }}
        {%- endif %}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select mentions.*
from mentions
inner join fresh on mentions.delivery_id = fresh.delivery_id
-- A role left empty (a cremation without an agent) names nobody.
where mentions.name is not null or mentions.id_number_note <> 'missing'
