{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['delivery_id', 'line_number', 'role'],
    on_schema_change='fail',
    indexes=[{'columns': ['delivery_id', 'line_number', 'role']}]
) }}

-- One row for every person named in every landed line, and the resident this is. Only what is new, or
-- linked otherwise than before, is written: judged by comparison, so a run that broke off leaves nothing
-- to be remembered.
with

mentions as (select * from {{ ref('int_person_mentions') }}),

links as (select * from {{ source('ops', 'person_link') }}),

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
    from mentions
    left join links using (delivery_id, line_number, role)
)

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
