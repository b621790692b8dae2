-- What people asked about what is held of them, told to whoever may see these people in full: who stands for them
-- today, where they were merged since. Where nobody certain does, it stays with who recorded the case and with
-- colleagues of all divisions it was recorded in, so that another can answer.
create or replace view verification.own_person_request with (security_barrier = true) as
select
    asked.request_no,
    person.resident_id,
    asked.kind,
    asked.statement,
    asked.received_on,
    asked.due_on,
    decided.request_no is null as is_open,
    decided.request_no is null and asked.due_on < verification.today() as is_overdue,
    asked.recorded_by,
    asked.recorded_login,
    asked.recorded_at,
    decided.outcome,
    decided.answer,
    decided.decided_by,
    decided.decided_login,
    decided.decided_at
from ops.person_request as asked
left join ops.person_request_decision as decided using (request_no)
left join pub.current_resident as same on asked.resident_id = same.resident_id
-- All mergers are followed for those alone who are served no more.
cross join lateral (
    select case when same.resident_id is null then coalesce(
        (
            select merged.resident_id from ops.merged_resident as merged
            where merged.former_resident_id = asked.resident_id and merged.is_certain
        ),
        asked.resident_id
    ) else asked.resident_id end as resident_id
) as person
where
    person.resident_id = any(verification.told_in_full(array[person.resident_id]))
    or (
        (
            asked.recorded_login = session_user
            or (select pub.sees_all_divisions())
            or (asked.entered_divisions <> '{}' and asked.entered_divisions <@ (select pub.own_divisions()))
        )
        and not exists (select from pub.current_resident as known where known.resident_id = person.resident_id)
    );
comment on view verification.own_person_request is
'本人对其个人信息的请求及其答复；限于登录用户行政区划的人员（已并入他人的，按现居民编号；无法确定为何人的，限登记者及同样区划的同事）';
comment on column verification.own_person_request.resident_id is '请求人现在的居民编号';
comment on column verification.own_person_request.is_open is '尚未答复';
comment on column verification.own_person_request.is_overdue is '已过答复期限';
