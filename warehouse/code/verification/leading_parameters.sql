-- The parameters of rules that a lead is judged by, as laid down nearest: name to value.
create or replace function verification.leading_parameters(divisions text[], at_generation integer, asked_on date)
returns table (known jsonb)
language sql stable as $$
-- the last of a name stays
select jsonb_object_agg(known.parameter, known.value order by known.division_code)
from pub.rule_parameter_at($2) as known
where
    known.division_code = any($1)
    and (known.rule_code, known.parameter) in (
        ('D04', 'pension_counted_share'), ('D02', 'vehicle_value_limit_yuan'), ('D03', 'max_dwellings')
    )
    and known.valid_from <= $3 and (known.valid_to is null or known.valid_to > $3)
$$;
