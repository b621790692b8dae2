create or replace view analytics.rule_precision with (security_barrier = true) as
select
    measured.rule_code,
    rule.title_zh,
    measured.division_code,
    measured.decided_count,
    measured.right_count,
    measured.precision_share,
    measured.precision_lower_bound,
    measured.is_observed,
    place.name_zh as division_zh
from pub.scoped_rule_precision as measured
left join pub.scoped_anomaly_rule as rule using (rule_code)
left join pub.scoped_division as place using (division_code);
comment on view analytics.rule_precision is '规则的核实准确率';
comment on column analytics.rule_precision.division_zh is '区划名称';

grant select on analytics.rule_precision to officer;
