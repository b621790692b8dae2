-- The figures of the ministry's quarterly table of social assistance: minimum living allowance and support for people
-- in extreme hardship by urban and rural, and temporary aid; of districts and of their city, which is the sum of its
-- districts, as the table is added up from below. People and households are those of the quarter's last month, money
-- and times of temporary aid those of the year so far (累计). A cell of few people is hidden with all it says, and so
-- is what statistics_benefit_month hides of one of these months; further cells as there.
with

rule_parameter as (select * from {{ ref('rule_parameter') }}),

households as (select * from {{ ref('aid_household') }}),

monthly as (
    select
        paid.benefit_month,
        paid.division_code,
        paid.benefit_code,
        coalesce(households.urban_rural, 'unknown') as settlement,
        paid.case_no,
        paid.is_paid,
        paid.paid_yuan
    from {{ ref('benefit_month') }} as paid
    left join households using (aid_household_no)
    where paid.benefit_code in ('DB', 'TK')
),

people as (
    select
        paid.benefit_month,
        paid.division_code,
        paid.benefit_code,
        coalesce(households.urban_rural, 'unknown') as settlement,
        coalesce(paid.resident_id::text, paid.case_no) as person
    from {{ ref('benefit_month_person') }} as paid
    left join households using (aid_household_no)
    where paid.benefit_code in ('DB', 'TK')
),

temporary as (
    select
        date_trunc('month', paid_on)::date as benefit_month,
        division_code,
        coalesce(resident_id::text, temporary_aid_no) as person,
        amount_yuan
    from {{ ref('temporary_aid') }}
    where paid_on <= {{ business_date() }}
),

-- Those that are over, from the year of the first payment on.
quarters as (
    select
        last_month::date as last_month,
        date_trunc('year', last_month)::date as year_start
    from
        generate_series(
            (select date_trunc('year', min(benefit_month)) + interval '2 months' from monthly),
            ({{ business_date() }} + 1) - interval '1 month',
            interval '3 months'
        ) as last_month
),

by_month as (
    select
        paid.*,
        coalesce(counted.person_count, 0) as person_count
    from (
        select
            benefit_month,
            division_code,
            benefit_code,
            settlement,
            count(*) filter (where is_paid) as household_count,
            sum(paid_yuan) as paid_yuan
        from monthly
        group by benefit_month, division_code, benefit_code, settlement
    ) as paid
    left join (
        select
            benefit_month,
            division_code,
            benefit_code,
            settlement,
            count(distinct person) as person_count
        from people
        group by benefit_month, division_code, benefit_code, settlement
    ) as counted using (benefit_month, division_code, benefit_code, settlement)
),

of_districts as (
    select
        quarters.last_month as benefit_month,
        by_month.division_code,
        by_month.benefit_code,
        by_month.settlement,
        coalesce(sum(by_month.person_count) filter (where by_month.benefit_month = quarters.last_month), 0)
            as person_count,
        coalesce(sum(by_month.household_count) filter (where by_month.benefit_month = quarters.last_month), 0)
            as household_count,
        null::numeric as time_count,
        sum(by_month.paid_yuan) as paid_yuan,
        -- Of whom the money tells, where nobody is left.
        max(by_month.person_count) as most_people
    from quarters
    inner join by_month on by_month.benefit_month between quarters.year_start and quarters.last_month
    group by quarters.last_month, by_month.division_code, by_month.benefit_code, by_month.settlement

    union all

    select
        quarters.last_month,
        temporary.division_code,
        'LS',
        'all',
        null,
        null,
        count(*),
        sum(temporary.amount_yuan),
        count(distinct temporary.person)
    from quarters
    inner join temporary on temporary.benefit_month between quarters.year_start and quarters.last_month
    group by quarters.last_month, temporary.division_code
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
        left(division_code, 4) || '00',
        benefit_code,
        settlement,
        sum(person_count),
        sum(household_count),
        sum(time_count),
        sum(paid_yuan),
        sum(most_people),
        left(division_code, 4) || '00',
        true
    from of_districts
    where division_code is not null
    group by benefit_month, left(division_code, 4), benefit_code, settlement
),

counted as (
    select * from of_places

    union all

    select
        benefit_month,
        division_code,
        benefit_code,
        'all',
        sum(person_count),
        sum(household_count),
        sum(time_count),
        sum(paid_yuan),
        sum(most_people),
        city_code,
        is_city
    from of_places
    where settlement <> 'all'
    group by benefit_month, division_code, benefit_code, city_code, is_city
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
        cells.recipient_count < limits.min_cell_count
        or (cells.settlement = 'all' and told_hidden.benefit_code is not null) as is_hidden
    from (select counted.*, coalesce(nullif(person_count, 0), most_people) as recipient_count from counted) as cells
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
