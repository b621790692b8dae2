-- pub.current_release for the masked views, which read nothing of dw_owner's.
create or replace view pub.scoped_release with (security_barrier = true) as
select pointer.generation, known.business_date, known.published_at
from pub.current_generation as pointer
inner join ops.generation as known using (generation);
comment on view pub.scoped_release is '读者所见的发布世代及其业务日期';
