-- ops.asked_review: when a resident, as he was known at the time, was last asked about for the purpose
-- of review, by kind of aid.
create or replace view ops.asked_review as
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

grant select on ops.asked_review to transformer;
