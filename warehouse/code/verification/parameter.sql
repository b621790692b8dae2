create or replace function verification.parameter(parameter text, generation integer, day date) returns numeric
language plpgsql stable as $$
begin
    return (
        select known.value
        from pub.verification_parameter_at($2) as known
        where known.parameter = $1 and known.valid_from <= $3 and (known.valid_to is null or known.valid_to > $3)
    );
end $$;
