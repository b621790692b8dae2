-- G03: emergency aid (急难型) was paid more than two working days after the application, or is
-- still not paid. Working days follow the State Council's calendar of holidays and make-up days;
-- beyond the years it was published for nothing is asserted.
with

source_freshness_by_division as (select * from {{ ref('source_freshness_by_division') }}),

rule_parameter as (select * from {{ ref('rule_parameter') }}),

aids as (
    select * from {{ ref('temporary_aid') }}
    where aid_kind = '急难型'
),

working_days as (select * from {{ ref('int_working_days') }}),

counted as (
    select
        aids.*,
        paid.working_day_number - applied.working_day_number as working_day_count,
        {{ rule_parameter('g03', 'max_working_days', 'aids.division_code') }} as max_working_days
    from aids
    left join working_days as applied on aids.applied_on = applied.day
    left join working_days as paid on coalesce(aids.paid_on, {{ business_date() }}) = paid.day
),

-- Several aids of one day are one subject; the slowest of them counts.
people as (
    select
        resident_id,
        case when resident_id is null then temporary_aid_no end as temporary_aid_no,
        applied_on,
        max(division_code) as division_code,
        case when count(paid_on) = count(*) then max(paid_on) end as paid_on,
        max(working_day_count) as working_day_count,
        max(max_working_days) as max_working_days,
        count(*) - count(working_day_count) as uncounted_count,
        {{ json_collect(source_line(none, "'temporary_aid'"), 'temporary_aid_no') }} as sources
    from counted
    group by resident_id, case when resident_id is null then temporary_aid_no end, applied_on
),

judged as (
    select
        people.*,
        null::text as aid_household_no,
        people.resident_id is not null
        and coalesce(people.working_day_count > people.max_working_days, false) as is_hit,
        coalesce(
            {{ why_not_assessable('people.resident_id', ['temporary_aid'], 'people.division_code') }},
            case when people.uncounted_count > 0 then 'calendar_unknown' end
        ) as reason
    from people
)

{{ subject_findings(
    facts={
        'applied_on': 'applied_on',
        'paid_on': 'paid_on',
        'working_day_count': 'working_day_count',
        'limit_working_days': 'max_working_days::integer',
    },
    sources=['sources'],
    first_on='applied_on',
    last_on='paid_on',
    unknown={'temporary_aid_no': 'temporary_aid_no'}
) }}
