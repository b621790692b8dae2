-- What a line of the statistics hides is of nobody, or of too many people to tell of one.
with

totals as (
    select
        benefit_month,
        division_code,
        benefit_code,
        max(case when age_band = 'all' then recipient_count end) as total_count,
        sum(case when age_band <> 'all' then recipient_count else 0 end) as shown_count,
        max(min_cell_count) as min_cell_count
    from {{ ref('statistics_benefit_month') }}
    group by benefit_month, division_code, benefit_code
)

select *
from totals
where total_count - shown_count between 1 and min_cell_count - 1
