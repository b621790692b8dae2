-- What a narrower question may see of the whole answer.
create or replace function verification.part(operation text, content jsonb) returns jsonb
language plpgsql immutable as $$
declare
    field constant text := case operation when 'marriage_status' then 'marriage' when 'eldercare_stay' then 'stay' end;
    feed constant text := case operation when 'marriage_status' then 'marriage_event' when 'eldercare_stay' then 'stay' end;
begin
    if field is null then
        return content;
    end if;
    return jsonb_build_object(
        'business_date', content -> 'business_date',
        'is_outdated', content -> 'is_outdated',
        'members', (
            select jsonb_agg(
                jsonb_build_object(
                    'member_no', member -> 'member_no',
                    'relation', member -> 'relation',
                    'identity', member -> 'identity',
                    'identity_zh', member -> 'identity_zh',
                    'identity_reason', member -> 'identity_reason',
                    'masked_id_number', member -> 'masked_id_number',
                    field, member -> field
                )
                order by (member ->> 'member_no')::integer
            )
            from jsonb_array_elements(content -> 'members') as member
        ),
        'sources', (
            select jsonb_agg(source) from jsonb_array_elements(content -> 'sources') as source
            where source ->> 'feed' = feed
        )
    );
end $$;
