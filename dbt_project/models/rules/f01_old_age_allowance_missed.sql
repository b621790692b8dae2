-- F01: a living registered resident of 80 or more draws no old-age allowance (GL). Whoever any
-- feed knows as dead is no hit. Nothing found means nothing while a source is missing, or while
-- an unresolved line names somebody of the same name.
with

source_freshness_by_division as (select * from {{ ref('source_freshness_by_division') }}),

rule_parameter as (select * from {{ ref('rule_parameter') }}),

residents as (
    select
        resident.*,
        (
            resident.born_on
            + {{ rule_parameter('f01', 'age_years', 'resident.division_code') }}::int * interval '1 year'
        )::date as entitled_on
    from {{ ref('resident') }} as resident
    where resident.is_registered and resident.died_on is null
),

benefit_standard as (select * from {{ ref('int_standards_by_division') }}),

paid_months as (
    select * from {{ ref('benefit_month_person') }}
    where benefit_code = 'GL'
),

allowances as (
    select * from {{ ref('int_benefits_by_person') }}
    where benefit_code = 'GL'
),

-- An unresolved line may say that he or she draws it already, or is dead.
doubts as (
    select
        resident_id,
        min(reason) as reason
    from (
        select
            resident_id,
            'unresolved_namesake' as reason
        from {{ ref('int_possible_benefits') }}
        where benefit_code = 'GL'
        union all
        select
            resident_id,
            case when is_day_unknown then 'death_date_unknown' else 'unresolved_namesake' end
        from {{ ref('int_possible_deaths') }}
    ) as told
    group by resident_id
),

judged as (
    select
        residents.*,
        coalesce(allowances.is_active, false) as is_drawing,
        allowances.ended_on,
        case when allowances.is_active is not true then coalesce(
            case when residents.born_on is null then 'birth_date_unknown' end,
            {{ why_not_current(['population', 'entitlement', 'cremation'], 'residents.division_code') }},
            doubts.reason
        ) end as reason
    from residents
    left join allowances using (resident_id)
    left join doubts using (resident_id)
    where residents.born_on is null or residents.entitled_on <= {{ business_date() }}
),

outcomes as (
    select
        *,
        null::text as aid_household_no,
        not is_drawing and reason is null as is_hit,
        greatest({{ month_start('entitled_on') }}, ended_on) as missed_from,
        -- The month in which it ended was still paid.
        greatest({{ month_start('entitled_on') }}, ended_on + interval '1 month') as owed_from
    from judged
)

-- A month is missed at the standard of the age reached in it.
{% set at_90 = month_start("(outcomes.born_on + interval '90 years')") -%}
{% set at_100 = month_start("(outcomes.born_on + interval '100 years')") -%}
{% set missed = [] -%}
{% for standard_code, from_day, last_day in [
    ('GL80', 'outcomes.owed_from', at_90 ~ " - interval '1 month'"),
    ('GL90', 'greatest(outcomes.owed_from, ' ~ at_90 ~ ')', at_100 ~ " - interval '1 month'"),
    ('GL100', 'greatest(outcomes.owed_from, ' ~ at_100 ~ ')', business_date()),
] -%}
{% do missed.append(missed_yuan(
    "'" ~ standard_code ~ "'", 'outcomes.division_code', 'outcomes.resident_id', from_day,
    'least(' ~ last_day ~ ', ' ~ business_date() ~ ')'
)) -%}
{% endfor -%}
-- The month only: a birthday beside a masked number would give the number away.
{{ subject_findings(
    judged='outcomes',
    facts={
        'entitled_month': written_day('entitled_on', 'YYYY-MM'),
        'allowance_ended_on': 'ended_on',
    },
    sources=[source_line(none, 'feed')],
    first_on='missed_from',
    amount_yuan='nullif(coalesce(' ~ missed | join(', 0) + coalesce(') ~ ', 0), 0)',
    unknown={}
) }}
