create or replace view analytics.coverage with (security_barrier = true) as
select
    coverage.rule_code,
    rule.title_zh,
    coverage.division_code,
    coverage.assessed,
    coverage.hits,
    coverage.not_assessable,
    place.name_zh as division_zh,
    clean.rule_side(coverage.rule_code) as side
from pub.scoped_coverage as coverage
left join pub.scoped_anomaly_rule as rule using (rule_code)
left join pub.scoped_division as place using (division_code);
comment on view analytics.coverage is '规则覆盖面';
comment on column analytics.coverage.division_zh is '区划名称';
comment on column analytics.coverage.side is 'missed 应享未享，beyond 多领、错领';

grant select on analytics.coverage to officer;
