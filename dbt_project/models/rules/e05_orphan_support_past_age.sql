-- E05: support as an orphan (GE) or de facto unsupported child (SW) is paid for a month after
-- the month of the 18th birthday.
{{ paid_out_of_age(
    ['GE', 'SW'],
    age_years=rule_parameter('e05', 'age_years', 'divisions.division_code'),
    wrong_side='>',
    fact='of_age_month'
) }}
