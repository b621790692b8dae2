-- Where the request breaks the contract (docs/openapi.json) and how, in order; empty where it does not. A field
-- nobody knows is named only where its name can be no number or name of a person: else what holds it is.
create or replace function verification.faults(request jsonb, generation integer) returns jsonb
language plpgsql stable as $$
declare
    known_fields constant text[] := array[
        'request_id', 'authorization_no', 'purpose', 'operator', 'aid_type', 'members',
        'division_code', 'urban_rural'
    ];
    of_a_name constant text := '^[A-Za-z_]{1,40}$';
    fault text;
    faults jsonb;
begin
    if jsonb_typeof(request) is distinct from 'object' then
        return jsonb_build_array(verification.fault('', 'not_object'));
    end if;
    faults := '[]';
    if request - known_fields <> '{}' then
        faults := (
            select jsonb_agg(distinct verification.fault(
                case when unknown.key ~ of_a_name then '/' || unknown.key else '' end, 'unknown_field'
            ))
            from jsonb_object_keys(request - known_fields) as unknown (key)
        );
    end if;
    fault := verification.text_fault(request -> 'request_id', 64);
    if fault is not null or request ->> 'request_id' !~ '^[A-Za-z0-9._:-]{1,64}$' then
        faults := faults || verification.fault('/request_id', coalesce(fault, 'wrong_form'));
    end if;
    fault := verification.text_fault(request -> 'authorization_no', 64);
    if fault is not null then
        faults := faults || verification.fault('/authorization_no', fault);
    end if;
    fault := verification.text_fault(request -> 'operator', 64);
    if fault is not null then
        faults := faults || verification.fault('/operator', fault);
    end if;
    fault := verification.text_fault(request -> 'aid_type', 64);
    if fault is not null or not verification.has_code('aid_type', request ->> 'aid_type', generation) then
        faults := faults || verification.fault('/aid_type', coalesce(fault, 'not_in_list'));
    end if;
    -- null says what leaving it out says
    if jsonb_typeof(request -> 'division_code') <> 'null' and not (
        jsonb_typeof(request -> 'division_code') = 'string' and request ->> 'division_code' ~ '^[0-9]{6}$'
    ) then
        faults := faults || verification.fault('/division_code', 'wrong_form');
    end if;
    if jsonb_typeof(request -> 'urban_rural') <> 'null' and request ->> 'urban_rural' not in ('urban', 'rural') then
        faults := faults || verification.fault('/urban_rural', 'not_in_list');
    end if;
    if jsonb_typeof(request -> 'members') is distinct from 'array' then
        return faults || verification.fault(
            '/members', case when request ? 'members' then 'not_list' else 'missing' end
        );
    end if;
    if jsonb_array_length(request -> 'members') not between 1 and 20 then
        return faults || verification.fault(
            '/members', case when request -> 'members' = '[]' then 'too_few' else 'too_many' end
        );
    end if;
    if not (
        select
            bool_or(array_to_string(verification.member_codes(stated.member), '') <> '')
            -- nobody twice
            or count(stated.id_number) > count(distinct stated.id_number)
        from (
            select
                member,
                clean.id_number(member ->> 'id_number') as id_number
            from jsonb_array_elements(request -> 'members') as member
            offset 0  -- a number is cleaned once
        ) as stated
    ) then
        return faults;
    end if;
    return faults || (
        with

        stated as (
            select
                member,
                member_no - 1 as place,
                clean.id_number(member ->> 'id_number') as id_number
            from jsonb_array_elements(request -> 'members') with ordinality as members (member, member_no)
        ),

        found as (
            select
                stated.place,
                told.nth,
                stated.member,
                (array['', '/name', '/id_number', '/relation'])[told.nth] as below,
                told.code
            from stated
            cross join lateral unnest(verification.member_codes(stated.member)) with ordinality as told (code, nth)
            where told.code is not null
            union all
            select
                again.place,
                3,
                again.member,
                '/id_number',
                'named_twice'
            from (
                select
                    stated.*,
                    row_number() over (partition by id_number order by place) as turn
                from stated
                where id_number is not null
            ) as again
            where again.turn > 1
        )

        select jsonb_agg(
            verification.fault('/members/' || found.place || coalesce(found.below, unknown.below), found.code)
            order by found.place, found.nth, unknown.below
        )
        from found
        left join lateral (
            select distinct case when field.key ~ of_a_name then '/' || field.key else '' end as below
            from jsonb_object_keys(found.member - array['name', 'id_number', 'relation']) as field (key)
            where found.code = 'unknown_field'
        ) as unknown on true
    );
end $$;
