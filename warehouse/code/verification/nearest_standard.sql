-- The standard of minimum living in force, as laid down nearest; no row where there is none.
create or replace function verification.nearest_standard(
    divisions text[], urban_rural text, at_generation integer, asked_on date
) returns table (division_code text, standard_code text, amount_yuan numeric, valid_from date)
language sql stable as $$
select known.division_code, known.standard_code, known.amount_yuan, known.valid_from
from pub.benefit_standard_at($3) as known
where
    known.division_code = any($1)
    and known.standard_code = 'DB_' || upper($2)
    and known.valid_from <= $4
    and (known.valid_to is null or known.valid_to > $4)
order by known.division_code desc
limit 1
$$;
