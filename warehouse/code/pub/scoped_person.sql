-- People for the masked views that say something of a row's person, each once, as pub.scoped_place has divisions.
create or replace view pub.scoped_person with (security_barrier = true) as
select distinct on (resident_id)
    resident_id,
    sex_code,
    born_on,
    died_on,
    division_code
from pub.scoped_resident;
comment on view pub.scoped_person is '读者所见的世代中可见的居民：每位一行，供分析视图连接';
