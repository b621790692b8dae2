-- analytics: masked views for analysts, through the pointer and under row security (pub.scoped_*). No full number, name, account or
-- birthday; security_barrier keeps a caller's function from seeing rows before the filter.

create or replace view analytics.resident with (security_barrier = true) as
select
    resident_id,
    masked_id_number,
    -- as clean.mask_name, on which analysts have no right: a view calls functions as its reader
    left(name, 1) || repeat('*', greatest(length(name) - 1, 1)) as masked_name,
    sex_code,
    extract(year from born_on)::integer as birth_year,
    died_on,
    division_code,
    household_type,
    is_registered
from pub.scoped_resident;
comment on view analytics.resident is '居民（脱敏）';
comment on column analytics.resident.masked_name is '脱敏的姓名';
comment on column analytics.resident.birth_year is '出生年份';

create or replace view analytics.benefit_month with (security_barrier = true) as
select
    case_no,
    aid_household_no,
    entitlement_no,
    benefit_code,
    benefit_month,
    is_paid,
    paid_yuan,
    standing_count,
    returned_count,
    first_paid_on,
    last_paid_on,
    division_code,
    payee_resident_id
from pub.scoped_benefit_month;
comment on view analytics.benefit_month is '待遇月份（无账号）';

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

create or replace view analytics.coverage with (security_barrier = true) as
select
    coverage.rule_code,
    rule.title_zh,
    coverage.division_code,
    coverage.assessed,
    coverage.hits,
    coverage.not_assessable
from pub.scoped_coverage as coverage
left join pub.scoped_anomaly_rule as rule using (rule_code);
comment on view analytics.coverage is '规则覆盖面';

create or replace view analytics.rule_precision with (security_barrier = true) as
select
    measured.rule_code,
    rule.title_zh,
    measured.division_code,
    measured.decided_count,
    measured.right_count,
    measured.precision_share,
    measured.precision_lower_bound,
    measured.is_observed
from pub.scoped_rule_precision as measured
left join pub.scoped_anomaly_rule as rule using (rule_code);
comment on view analytics.rule_precision is '规则的核实准确率';

create or replace view analytics.statistics_benefit_month with (security_barrier = true) as
select
    benefit_month,
    division_code,
    benefit_code,
    age_band,
    sex_code,
    recipient_count,
    paid_yuan,
    is_suppressed
from pub.scoped_statistics_benefit_month;
comment on view analytics.statistics_benefit_month is '待遇统计：每月各区划的领取人数与金额，小格隐去';

select pub.describe_columns('analytics');
