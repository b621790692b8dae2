create or replace function api_v1.findings(
    purpose text, finding_id text, rule_code text, division text, state text, most integer
) returns setof verification.finding
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    found verification.finding[];
begin
    perform verification.want_purpose($1);
    found := array(
        select listed
        from verification.listed_findings($2, $3, $4, $5) as listed
        order by
            listed.outcome, listed.state is distinct from 'new', listed.severity,
            listed.amount_yuan desc nulls last, listed.finding_id
        limit $6
    );
    return query select * from verification.told_findings(
        'findings', $1,
        jsonb_build_object('finding_id', $2, 'rule_code', $3, 'division', $4, 'state', $5, 'most', $6), found
    );
end $$;
comment on function api_v1.findings(text, text, text, text, text, integer) is
'按用途查阅本区划的疑点，留痕：编号（或其开头）、规则、区划、状态、最多几条';

grant execute on function api_v1.findings(text, text, text, text, text, integer) to officer, auditor;
