-- The division under which a generation keeps the people and cases of a code: of a former one the one that came after
-- it. Generations made before former codes were read so keep them as they were sent.
create or replace function verification.division_read_as(division_code text, generation integer) returns text
language plpgsql stable as $$
begin
    return coalesce(
        (
            select known.successor_code
            from pub.division_at($2) as known
            where
                known.division_code = $1
                and exists (select from pub.source_freshness_by_division_at($2))
        ),
        $1
    );
end $$;
comment on function verification.division_read_as(text, integer) is '某一世代中，某区划代码按何代码读取';
