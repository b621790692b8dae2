-- What a person may ask to see (PIPL 45), told to the officer who is asked: of the login's divisions alone. No
-- leads: they are the office's, until somebody has looked.
create or replace function api_v1.held_of_person(id_number text, purpose text) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    most_readings constant integer := 200;
    person pub.current_resident;
    told jsonb;
begin
    perform verification.want_purpose($2);
    select known.* into person
    from pub.current_resident as known
    where
        known.id_number = clean.id_number($1)
        and known.resident_id = any(verification.told_in_full(array[known.resident_id]));
    if person.resident_id is not null then
        told := jsonb_build_object(
            'name', person.name,
            'masked_id_number', person.masked_id_number,
            'asked_on', verification.today(),
            'sources', (
                select coalesce(jsonb_agg(to_jsonb(source) order by source.system, source.feed), '[]')
                from (
                    select
                        delivery.system, delivery.feed, feeds.title_zh, feeds.owner,
                        count(distinct (link.delivery_id, link.line_number)) as line_count,
                        min(delivery.business_date) as first_on,
                        max(delivery.business_date) as last_on
                    from ops.person_link as link
                    inner join ops.delivery as delivery using (delivery_id)
                    left join ops.feed as feeds on delivery.feed = feeds.feed
                    where link.resident_id = person.resident_id
                    group by delivery.system, delivery.feed, feeds.title_zh, feeds.owner
                ) as source
            ),
            'benefits', (
                select coalesce(situation.benefits, '[]')
                from pub.current_resident_situation as situation
                where situation.resident_id = person.resident_id
            ),
            'requests', (
                select coalesce(jsonb_agg(
                    jsonb_build_object(
                        'request_no', asked.request_no, 'kind', asked.kind, 'statement', asked.statement,
                        'received_on', asked.received_on, 'due_on', asked.due_on, 'outcome', asked.outcome,
                        'answer', asked.answer, 'decided_at', asked.decided_at
                    )
                    order by asked.received_on, asked.request_no
                ), '[]')
                from verification.own_person_request as asked
                where asked.resident_id = person.resident_id
            ),
            'reading_count', (
                select count(*) from audit.verification_log as logged
                where logged.resident_ids @> array[person.resident_id] and logged.outcome <> 'refused'
            ),
            'readings', (
                select coalesce(jsonb_agg(to_jsonb(reading) order by reading.logged_at desc), '[]')
                from (
                    select
                        logged.logged_at, logged.operation, logged.purpose,
                        coalesce(logged.operator, logged.caller) as operator
                    from audit.verification_log as logged
                    where logged.resident_ids @> array[person.resident_id] and logged.outcome <> 'refused'
                    order by logged.logged_at desc
                    limit most_readings
                ) as reading
            )
        );
    end if;
    perform verification.note_reading(
        'held_of_person', $2, jsonb_build_object('id_number', $1), array_remove(array[person.resident_id], null)
    );
    return told;
end $$;
comment on function api_v1.held_of_person(text, text) is
'应本人申请，按号码和用途查本区划某人：哪些来源有其记载、现有待遇、本人的请求与答复、谁查阅过；留痕';

grant execute on function api_v1.held_of_person(text, text) to officer;
