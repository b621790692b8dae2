-- What people asked about what is held of them, told to whoever may see these people in full.
create or replace view verification.own_person_request with (security_barrier = true) as
select
    asked.request_no,
    asked.resident_id,
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
where asked.resident_id = any(verification.told_in_full(array[asked.resident_id]));
comment on view verification.own_person_request is '本人对其个人信息的请求及其答复；限于登录用户行政区划的人员';
comment on column verification.own_person_request.is_open is '尚未答复';
comment on column verification.own_person_request.is_overdue is '已过答复期限';
