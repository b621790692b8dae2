-- E01: old-age allowance (GL) is paid for a month before the month of the 80th birthday.
{{ paid_out_of_age(
    ['GL'],
    age_years=rule_parameter('e01', 'age_years', 'divisions.division_code'),
    wrong_side='<',
    fact='entitled_month'
) }}
