-- A served table as known at any generation retained. Plain SQL, so that the planner sees through it and
-- reads by index.
create or replace function pub.TABLE_at(generation integer) returns setof pub.TABLE
language sql stable as
$at$ select * from pub.TABLE where from_generation <= $1 and (to_generation is null or to_generation > $1) $at$;
comment on function pub.TABLE_at(integer) is '某一发布世代的内容';
