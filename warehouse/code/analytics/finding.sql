create or replace view analytics.finding with (security_barrier = true) as
select
    finding.finding_id,
    finding.rule_code,
    rule.title_zh,
    finding.subject_resident_id,
    finding.aid_household_no,
    finding.division_code,
    finding.first_on,
    finding.last_on,
    finding.outcome,
    finding.severity,
    finding.amount_yuan,
    finding.evidence,
    finding.first_seen_generation
from pub.scoped_finding as finding
left join pub.scoped_anomaly_rule as rule using (rule_code);
comment on view analytics.finding is '疑点';
