-- One row for every person named in every landed line, and the resident this is.
with

mentions as (select * from {{ ref('int_person_mentions') }}),

links as (select * from {{ source('ops', 'person_link') }})

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
