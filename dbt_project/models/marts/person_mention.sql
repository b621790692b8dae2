{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['delivery_id', 'line_number', 'role'],
    on_schema_change='fail',
    indexes=[
        {'columns': ['delivery_id', 'line_number', 'role']}, {'columns': ['resident_id']}, {'columns': ['method']}
    ]
) }}

-- One row for every person named in every landed line, and the resident this is. Looked at are new lines,
-- mentions linked otherwise, and the few that no number settles; written is what differs.
with

{% if is_incremental() -%}
news as (
    select
        delivery_id,
        line_number,
        role
    from {{ ref('int_person_mentions') }}
    where delivery_id in (select delivery_id from {{ ref('int_fresh_deliveries') }})

    union

    select
        delivery_id,
        line_number,
        role
    from {{ source('ops', 'person_link') }}
    where method <> 'id_number'

    union

    select
        delivery_id,
        line_number,
        role
    from {{ this }}
    where method in ('probabilistic', 'reviewed', 'unresolved')

    union

    select
        delivery_id,
        line_number,
        role
    from {{ source('ops', 'identity_event') }}
    where event_id > (select event_id from {{ source('ops', 'marts_mark') }})
),

{% endif -%}
linked as (
    select
        mentions.feed,
        mentions.delivery_id,
        mentions.delivery_date,
        mentions.line_number,
        mentions.role,
        links.resident_id,
        coalesce(links.method, 'unresolved') as method,
        links.match_score
    from {{ ref('int_person_mentions') }} as mentions
    {% if is_incremental() %}inner join news using (delivery_id, line_number, role){% endif %}
    left join {{ source('ops', 'person_link') }} as links using (delivery_id, line_number, role)
)

-- depends_on: {{ ref('int_fresh_deliveries') }}
select linked.*
from linked
{% if is_incremental() -%}
left join {{ this }} as known using (delivery_id, line_number, role)
where
    known.delivery_id is null
    or linked.resident_id is distinct from known.resident_id
    or linked.method is distinct from known.method
    or linked.match_score is distinct from known.match_score
{%- endif %}
