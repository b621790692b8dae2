-- Recipients and money by month, benefit and place of registration: streets and their villages, below the totals of
-- districts and of their city, which are those of statistics_benefit_month. Who is registered outside the paying
-- district, or nobody knows where, is told as `other`, so that all streets add up to their district, and all villages
-- to their street. Of each that is hidden at least two below it are, as of each that hides one: what is not listed
-- has nobody in it, or is hidden.
with

totals as (
    select
        benefit_month,
        division_code,
        benefit_code,
        recipient_count,
        paid_yuan,
        is_suppressed as is_hidden,
        min_cell_count
    from {{ ref('statistics_benefit_month') }}
    where age_band = 'all'
),

people as (
    select
        paid_months.benefit_month,
        paid_months.division_code,
        paid_months.benefit_code,
        case
            when residents.division_code = paid_months.division_code then coalesce(residents.street_code, 'other')
            else 'other'
        end as street_code,
        case
            when residents.division_code = paid_months.division_code and residents.street_code is not null
                then coalesce(residents.village_code, 'other')
        end as village_code,
        -- Somebody who cannot be resolved is counted by the case.
        coalesce(paid_months.resident_id::text, 'case ' || paid_months.case_no) as person,
        paid_months.case_no,
        -- All people of a case together are one.
        coalesce(paid_months.paid_share_yuan / nullif(paid_months.household_paid_yuan, 0), 1) as case_share,
        paid_months.paid_share_yuan
    from {{ ref('benefit_month_person') }} as paid_months
    left join {{ ref('resident') }} as residents using (resident_id)
    -- What the city itself pays is in the city's total alone, as in statistics_benefit_month: told as `other` it would
    -- give away the one district that is hidden there beside it.
    where paid_months.division_code <> left(paid_months.division_code, 4) || '00'
),

{#- From the top down: what is told above is fixed, and what is hidden above is so below. #}
{%- set district = ['benefit_month', 'division_code', 'benefit_code'] %}
{%- for level, above, line in [
    ('street', 'totals', district), ('village', 'streets', district + ['street_code'])
] %}

counted_{{ level }}s as (
    select
        {{ (line + [level ~ '_code']) | join(', ') }},
        count(distinct person) as recipient_count,
        count(distinct case_no) as case_count,
        round(sum(case_share), 6) as case_share,
        sum(paid_share_yuan) as paid_yuan
    from people
    where {{ level }}_code is not null
    group by {{ (line + [level ~ '_code']) | join(', ') }}
),

marked_{{ level }}s as (
    select
        counted.*,
        above.min_cell_count,
        least(counted.recipient_count, counted.case_count) < above.min_cell_count
        or (
            above.is_hidden
            and row_number() over (
                partition by {{ line | join(', ') }}
                order by counted.recipient_count, counted.{{ level }}_code
            ) = 1
        ) as is_hidden
    from counted_{{ level }}s as counted
    inner join {{ above }} as above using ({{ line | join(', ') }})
),

{{ level }}s as (
    {{ hidden_with_others(
        'marked_' ~ level ~ 's', line + [level ~ '_code', 'recipient_count', 'paid_yuan', 'min_cell_count'],
        line | join(', '), 'false', level ~ '_code', has_cases=true
    ) | indent(4) }}
),
{%- endfor %}

told as (
    select
        benefit_month,
        division_code,
        benefit_code,
        'all' as street_code,
        'all' as village_code,
        recipient_count,
        paid_yuan,
        is_hidden,
        min_cell_count
    from totals

    union all

    select
        benefit_month,
        division_code,
        benefit_code,
        street_code,
        'all',
        recipient_count,
        paid_yuan,
        false,
        min_cell_count
    from streets
    where not is_hidden

    union all

    select
        benefit_month,
        division_code,
        benefit_code,
        street_code,
        village_code,
        recipient_count,
        paid_yuan,
        false,
        min_cell_count
    from villages
    where not is_hidden
)

select
    benefit_month,
    division_code,
    benefit_code,
    street_code,
    village_code,
    recipient_count::bigint as recipient_count,
    {{ capped('paid_yuan') | indent(4) }} as paid_yuan,
    is_hidden as is_suppressed,
    min_cell_count::integer as min_cell_count
from told
