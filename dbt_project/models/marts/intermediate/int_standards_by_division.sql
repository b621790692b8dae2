-- int_standards_by_division: the standards that hold in each division where somebody lives or is aided, dated,
-- half-open: those of the division itself, else of its city, the province or the country, each standard as a whole
-- from the nearest that lays it down.
with

divisions as (
    select division_code from {{ ref('resident') }} where division_code is not null
    union
    select division_code from {{ ref('aid_household') }} where division_code is not null
),

applying as (
    select
        divisions.division_code,
        standards.standard_code,
        standards.amount_yuan,
        standards.valid_from,
        standards.valid_to,
        standards.division_code as settled_by,
        max(standards.division_code) over (
            partition by divisions.division_code, standards.standard_code
        ) as nearest
    from divisions
    inner join {{ ref('benefit_standard') }} as standards
        on standards.division_code in {{ applying_divisions('divisions.division_code') }}
)

select
    division_code,
    standard_code,
    amount_yuan,
    valid_from,
    valid_to
from applying
where settled_by = nearest
