-- What readers see is of one generation, the one the pointer names.
create or replace view pub.current_release as
select generation.generation, generation.business_date, generation.published_at
from pub.current_generation
inner join ops.generation using (generation);
comment on view pub.current_release is '读者所见的发布世代及其业务日期';
comment on column pub.current_release.generation is '发布世代';
comment on column pub.current_release.business_date is '业务日期：数据所反映的日子';
comment on column pub.current_release.published_at is '发布时间';

-- The release gate compares with what is served, through the pointer.
grant select on pub.current_release to loader;
