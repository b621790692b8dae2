-- A sample that nobody chooses and anybody can draw again: by a digest of a word and of each finding's number.
create or replace function api_v1.sample_findings(purpose text, state text, word text, most integer)
returns setof verification.finding
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    found verification.finding[];
begin
    perform verification.want_purpose($1);
    if coalesce($2, '') not in ('confirmed', 'cleared', 'dismissed') then
        raise exception using
            errcode = 'invalid_parameter_value',
            message = '抽样只取已处理的疑点。 Samples are of decided findings: confirmed, cleared or dismissed.';
    end if;
    -- What is asked is logged: no identity number fits.
    if coalesce($3, '') !~ '^[0-9A-Za-z-]{1,12}$' then
        raise exception using
            errcode = 'invalid_parameter_value',
            message = '抽样词为 1 至 12 个字母、数字或短横。 The word of a sample has 1 to 12 letters, digits or hyphens.';
    end if;
    found := array(
        select listed
        from verification.listed_findings(null, null, null, $2) as listed
        order by sha256(convert_to($3 || listed.finding_id, 'UTF8'))
        limit least($4, 100)
    );
    return query select * from verification.told_findings(
        'sample_findings', $1, jsonb_build_object('state', $2, 'word', $3, 'most', $4), found
    );
end $$;
comment on function api_v1.sample_findings(text, text, text, integer) is
'按用途抽取本区划某一状态的疑点，留痕：同一抽样词抽得同样的；至多 100 条';

grant execute on function api_v1.sample_findings(text, text, text, integer) to auditor;
