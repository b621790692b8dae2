-- Recipients and money by month, division, benefit, age band and sex, with a total (all) over bands and sexes; of
-- districts and of their city, whose persons are counted once. What stands there must not give away a cell of few
-- people, or of few cases, which would tell what a household is paid: neither by the total of its own line nor by the
-- city's figure of its column. So small cells are hidden, and where a line or a column would give one away further
-- ones, the smallest first: totals last, the city's last of all. A cell that is not listed has nobody in it, or is hidden: who reads cannot tell which.
with

rule_parameter as (select * from {{ ref('rule_parameter') }}),

paid_months as (select * from {{ ref('benefit_month_person') }}),

-- The age once: the function of the bands reads it for each band.
aged as materialized (
    select
        paid_months.benefit_month,
        paid_months.division_code,
        paid_months.benefit_code,
        -- 未知的性别 and 未说明的性别 are codes as well.
        case when residents.sex_code in ('1', '2') then residents.sex_code else 'unknown' end as sex_code,
        clean.age_years(residents.born_on, paid_months.benefit_month) as age_years,
        paid_months.resident_id,
        -- Somebody who cannot be resolved is counted by the case.
        case when paid_months.resident_id is null then paid_months.case_no end as unknown_case_no,
        paid_months.case_no,
        -- All people of a case together are one.
        coalesce(paid_months.paid_share_yuan / nullif(paid_months.household_paid_yuan, 0), 1) as case_share,
        paid_months.paid_share_yuan
    from paid_months
    left join {{ ref('resident') }} as residents using (resident_id)
),

people as (
    select
        *,
        left(division_code, 4) || '00' as city_code,
        clean.age_band(age_years) as age_band
    from aged
),

counted as (
    select
        benefit_month,
        city_code,
        division_code,
        false as is_city,
        benefit_code,
        age_band,
        sex_code,
        count(distinct resident_id) + count(distinct unknown_case_no) as recipient_count,
        count(distinct case_no) as case_count,
        round(sum(case_share), 6) as case_share,
        sum(paid_share_yuan) as paid_yuan
    from people
    group by benefit_month, city_code, division_code, benefit_code, age_band, sex_code

    union all

    select
        benefit_month,
        city_code,
        city_code as division_code,
        true as is_city,
        benefit_code,
        age_band,
        sex_code,
        count(distinct resident_id) + count(distinct unknown_case_no),
        count(distinct case_no),
        round(sum(case_share), 6),
        sum(paid_share_yuan)
    from people
    where city_code is not null
    group by benefit_month, city_code, benefit_code, age_band, sex_code
),

cells as (
    select * from counted

    union all

    select
        benefit_month,
        city_code,
        division_code,
        is_city,
        benefit_code,
        'all',
        'all',
        sum(recipient_count),
        round(sum(case_share)),
        sum(case_share),
        sum(paid_yuan)
    from counted
    group by benefit_month, city_code, division_code, is_city, benefit_code
),

limits as materialized (
    select
        divisions.division_code,
        {{ rule_parameter('*', 'min_cell_count', 'divisions.division_code') }} as min_cell_count
    from (select distinct division_code from cells) as divisions
),

hidden_0 as (
    select
        cells.*,
        limits.min_cell_count,
        least(cells.recipient_count, cells.case_count) < limits.min_cell_count as is_hidden
    from cells
    inner join limits on cells.division_code is not distinct from limits.division_code
),

{{ hidden_in_tables(
    'hidden',
    ['benefit_month', 'city_code', 'division_code', 'is_city', 'benefit_code', 'age_band', 'sex_code',
        'recipient_count', 'case_count', 'case_share', 'paid_yuan', 'min_cell_count'],
    'benefit_month, benefit_code, city_code', 'is_city, division_code', 'age_band, sex_code', "age_band = 'all'",
    'is_city', 'division_code, age_band, sex_code, is_city', has_cases=true
) }}

told as (
    select * from hidden_{{ 2 * suppression_rounds() }}
    where
        (not is_hidden or age_band = 'all')
        -- What the city itself pays is in the city's figures alone.
        and (is_city or division_code is distinct from city_code)
)

select
    benefit_month,
    division_code,
    benefit_code,
    age_band,
    sex_code,
    case when not is_hidden then recipient_count end::bigint as recipient_count,
    {{ capped('case when not is_hidden then paid_yuan end') | indent(4) }} as paid_yuan,
    is_hidden as is_suppressed,
    min_cell_count::integer as min_cell_count
from told
