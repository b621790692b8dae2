-- is_own_consent: only by a consent that is the login's own (is_own_authorization), any other being as unknown as none.
create or replace function verification.answer(operation text, request jsonb, is_own_consent boolean default false)
returns jsonb
language plpgsql as $$
#variable_conflict use_variable
declare
    asked_on date := verification.today();
    at_generation integer;
    faults jsonb;
    given audit.verification_log;
    asked verification.asked_member[];
    judged record;
    report_no text;
    answer jsonb;
begin
    select pointer.generation into at_generation from pub.current_generation as pointer;
    if at_generation is null then
        return verification.refuse(operation, request, asked_on, 'not_published');
    end if;
    faults := verification.faults(request, at_generation);
    if faults <> '[]' then
        return verification.refuse(
            operation, request, asked_on, 'invalid_request', verification.fault_detail(faults)
        );
    end if;
    if not coalesce(verification.has_code('purpose', request ->> 'purpose', at_generation), false) then
        return verification.refuse(
            operation, request, asked_on, 'purpose_unknown',
            jsonb_build_object('errors', jsonb_build_array(verification.fault(
                '/purpose', coalesce(verification.text_fault(request -> 'purpose', 64), 'not_in_list')
            )))
        );
    end if;

    if is_own_consent and not verification.is_own_authorization(request ->> 'authorization_no') then
        return verification.refuse(
            operation, request, asked_on, 'no_live_authorization',
            jsonb_build_object('reason', 'unknown', 'members', '[]'::jsonb)
        );
    end if;
    -- Four eyes between who enters a consent and who asks by it, where the bureau lays them down.
    if
        is_own_consent
        and verification.parameter('consent_by_another', at_generation, asked_on) = 1
        and verification.is_self_entered(request ->> 'authorization_no', session_user)
    then
        return verification.refuse(
            operation, request, asked_on, 'no_live_authorization',
            jsonb_build_object('reason', 'self_entered', 'members', '[]'::jsonb)
        );
    end if;
    given := verification.given_before(request ->> 'request_id');
    if given.report_no is not null then
        return verification.again(given, operation, request, asked_on);
    end if;

    asked := verification.identify(request, at_generation);
    judged := verification.judge_authorization(request ->> 'authorization_no', asked, at_generation, asked_on);
    if judged.reason is not null then
        return verification.refuse(
            operation, request, asked_on, 'no_live_authorization',
            jsonb_build_object('reason', judged.reason, 'members', to_jsonb(coalesce(judged.uncovered, '{}')))
        );
    end if;

    report_no := verification.new_report_no(asked_on);
    answer := jsonb_build_object(
        'status', 'answered',
        'operation', operation,
        'report_no', report_no,
        'request_id', request ->> 'request_id',
        'generation', at_generation,
        'asked_on', asked_on,
        'valid_until', asked_on
        + verification.parameter('report_validity_days', at_generation, asked_on)::integer,
        -- What a report says of its question, so that it is made of the answer alone.
        'asked', jsonb_build_object(
            'authorization_no', request -> 'authorization_no',
            'purpose', request -> 'purpose',
            'aid_type', request -> 'aid_type',
            'operator', request -> 'operator',
            'names', jsonb_path_query_array(request, '$.members[*].name')
        )
    ) || verification.part(
        operation, verification.content(request, asked, at_generation, asked_on, judged.open_feeds)
    );
    -- Asked twice at once, the index lets the second wait for the first, and then the first has answered.
    begin
        insert into audit.verification_log (
            operation, outcome, client, asked_on, operator, purpose, authorization_no, request_id, report_no,
            generation, open_feeds, resident_ids, request, answer
        ) values (
            operation, 'answered', verification.asking_client(), asked_on, request ->> 'operator',
            request ->> 'purpose', request ->> 'authorization_no', request ->> 'request_id', report_no,
            at_generation, judged.open_feeds,
            array(select member.resident_id from unnest(asked) as member where member.resident_id is not null),
            request, answer
        );
    exception
        when unique_violation then
            given := verification.given_before(request ->> 'request_id');
            if given.report_no is null then  -- an older snapshot does not see it
                raise serialization_failure using message = 'Asked twice at once: ask again.';
            end if;
            return verification.again(given, operation, request, asked_on);
    end;
    return answer;
end $$;
