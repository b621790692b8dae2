-- Fields that break the contract (docs/openapi.json), in order; empty where none does.
create or replace function verification.faults(request jsonb, generation integer) returns text[]
language plpgsql stable as $$
declare
    known_fields constant text[] := array[
        'request_id', 'authorization_no', 'purpose', 'operator', 'aid_type', 'members',
        'division_code', 'urban_rural'
    ];
    faults text[];
begin
    if jsonb_typeof(request) is distinct from 'object' then
        return array['request'];
    end if;
    faults := array(select key from jsonb_object_keys(request) as key where key <> all(known_fields) order by key);
    if not coalesce(jsonb_typeof(request -> 'request_id') = 'string'
        and request ->> 'request_id' ~ '^[A-Za-z0-9._:-]{1,64}$', false) then
        faults := faults || 'request_id'::text;
    end if;
    if not verification.is_text(request -> 'authorization_no', 64) then
        faults := faults || 'authorization_no'::text;
    end if;
    if not verification.is_text(request -> 'operator', 64) then
        faults := faults || 'operator'::text;
    end if;
    if not verification.is_text(request -> 'aid_type', 8)
        or not verification.has_code('aid_type', request ->> 'aid_type', generation) then
        faults := faults || 'aid_type'::text;
    end if;
    if request ? 'division_code' and not coalesce(jsonb_typeof(request -> 'division_code') = 'string'
        and request ->> 'division_code' ~ '^[0-9]{6}$', false) then
        faults := faults || 'division_code'::text;
    end if;
    if request ? 'urban_rural' and not coalesce(request ->> 'urban_rural' in ('urban', 'rural'), false) then
        faults := faults || 'urban_rural'::text;
    end if;
    if jsonb_typeof(request -> 'members') is distinct from 'array' then
        return faults || 'members'::text;
    end if;
    if jsonb_array_length(request -> 'members') not between 1 and 20 or exists (
        select
        from (
            select
                jsonb_typeof(member) <> 'object'
                or not verification.is_text(member -> 'name', 64)
                or not verification.is_text(member -> 'id_number', 64)
                or not verification.is_text(member -> 'relation', 32)
                or (member - array['name', 'id_number', 'relation']) <> '{}' as is_broken,
                clean.id_number(member ->> 'id_number') as id_number
            from jsonb_array_elements(request -> 'members') as member
            offset 0  -- a number is cleaned once
        ) as stated
        -- nobody twice
        having bool_or(is_broken) or count(id_number) > count(distinct id_number)
    ) then
        faults := faults || 'members'::text;
    end if;
    return faults;
end $$;
