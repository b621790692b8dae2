-- Standards by division, dated, half-open.
select
    division_code,
    standard_code,
    amount_yuan,
    valid_from,
    valid_to
from {{ current_records('int_benefit_standards_latest', 'benefit_standard') }} as records
