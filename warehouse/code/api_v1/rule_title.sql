create or replace view api_v1.rule_title as
select rule_code, title_zh, severity, status from pub.current_anomaly_rule;
comment on view api_v1.rule_title is '规则名录：名称、级别、是否启用';

grant select on api_v1.rule_title to officer;
