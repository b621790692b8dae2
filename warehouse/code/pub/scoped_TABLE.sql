-- What pub.current_TABLE shows, under row security. A view reads with the rights of its owner, and so does what
-- it reads in turn: on the views of dw_owner no row security falls. These belong to analytics_owner. What a
-- reader asks for stays outside: neither an index nor a statistic of rows that are not shown may answer it,
-- which `explain` would tell. So `offset 0`, and the barrier, behind which no statistics are read.
create or replace view pub.scoped_TABLE with (security_barrier = true) as
select COLUMNS
from pub.TABLE
where
    from_generation <= (select generation from pub.current_generation)
    and (to_generation is null or to_generation > (select generation from pub.current_generation))
offset 0;
comment on view pub.scoped_TABLE is '读者所见的世代，限于登录用户的行政区划';
