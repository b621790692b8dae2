-- A JSON value as RFC 8785 writes it, which every language can: keys in order, no spaces, numbers without
-- trailing zeros. Our keys are ASCII and our numbers amounts and counts, so its cases beyond do not occur.
create or replace function verification.canonical(value jsonb) returns text
language plpgsql immutable parallel safe as $$
begin
    return case jsonb_typeof(value)
        when 'object' then (
            select '{' || coalesce(
                string_agg(
                    to_json(part.key)::text || ':' || verification.canonical(part.value), ',' order by part.key collate "C"
                ),
                ''
            ) || '}'
            from jsonb_each(value) as part
        )
        when 'array' then (
            select '[' || coalesce(string_agg(verification.canonical(part.value), ',' order by part.place), '') || ']'
            from jsonb_array_elements(value) with ordinality as part (value, place)
        )
        when 'number' then trim_scale((value #>> '{}')::numeric)::text
        else value::text
    end;
end $$;
