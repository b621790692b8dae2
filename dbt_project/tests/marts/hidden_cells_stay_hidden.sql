-- No cell that is hidden in the statistics can be worked out from the total and the cells shown.
with

totals as (
    select
        benefit_month,
        division_code,
        benefit_code,
        max(case when age_band = 'all' then recipient_count end) as total_count,
        sum(case when age_band <> 'all' then recipient_count else 0 end) as shown_count,
        max(min_cell_count) as min_cell_count,
        sum(case when age_band <> 'all' and is_suppressed then 1 else 0 end) as hidden_cell_count
    from {{ ref('statistics_benefit_month') }}
    group by benefit_month, division_code, benefit_code
)

select *
from totals
where
    hidden_cell_count = 1 and total_count is not null
    or hidden_cell_count > 0
    and total_count - shown_count < min_cell_count
