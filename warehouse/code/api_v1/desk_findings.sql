-- What is due first; then as the work list orders: the gravest, the dearest, the surest identity, the longest known.
create or replace function api_v1.desk_findings(
    purpose text, pile text, rule_code text, division text, severity text, least_yuan numeric, since date,
    certainty text, is_own boolean, most integer, passed_over integer
) returns setof verification.desk_finding
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    found verification.desk_finding[];
begin
    perform verification.want_purpose($1);
    found := array(
        select listed
        from verification.desk_listed($3, $4, $5, $6, $7, $8, $9) as listed
        where listed.pile = $2
        order by
            listed.due_on nulls last, listed.decided_at desc nulls last, listed.is_observed, listed.severity,
            listed.amount_yuan desc nulls last, listed.link_score desc nulls first, listed.first_seen_generation,
            listed.finding_id
        limit $10 offset $11
    );
    perform verification.note_reading(
        'desk_findings', $1,
        jsonb_strip_nulls(jsonb_build_object(
            'pile', $2, 'rule_code', $3, 'division', $4, 'severity', $5, 'least_yuan', $6, 'since', $7,
            'certainty', $8, 'is_own', $9, 'most', $10, 'passed_over', $11
        )),
        array(
            select distinct told.subject_resident_id from unnest(found) as told
            where told.subject_resident_id is not null
        )
    );
    return query select * from unnest(found);
end $$;
comment on function api_v1.desk_findings(
    text, text, text, text, text, numeric, date, text, boolean, integer, integer
) is
'按用途查阅工作台上一摞疑点，留痕';

grant execute on function api_v1.desk_findings(
    text, text, text, text, text, numeric, date, text, boolean, integer, integer
) to officer;
