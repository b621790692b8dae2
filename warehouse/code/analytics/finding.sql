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
    place.name_zh as division_zh,
    outcome.title_zh as outcome_zh,
    severity.title_zh as severity_zh
from pub.scoped_finding as finding
left join pub.scoped_anomaly_rule as rule using (rule_code)
left join pub.scoped_division as place using (division_code)
left join pub.scoped_code_title as outcome
    on outcome.code_list = 'finding_outcome' and finding.outcome = outcome.code
left join pub.scoped_code_title as severity on severity.code_list = 'severity' and finding.severity = severity.code;
comment on view analytics.finding is '疑点：规则的命中与无法判断，是线索而非结论；每个问题一行';
comment on column analytics.finding.division_zh is '区划名称';
comment on column analytics.finding.outcome_zh is '结果';
comment on column analytics.finding.severity_zh is '程度';
