-- The figures of the ministry's quarterly table of social assistance: minimum living allowance and support for people
-- in extreme hardship by urban and rural, and temporary aid; of districts and of their city, which is the sum of its
-- districts, as the table is added up from below. People and households are those of the quarter's last month, money
-- and times of temporary aid those of the year so far (累计). All are of the rows that statistics_benefit_month adds
-- up: other rows would tell by the difference what single households gave back.
--
-- A cell tells more than it says: its money less that of an earlier quarter is the money of whom was paid since. So it
-- is hidden with all it says where few people or few households were paid in its last month, in one month of its
-- quarter, or from the beginning of any quarter of the year on; and where statistics_benefit_month hides one of these
-- months. Further cells are hidden as there.
with

rule_parameter as (select * from {{ ref('rule_parameter') }}),

paid as (
    select
        months.benefit_month,
        months.division_code,
        months.benefit_code,
        coalesce(households.urban_rural, 'unknown') as settlement,
        coalesce(months.resident_id::text, 'case ' || months.case_no) as person,
        months.case_no,
        months.paid_share_yuan as paid_yuan
    from {{ ref('benefit_month_person') }} as months
    left join {{ ref('aid_household') }} as households using (aid_household_no)
    where months.benefit_code in ('DB', 'TK')

    union all

    select
        date_trunc('month', paid_on)::date,
        division_code,
        'LS',
        'all',
        coalesce(resident_id::text, 'case ' || temporary_aid_no),
        temporary_aid_no,
        amount_yuan
    from {{ ref('temporary_aid') }}
    where paid_on <= {{ business_date() }}
),

-- Those that are over, from the year of the first payment on.
quarters as (
    select
        last_month::date as last_month,
        (last_month - interval '2 months')::date as first_month,
        date_trunc('year', last_month)::date as year_start
    from {{ months_apart(
        "(select date_trunc('year', min(benefit_month)) + interval '2 months' from paid where benefit_code <> 'LS')",
        '(' ~ business_date() ~ " + 1) - interval '1 month'",
        '3 months',
        'last_month'
    ) }}
),

-- Of a quarter: from the beginning of each quarter of its year to its end, and each of its months.
spans as (
    select
        quarters.last_month as quarter_month,
        quarters.year_start,
        earlier.first_month,
        quarters.last_month
    from quarters
    inner join quarters as earlier
        on quarters.year_start = earlier.year_start and quarters.last_month >= earlier.last_month

    union all

    select
        last_month,
        year_start,
        month::date,
        month::date
    from quarters
    cross join {{ months_apart('first_month', 'last_month', '1 month', 'month') }}
),

of_districts as (
    select
        spans.quarter_month as benefit_month,
        spans.year_start,
        spans.first_month,
        spans.last_month,
        paid.division_code,
        paid.benefit_code,
        paid.settlement,
        count(distinct paid.person) as person_count,
        count(distinct paid.case_no) as case_count,
        sum(paid.paid_yuan) as paid_yuan
    from spans
    inner join paid
        on
            spans.year_start = date_trunc('year', paid.benefit_month)::date
            and paid.benefit_month between spans.first_month and spans.last_month
    -- Temporary aid is told by quarters alone.
    where paid.benefit_code <> 'LS' or spans.first_month < spans.last_month
    group by
        spans.quarter_month, spans.year_start, spans.first_month, spans.last_month, paid.division_code,
        paid.benefit_code, paid.settlement
),

of_places as (
    select
        of_districts.*,
        left(division_code, 4) || '00' as city_code,
        false as is_city
    from of_districts

    union all

    select
        benefit_month,
        year_start,
        first_month,
        last_month,
        left(division_code, 4) || '00',
        benefit_code,
        settlement,
        sum(person_count),
        sum(case_count),
        sum(paid_yuan),
        left(division_code, 4) || '00',
        true
    from of_districts
    where division_code is not null
    group by benefit_month, year_start, first_month, last_month, left(division_code, 4), benefit_code, settlement
),

with_totals as (
    select * from of_places

    union all

    select
        benefit_month,
        year_start,
        first_month,
        last_month,
        division_code,
        benefit_code,
        'all',
        sum(person_count),
        sum(case_count),
        sum(paid_yuan),
        city_code,
        is_city
    from of_places
    where settlement <> 'all'
    group by benefit_month, year_start, first_month, last_month, division_code, benefit_code, city_code, is_city
),

counted as (
    select
        benefit_month,
        division_code,
        benefit_code,
        settlement,
        city_code,
        is_city,
        case
            when benefit_code <> 'LS' then coalesce(sum(person_count) filter (where first_month = benefit_month), 0)
        end as person_count,
        case
            when benefit_code <> 'LS' then coalesce(sum(case_count) filter (where first_month = benefit_month), 0)
        end as household_count,
        case when benefit_code = 'LS' then sum(case_count) filter (where first_month = year_start) end as time_count,
        sum(paid_yuan) filter (where first_month = year_start and first_month < last_month) as paid_yuan,
        min(least(person_count, case_count)) as least_count,
        -- What it lends to a small cell beside it in any difference of two quarters: that of the shortest time told.
        coalesce(
            sum(least(person_count, case_count)) filter (
                where
                first_month = case
                    when benefit_code = 'LS' then (benefit_month - interval '2 months')::date else benefit_month
                end
            ),
            0
        ) as recipient_count
    from with_totals
    group by benefit_month, division_code, benefit_code, settlement, city_code, is_city
),

limits as materialized (
    select
        divisions.division_code,
        {{ rule_parameter('*', 'min_cell_count', 'divisions.division_code') }} as min_cell_count
    from (select distinct division_code from counted) as divisions
),

told_hidden as (
    select distinct
        quarters.last_month as benefit_month,
        statistics.division_code,
        statistics.benefit_code
    from {{ ref('statistics_benefit_month') }} as statistics
    inner join quarters on statistics.benefit_month between quarters.year_start and quarters.last_month
    where statistics.age_band = 'all' and statistics.is_suppressed
),

hidden_0 as (
    select
        cells.*,
        limits.min_cell_count,
        cells.least_count < limits.min_cell_count
        or (cells.settlement = 'all' and told_hidden.benefit_code is not null) as is_hidden
    from counted as cells
    inner join limits on cells.division_code is not distinct from limits.division_code
    left join told_hidden
        on
            cells.benefit_month = told_hidden.benefit_month
            and cells.division_code = told_hidden.division_code
            and cells.benefit_code = told_hidden.benefit_code
),

{{ hidden_in_tables(
    'hidden',
    ['benefit_month', 'city_code', 'division_code', 'is_city', 'benefit_code', 'settlement', 'person_count',
        'household_count', 'time_count', 'paid_yuan', 'recipient_count', 'min_cell_count'],
    'benefit_month, benefit_code, city_code', 'is_city, division_code', 'settlement', "settlement = 'all'", 'is_city',
    'division_code, settlement, is_city'
) }}

told as (
    select * from hidden_{{ 2 * suppression_rounds() }}
    where
        (not is_hidden or settlement = 'all')
        -- What the city itself pays is in the city's figures alone.
        and (is_city or division_code is distinct from city_code)
)

select
    benefit_month,
    division_code,
    benefit_code,
    settlement,
    case when not is_hidden then person_count end::bigint as person_count,
    case when not is_hidden then household_count end::bigint as household_count,
    case when not is_hidden then time_count end::bigint as time_count,
    {{ capped('case when not is_hidden then paid_yuan end') | indent(4) }} as paid_yuan,
    is_hidden as is_suppressed,
    min_cell_count::integer as min_cell_count
from told
