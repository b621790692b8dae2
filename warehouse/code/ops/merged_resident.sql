-- Whom a line of the log of answers speaks of today.
--
-- ops.merged_resident: who stands for a resident that was merged into others, through all later
-- mergers. Whoever was named again since stands for himself.
create or replace view ops.merged_resident as
with recursive mergers as (
    select distinct
        before_resident_id as former_resident_id,
        after_resident_id as resident_id
    from ops.identity_event
    where
        kind = 'merged'
        and not exists (
            select 1 from ops.person_link where person_link.resident_id = identity_event.before_resident_id
        )
),

followed as (
    select former_resident_id, resident_id from mergers
    union
    select followed.former_resident_id, mergers.resident_id
    from followed
    inner join mergers on followed.resident_id = mergers.former_resident_id
)

select
    former_resident_id,
    resident_id,
    -- Where the lines went to several, nobody knows who was meant.
    count(*) over (partition by former_resident_id) = 1 as is_certain
from followed
where resident_id not in (select former_resident_id from mergers);
comment on view ops.merged_resident is '已并入他人的原居民编号与现居民编号（逐次追踪到底）';
comment on column ops.merged_resident.is_certain is '是否只并入一人';

grant select on ops.merged_resident to auditor;
