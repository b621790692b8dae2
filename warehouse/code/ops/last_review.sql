-- ops.last_review: the same of the residents of today: all that rules may know of the log of answers.
-- Who was merged into several may be any of them.
create or replace view ops.last_review as
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

grant select on ops.last_review to transformer;
