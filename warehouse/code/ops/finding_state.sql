-- Every finding ever published, how it stands now, and what was decided last. A dismissal or settlement
-- holds while the evidence is the one it was made on; a confirmation holds.
create or replace view ops.finding_state as
with

generations as (select max(generation) as newest from ops.generation),

seen as (
    select
        finding_id,
        min(from_generation) as first_seen_generation,
        max(coalesce(to_generation - 1, newest)) as last_seen_generation
    from pub.finding
    cross join generations
    where outcome = 'hit'
    group by finding_id
),

latest as (
    select distinct on (finding_id)
        finding_id,
        rule_code,
        subject_resident_id,
        aid_household_no,
        division_code,
        first_on,
        last_on,
        severity,
        amount_yuan,
        link_score,
        evidence_digest
    from pub.finding
    where outcome = 'hit'
    order by finding_id asc, from_generation desc
),

decided as (
    select distinct on (finding_id)
        finding_id,
        evidence_digest,
        decision,
        reason_code,
        decided_by,
        decided_at
    from ops.finding_decision
    order by finding_id asc, decision_id desc
)

select
    latest.*,
    seen.first_seen_generation,
    seen.last_seen_generation,
    case
        when current.finding_id is null
            then case when decided.decision in ('confirmed', 'cleared') then 'cleared' else 'expired' end
        when decided.decision = 'confirmed' then 'confirmed'
        when
            decided.decision in ('cleared', 'dismissed')
            and decided.evidence_digest = current.evidence_digest
            then decided.decision
        else 'new'
    end as state,
    coalesce(
        decided.decision in ('cleared', 'dismissed') and decided.evidence_digest <> current.evidence_digest, false
    ) as has_returned,
    decided.decision,
    decided.reason_code,
    decided.decided_by,
    decided.decided_at
from latest
inner join seen using (finding_id)
left join pub.current_finding as current on latest.finding_id = current.finding_id and current.outcome = 'hit'
left join decided on latest.finding_id = decided.finding_id;
comment on view ops.finding_state is '疑点状态：new 待处理，confirmed 属实，cleared 已消除，dismissed 已排除，expired 已不再出现';
comment on column ops.finding_state.has_returned is '曾被排除或消除，因依据变化重新出现';
