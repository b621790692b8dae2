-- B05: a month of eldercare subsidy for home care (YL) is paid while the person is in an
-- institution for the whole month. The months of entry and of leaving are no hit.
with

source_freshness_by_division as (select * from {{ ref('source_freshness_by_division') }}),

paid_months as (
    select * from {{ ref('benefit_month_person') }}
    where benefit_code = 'YL'
),

stays as (select * from {{ ref('eldercare_stay') }}),

whole_months_in_care as (
    select
        paid_months.resident_id,
        paid_months.benefit_month,
        max(stays.entered_on) as entered_on,
        {{ json_collect(source_line('stays', "'stay'"), 'stays.stay_no') }} as sources
    from paid_months
    inner join stays
        on
            paid_months.resident_id = stays.resident_id
            and paid_months.benefit_month > stays.entered_on
            and coalesce(stays.left_on, 'infinity') > {{ month_end('paid_months.benefit_month') }}
    where {{ month_end('paid_months.benefit_month') }} <= {{ business_date() }}
    group by paid_months.resident_id, paid_months.benefit_month
),

-- A stay whose person cannot be resolved may be that of a namesake.
namesakes as (
    select distinct
        paid_months.resident_id,
        paid_months.benefit_month
    from paid_months
    inner join {{ ref('resident') }} as residents using (resident_id)
    inner join stays on residents.name = stays.name
    where
        stays.resident_id is null
        and paid_months.benefit_month > stays.entered_on
        and coalesce(stays.left_on, 'infinity') > {{ month_end('paid_months.benefit_month') }}
        and {{ month_end('paid_months.benefit_month') }} <= {{ business_date() }}
),

judged_months as (
    select
        paid_months.resident_id,
        null::text as aid_household_no,
        paid_months.case_no,
        paid_months.division_code,
        paid_months.benefit_month,
        paid_months.paid_share_yuan as amount_yuan,
        whole_months_in_care.entered_on,
        {{ json_list(['paid_months.sources', 'whole_months_in_care.sources']) }} as sources,
        whole_months_in_care.benefit_month is not null as is_hit,
        coalesce(
            {{ why_not_assessable('paid_months.resident_id', ['payment', 'stay'], 'paid_months.division_code') }},
            case when namesakes.resident_id is not null then 'unresolved_namesake' end
        ) as reason
    from paid_months
    left join whole_months_in_care using (resident_id, benefit_month)
    left join namesakes using (resident_id, benefit_month)
),

{{ month_findings(facts={'entered_on': 'max(entered_on)'}) }}
