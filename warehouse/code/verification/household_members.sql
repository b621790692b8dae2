-- Who belonged to the households that bear a number on a day, as a generation knew it and as far as the login's
-- divisions go.
create or replace function verification.household_members(number text, at_generation integer, asked_on date)
returns table (
    household_kind text, household_no text, resident_id bigint, relation text, valid_from date, valid_to date,
    feed text, delivery_id text, line_number integer
)
language sql stable as $$
select
    member.household_kind, member.household_no, member.resident_id, member.relation, member.valid_from,
    member.valid_to, member.feed, member.delivery_id, member.line_number
from verification.household_member as member
where
    member.household_no = $1
    and member.from_generation <= $2
    and (member.to_generation is null or member.to_generation > $2)
    and (member.valid_from is null or member.valid_from <= $3)
    and (member.valid_to is null or member.valid_to > $3)
$$;
