create or replace function verification.listed_findings(finding_id text, rule_code text, division text, state text)
returns setof verification.finding
language plpgsql stable as $$
begin
    return query
    select listed.*
    from verification.finding as listed
    where
        starts_with(listed.finding_id, coalesce($1, ''))
        and ($2 is null or listed.rule_code = upper($2))
        and starts_with(coalesce(listed.division_code, ''), coalesce($3, ''))
        and case when $4 is null then listed.is_served else listed.state = $4 end;
end $$;
