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
    finding.first_seen_generation,
    place.name_zh as division_zh
from pub.scoped_finding as finding
left join pub.scoped_anomaly_rule as rule using (rule_code)
left join pub.scoped_division as place using (division_code);
comment on view analytics.finding is '疑点';
comment on column analytics.finding.division_zh is '区划名称';
