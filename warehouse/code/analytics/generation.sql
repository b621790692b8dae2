create or replace view analytics.generation with (security_barrier = true) as
select
    generation,
    business_date,
    published_at,
    generation = (select pointer.generation from pub.scoped_release as pointer) as is_served
from ops.generation
where dropped_at is null;
comment on view analytics.generation is '发布世代（仍可查询的）';
comment on column analytics.generation.generation is '发布世代';
comment on column analytics.generation.business_date is '业务日期：数据所反映的日子';
comment on column analytics.generation.published_at is '发布时间';
comment on column analytics.generation.is_served is '是否读者所见的世代';

-- A workbook of statistics names it.
grant select on analytics.generation to officer;
