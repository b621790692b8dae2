-- Who belonged to which household on a day, as a generation knew it. The generation says what was known
-- (late data changes the newer ones only), the day says what is asked about.
--
-- Plain SQL with the caller's rights: a view's limits stay in force.
create or replace function analytics.household_as_of(known_generation integer, asked_on date)
returns table (
    household_kind text, household_no text, resident_id bigint, relation text, valid_from date, valid_to date,
    feed text, delivery_id text, line_number integer
)
language sql stable as $$
    select
        member.household_kind, member.household_no, member.resident_id, member.relation, member.valid_from,
        member.valid_to, member.feed, member.delivery_id, member.line_number
    from analytics.household_history as member
    where
        exists (select from analytics.generation as known where known.generation = known_generation)
        and member.from_generation <= known_generation
        and (member.to_generation is null or member.to_generation > known_generation)
        and (member.valid_from is null or member.valid_from <= asked_on)
        and (member.valid_to is null or member.valid_to > asked_on)
$$;
comment on function analytics.household_as_of(integer, date) is
'某世代所知的、某日的家庭成员（三种口径）；世代未发布则没有行';
