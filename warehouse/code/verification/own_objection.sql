-- Objections to reports of consents of the login's divisions; nothing of people but what was said.
create or replace view verification.own_objection with (security_barrier = true) as
select
    raised.objection_no,
    raised.report_no,
    raised.report_login,
    raised.item,
    known.title_zh as item_zh,
    raised.member_no,
    raised.statement,
    raised.received_on,
    raised.due_on,
    decided.objection_no is null as is_open,
    decided.objection_no is null and raised.due_on < verification.today() as is_overdue,
    raised.recorded_by,
    raised.recorded_login,
    raised.recorded_at,
    decided.outcome,
    reason.title_zh as reason_zh,
    decided.note,
    decided.decided_by,
    decided.decided_login,
    decided.decided_at
from ops.objection as raised
inner join audit.verification_log as log on log.report_no = raised.report_no and log.outcome = 'answered'
left join ops.objection_decision as decided on decided.objection_no = raised.objection_no
left join pub.current_verification_code as known on known.code_list = 'objection_item' and known.code = raised.item
left join pub.current_verification_code as reason
    on reason.code_list = 'objection_' || decided.outcome and reason.code = decided.reason_code
where verification.is_own_authorization(log.authorization_no);
comment on view verification.own_objection is '对本区划核对报告的异议及其办理；限于授权书属登录用户行政区划的';
comment on column verification.own_objection.item_zh is '对哪一项有异议';
comment on column verification.own_objection.is_open is '尚未办结';
comment on column verification.own_objection.is_overdue is '已过办结期限';
comment on column verification.own_objection.reason_zh is '原因';
