-- Names of divisions for the masked views of many rows. Behind the barrier nothing tells the planner that a code stands
-- once, and it would sort both sides of the join; `distinct on` tells, and a join whose name nobody asked for is left
-- out.
create or replace view pub.scoped_place with (security_barrier = true) as
select distinct on (division_code)
    division_code,
    name_zh
from pub.scoped_division;
comment on view pub.scoped_place is '读者所见的世代的区划名称：每个代码一行';
