-- ops.last_review: when somebody was last asked about for the purpose of review, by kind of aid: all
-- that rules may know of the log of answers.
drop view if exists ops.last_review;
create view ops.last_review as
select
    resident_id,
    log.request ->> 'aid_type' as aid_type_code,
    max(log.asked_on) as reviewed_on
from audit.verification_log as log
cross join unnest(log.resident_ids) as resident_id
where log.operation = 'verify' and log.outcome = 'answered' and log.purpose = 'review'
group by resident_id, log.request ->> 'aid_type';
comment on view ops.last_review is '每位居民各类救助最近一次定期复核（通过核对接口、已出具答复的）';
comment on column ops.last_review.reviewed_on is '复核之日（北京时间）';
