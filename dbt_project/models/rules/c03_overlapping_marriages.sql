-- C03: two registered marriages of one person with different partners overlap in time: a
-- conflict of registrations to be checked, never an allegation. A first marriage ended by
-- death or divorce does not overlap, however late that record came; a revoked one never was.
-- A first partner nobody registers may have died before the second marriage: not judged, unless his
-- or her death, or a divorce, is on record for a later day.
with

source_freshness_by_division as (select * from {{ ref('source_freshness_by_division') }}),

spells as (select * from {{ ref('int_marriages_by_person') }}),

residents as (select * from {{ ref('resident') }}),

overlapping as (
    select
        later.resident_id,
        later.registered_on,
        max(least(earlier.ended_on, later.ended_on)) as ended_on,
        max(earlier.registered_on) as earlier_registered_on,
        coalesce(
            bool_or(
                partners.is_registered or partners.died_on > later.registered_on or earlier.ended_by = 'divorce'
            ),
            false
        ) as is_partner_alive,
        {{ json_collect(json_list(['earlier.source_line', 'later.source_line']), 'earlier.certificate_no') }} as sources
    from spells as later
    inner join spells as earlier
        on
            later.resident_id = earlier.resident_id
            and (earlier.registered_on, earlier.certificate_no) < (later.registered_on, later.certificate_no)
            and later.registered_on < coalesce(earlier.ended_on, 'infinity')
    left join residents as partners on earlier.spouse_resident_id = partners.resident_id
    where
        coalesce(later.spouse_resident_id <> earlier.spouse_resident_id, true)
        and coalesce(later.spouse_name <> earlier.spouse_name, true)
    group by later.resident_id, later.registered_on
),

-- Nobody knows whether the first partner still lived: one row, and none beside a hit.
doubtful as (
    select
        resident_id,
        {{ json_flatten(json_collect('sources', 'registered_on')) }} as sources
    from overlapping
    group by resident_id
    having not bool_or(is_partner_alive)
),

-- A marriage whose people cannot be resolved, at the time of one of this person's own.
namesakes as (
    select distinct known.resident_id
    from spells as known
    inner join spells as unknown
        on
            known.name = unknown.name
            and known.side = unknown.side
            and unknown.registered_on < coalesce(known.ended_on, 'infinity')
            and known.registered_on < coalesce(unknown.ended_on, 'infinity')
    where
        known.resident_id is not null
        and unknown.resident_id is null
        and known.spouse_name <> unknown.spouse_name
        and coalesce(known.spouse_resident_id <> unknown.spouse_resident_id, true)
),

people as (
    select
        resident_id,
        case when resident_id is null then certificate_no end as certificate_no,
        {{ json_collect('source_line', 'certificate_no') }} as sources
    from spells
    group by resident_id, case when resident_id is null then certificate_no end
),

judged as (
    select
        people.resident_id,
        people.certificate_no,
        null::text as aid_household_no,
        residents.division_code,
        overlapping.registered_on,
        overlapping.ended_on,
        overlapping.earlier_registered_on,
        coalesce(overlapping.sources, doubtful.sources, people.sources) as sources,
        overlapping.registered_on is not null as is_hit,
        coalesce(
            {{ why_not_assessable('people.resident_id', ['marriage_event'], 'residents.division_code') }},
            case
                when doubtful.resident_id is not null then 'partner_not_registered'
                when namesakes.resident_id is not null then 'unresolved_namesake'
            end
        ) as reason
    from people
    left join residents using (resident_id)
    left join overlapping on people.resident_id = overlapping.resident_id and overlapping.is_partner_alive
    left join doubtful on people.resident_id = doubtful.resident_id
    left join namesakes on people.resident_id = namesakes.resident_id
)

{{ subject_findings(
    facts={'registered_on': 'registered_on', 'earlier_registered_on': 'earlier_registered_on'},
    sources=['sources'],
    first_on='registered_on',
    last_on='ended_on',
    unknown={'certificate_no': 'certificate_no'}
) }}
