-- B06: tekun excludes both disability subsidies (CJ, HL) in the same month.
{{ paid_on_both_sides(
    ['TK', 'CJ', 'HL'],
    side="case when paid.benefit_code = 'TK' then 'TK' else 'CJ/HL' end"
) }}
