-- B04: support as an orphan (GE) or de facto unsupported child (SW) excludes the living
-- subsidy for the disabled (CJ) in the same month. The care subsidy (HL) is allowed.
{{ paid_on_both_sides(
    ['GE', 'SW', 'CJ'],
    side="case when paid.benefit_code = 'CJ' then 'CJ' else 'GE/SW' end"
) }}
