-- int_senders_by_division: which feeds cover a division with which kind of record. A feed covers all divisions, or
-- those its contract lists and what lies in them. Divisions that no contract tells apart stand as 000000.
with

feeds as (select * from {{ source('ops', 'feed') }}),

listed as (
    select
        feeds.feed,
        covered.division_code
    from feeds
    cross join lateral {{ items_of('feeds.divisions') }} as covered (division_code)
),

divisions as (
    select '000000' as division_code
    union
    select divisions.code
    from {{ ref('stg_divisions') }} as divisions
    where
        length(divisions.code) = 6
        and exists (
            select 1 from listed where listed.division_code in {{ applying_divisions('divisions.code') }}
        )
),

covered as (
    select
        feeds.feed,
        divisions.division_code
    from feeds
    cross join divisions
    where feeds.feed not in (select feed from listed)
    union
    select
        listed.feed,
        divisions.division_code
    from divisions
    inner join listed on listed.division_code in {{ applying_divisions('divisions.division_code') }}
)

select
    senders.record,
    covered.division_code,
    senders.feed
from {{ ref('int_senders') }} as senders
inner join covered using (feed)
