create or replace function pub.is_outdated(at_generation integer, judged_on date) returns boolean
language plpgsql stable as $$
begin
    return (
        select judged_on - known.business_date > (
            select parameter.value
            from pub.verification_parameter_at(at_generation) as parameter
            where
                parameter.parameter = 'release_max_age_days'
                and parameter.valid_from <= judged_on
                and (parameter.valid_to is null or parameter.valid_to > judged_on)
        )
        from ops.generation as known
        where known.generation = at_generation
    );
end $$;
comment on function pub.is_outdated(integer, date) is '某日看来，某一世代的数据是否过旧';
