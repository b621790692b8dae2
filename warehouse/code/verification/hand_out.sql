-- A report given before, for the purpose that the request states. given: none where the report is not to be told.
create or replace function verification.hand_out(operation text, given audit.verification_log, request jsonb)
returns jsonb
language plpgsql as $$
declare
    asked_on constant date := verification.today();
    at_generation integer;
begin
    select pointer.generation into at_generation from pub.current_generation as pointer;
    if at_generation is null then
        return verification.refuse($1, $3, asked_on, 'not_published');
    end if;
    if not coalesce(verification.has_code('purpose', $3 ->> 'purpose', at_generation), false) then
        return verification.refuse(
            $1, $3, asked_on, 'purpose_unknown',
            jsonb_build_object('errors', jsonb_build_array(
                jsonb_build_object(
                    'parameter', 'purpose', 'code', case when $3 ? 'purpose' then 'not_in_list' else 'missing' end
                )
            ))
        );
    end if;
    if ($2).report_no is null then
        return verification.refuse($1, $3, asked_on, 'report_unknown');
    end if;
    return verification.repeat($2, $1, $3, asked_on);
end $$;
