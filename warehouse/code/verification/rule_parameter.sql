create or replace function verification.rule_parameter(
    rule_code text, parameter text, division_code text, generation integer, day date
) returns numeric
language plpgsql stable as $$
begin
    return (
        select known.value
        from pub.rule_parameter_at($4) as known
        where
            known.rule_code = $1 and known.parameter = $2
            and known.division_code = any(verification.applying_divisions($3))
            and known.valid_from <= $5 and (known.valid_to is null or known.valid_to > $5)
        order by known.division_code desc
        limit 1
    );
end $$;
