-- int_national_parameters: one row, the parameters of law that are the same everywhere, as in force on the
-- business date. A test refuses a division's own of these.
with

in_force as (
    select * from {{ ref('means_parameter') }}
    where division_code = '000000' and {{ is_in_force() }}
)

select
    '000000' as division_code,
    max(case when parameter = 'adult_age_years' then value end)::numeric(14, 4) as adult_age_years,
    max(case when parameter = 'working_age_until_years' then value end)::numeric(14, 4) as working_age_until_years,
    max(case when parameter = 'dependent_disability_level' then value end)::numeric(14, 4)
        as dependent_disability_level,
    max(case when parameter = 'income_window_months' then value end)::numeric(14, 4) as income_window_months,
    max(case when parameter = 'watch_months' then value end)::numeric(14, 4) as watch_months,
    max(case when parameter = 'watch_max_multiple' then value end)::numeric(14, 4) as watch_max_multiple
from in_force
