-- Recipients and money by month, division, benefit, age band and sex, with a total (all) over bands
-- and sexes. Small cells are suppressed, and with them the next larger one where the total would
-- give a cell away: at least two cells, of together at least the limit, are always missing.
with

rule_parameter as (select * from {{ ref('rule_parameter') }}),

paid_months as (select * from {{ ref('benefit_month_person') }}),

people as (
    select
        paid_months.benefit_month,
        paid_months.division_code,
        paid_months.benefit_code,
        coalesce(residents.sex_code, 'unknown') as sex_code,
        clean.age_band(clean.age_years(residents.born_on, paid_months.benefit_month)) as age_band,
        -- Somebody who cannot be resolved is counted by the case.
        coalesce(paid_months.resident_id::text, paid_months.case_no) as person,
        paid_months.paid_share_yuan
    from paid_months
    left join {{ ref('resident') }} as residents using (resident_id)
),

cells as (
    select
        benefit_month,
        division_code,
        benefit_code,
        age_band,
        sex_code,
        count(distinct person) as recipient_count,
        sum(paid_share_yuan) as paid_yuan
    from people
    group by benefit_month, division_code, benefit_code, age_band, sex_code
),

limits as materialized (
    select
        divisions.division_code,
        {{ rule_parameter('*', 'min_cell_count', 'divisions.division_code') }} as min_cell_count
    from (select distinct division_code from cells) as divisions
),

ranked as (
    select
        cells.*,
        limits.min_cell_count,
        row_number() over cells_ascending as cell_rank,
        sum(case when cells.recipient_count < limits.min_cell_count then 1 else 0 end) over whole_group as small_count,
        sum(case when cells.recipient_count < limits.min_cell_count then cells.recipient_count else 0 end)
            over whole_group as small_sum
    from cells
    inner join limits on cells.division_code is not distinct from limits.division_code
    window
        whole_group as (partition by cells.benefit_month, cells.division_code, cells.benefit_code),
        cells_ascending as (
            partition by cells.benefit_month, cells.division_code, cells.benefit_code
            order by cells.recipient_count, cells.age_band, cells.sex_code
        )
),

judged as (
    select
        benefit_month,
        division_code,
        benefit_code,
        age_band,
        sex_code,
        recipient_count,
        paid_yuan,
        min_cell_count,
        cell_rank <= case
            when small_count = 0 then 0
            when small_count > 1 and small_sum >= min_cell_count then small_count
            else small_count + 1
        end as is_suppressed
    from ranked
    union all
    select
        benefit_month,
        division_code,
        benefit_code,
        'all',
        'all',
        sum(recipient_count),
        sum(paid_yuan),
        max(min_cell_count),
        sum(recipient_count) < max(min_cell_count)
    from ranked
    group by benefit_month, division_code, benefit_code
)

select
    benefit_month,
    division_code,
    benefit_code,
    age_band,
    sex_code,
    case when not is_suppressed then recipient_count end::bigint as recipient_count,
    {{ capped('case when not is_suppressed then paid_yuan end') | indent(4) }} as paid_yuan,
    is_suppressed,
    min_cell_count::integer as min_cell_count
from judged
