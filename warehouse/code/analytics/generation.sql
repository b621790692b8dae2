create or replace view analytics.generation with (security_barrier = true) as
select
    generation,
    business_date,
    published_at
from ops.generation
where dropped_at is null;
comment on view analytics.generation is '发布世代（仍可查询的）';
comment on column analytics.generation.generation is '发布世代';
comment on column analytics.generation.business_date is '业务日期：数据所反映的日子';
comment on column analytics.generation.published_at is '发布时间';
