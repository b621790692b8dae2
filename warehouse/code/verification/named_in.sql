-- Which residents stand in the sources of which nothing more is told than that.
create or replace function verification.named_in(resident_ids bigint[], at_generation integer)
returns table (feed text, resident_id bigint)
language sql stable as $$
select 'population', resident_id
from pub.registered_household_member_at($2) where resident_id = any($1)
union all
select 'cremation', resident_id from pub.cremation_at($2) where resident_id = any($1)
union all
select 'temporary_aid', resident_id from pub.temporary_aid_at($2) where resident_id = any($1)
union all
-- of many months, one will do
select 'payment', id from unnest($1) as id
where exists (select from pub.benefit_month_person_at($2) as paid where paid.resident_id = id)
$$;
