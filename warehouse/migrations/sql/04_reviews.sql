-- Whom a line of the log of answers speaks of today, and when somebody was last reviewed.

drop view if exists ops.last_review, ops.asked_review, ops.merged_resident;

-- ops.merged_resident: who stands for a resident that was merged into others, through all later
-- mergers. Whoever was named again since stands for himself.
create view ops.merged_resident as
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

-- ops.asked_review: when a resident, as he was known at the time, was last asked about for the purpose
-- of review, by kind of aid.
create view ops.asked_review as
select
    asked.resident_id,
    log.request ->> 'aid_type' as aid_type_code,
    max(log.asked_on) as reviewed_on
from audit.verification_log as log
cross join unnest(log.resident_ids) as asked (resident_id)
where log.operation = 'verify' and log.outcome = 'answered' and log.purpose = 'review'
group by asked.resident_id, log.request ->> 'aid_type';
comment on view ops.asked_review is '每位居民（按当时编号）各类救助最近一次定期复核（通过核对接口、已出具答复的）';
comment on column ops.asked_review.reviewed_on is '复核之日（北京时间）';

-- ops.last_review: the same of the residents of today: all that rules may know of the log of answers.
-- Who was merged into several may be any of them.
create view ops.last_review as
select
    coalesce(merged.resident_id, review.resident_id) as resident_id,
    review.aid_type_code,
    coalesce(not merged.is_certain, false) as is_possible,
    max(review.reviewed_on) as reviewed_on
from ops.asked_review as review
left join ops.merged_resident as merged on review.resident_id = merged.former_resident_id
group by
    coalesce(merged.resident_id, review.resident_id), review.aid_type_code, coalesce(not merged.is_certain, false);
comment on view ops.last_review is '每位居民各类救助最近一次定期复核（通过核对接口、已出具答复的）';
comment on column ops.last_review.is_possible is '是否只是可能：当时复核的居民后来并入数人之一';
comment on column ops.last_review.reviewed_on is '复核之日（北京时间）';
