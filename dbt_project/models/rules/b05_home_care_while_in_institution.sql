-- B05: a month of eldercare subsidy for home care (YL) is paid while the person is in an
-- institution for the whole month. The months of entry and of leaving are no hit; who moves from one institution or
-- contract to the next without a day between has not left.
with

source_freshness_by_division as (select * from {{ ref('source_freshness_by_division') }}),

paid_months as (
    select * from {{ ref('benefit_month_person') }}
    where benefit_code = 'YL'
),

stays as (
    select
        stays.*,
        -- Whose stay it is; of somebody unresolved the name alone is known.
        case when resident_id is null then name end as unresolved_name
    from {{ ref('eldercare_stay') }} as stays
    where entered_on is not null
),

reached as (
    select
        *,
        max(coalesce(left_on, 'infinity')) over (
            partition by resident_id, unresolved_name
            order by entered_on, stay_no
            rows between unbounded preceding and 1 preceding
        ) as reached_on
    from stays
),

numbered as (
    select
        *,
        sum(case when entered_on <= reached_on + 1 then 0 else 1 end) over (
            partition by resident_id, unresolved_name order by entered_on, stay_no
        ) as span_no
    from reached
),

spans as (
    select
        resident_id,
        unresolved_name,
        min(entered_on) as entered_on,
        max(coalesce(left_on, 'infinity')) as left_on,
        {{ json_collect(source_line(none, "'stay'"), 'stay_no') }} as sources
    from numbered
    group by resident_id, unresolved_name, span_no
),

whole_months_in_care as (
    select
        paid_months.resident_id,
        paid_months.benefit_month,
        max(spans.entered_on) as entered_on,
        {{ json_collect('spans.sources', 'spans.entered_on') }} as sources
    from paid_months
    inner join spans
        on
            paid_months.resident_id = spans.resident_id
            and paid_months.benefit_month > spans.entered_on
            and spans.left_on > {{ month_end('paid_months.benefit_month') }}
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
    inner join spans on residents.name = spans.unresolved_name
    where
        paid_months.benefit_month > spans.entered_on
        and spans.left_on > {{ month_end('paid_months.benefit_month') }}
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
