-- Who works on a finding: by the last word on it, unless a decision has been made since.
create or replace view ops.finding_desk as
with

decided as (
    select distinct on (finding_id)
        finding_id,
        decision_id,
        decided_by,
        decided_login,
        decided_at,
        recovered_yuan
    from ops.finding_decision
    order by finding_id asc, decision_id desc
),

assigned as (
    select distinct on (finding_id)
        finding_id,
        assignment_id,
        event,
        holder_login,
        due_on,
        after_decision_id
    from ops.finding_assignment
    order by finding_id asc, assignment_id desc
)

select
    finding_id,
    standing.event,
    standing.holder_login,
    standing.due_on,
    decided.decision_id,
    decided.decided_by,
    decided.decided_login,
    decided.decided_at,
    concat_ws('.', coalesce(assigned.assignment_id, 0), coalesce(decided.decision_id, 0)) as seen,
    decided.recovered_yuan
from decided
full join assigned using (finding_id)
left join lateral (
    select assigned.event, assigned.holder_login, assigned.due_on
    where coalesce(assigned.after_decision_id, 0) = coalesce(decided.decision_id, 0)
) as standing on true;
comment on view ops.finding_desk is '疑点由谁办理、应在何日前办结，及最近的处理决定';
comment on column ops.finding_desk.seen is '办理与决定到了哪一条：两人同时办理时，后者据此得知';
comment on column ops.finding_desk.recovered_yuan is '最近的处理决定所写的已追回或停付金额（元）';
