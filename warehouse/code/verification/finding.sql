create or replace view verification.finding with (security_barrier = true) as
select
    listed.finding_id,
    listed.rule_code,
    rule.title_zh,
    rule.assertion_zh,
    rule.legal_basis,
    rule.false_positives_zh,
    rule.clears_it_zh,
    rule.owner_zh,
    listed.severity,
    listed.outcome,
    listed.state,
    listed.has_returned,
    listed.subject_resident_id,
    clean.mask_name(resident.name) as masked_name,
    resident.masked_id_number,
    listed.aid_household_no,
    listed.division_code,
    listed.first_on,
    listed.last_on,
    listed.amount_yuan,
    listed.link_score,
    listed.first_seen_generation,
    coalesce(measured.is_observed, false) as is_observed,
    served.finding_id is not null as is_served,
    served.evidence,
    place.name_zh as division_zh
from (
    select
        finding_id, rule_code, severity, 'hit' as outcome, state, has_returned, subject_resident_id,
        aid_household_no, division_code, first_on, last_on, amount_yuan, link_score, first_seen_generation
    from ops.finding_state
    union all
    select
        finding_id, rule_code, severity, outcome, null, false, subject_resident_id,
        aid_household_no, division_code, first_on, last_on, amount_yuan, link_score, first_seen_generation
    from pub.current_finding
    where outcome <> 'hit'
) as listed
left join pub.current_finding as served using (finding_id)
left join pub.current_anomaly_rule as rule on listed.rule_code = rule.rule_code
left join pub.current_resident as resident on listed.subject_resident_id = resident.resident_id
left join pub.current_rule_precision as measured
    on listed.rule_code = measured.rule_code and listed.division_code is not distinct from measured.division_code
left join pub.current_division as place on listed.division_code = place.division_code
where (select pub.sees_all_divisions()) or listed.division_code = any((select pub.own_divisions())::text[]);
comment on view verification.finding is '疑点：规则、对象（脱敏）、期间、金额、状态与依据；限于登录用户的行政区划';
comment on column verification.finding.state is '状态：new 待处理，confirmed 属实，cleared 已消除，dismissed 已排除，expired 不再出现；空为不能判断';
comment on column verification.finding.has_returned is '曾被排除或消除，因依据变化重新出现';
comment on column verification.finding.masked_name is '脱敏的姓名';
comment on column verification.finding.is_served is '读者所见的世代中有此疑点';
comment on column verification.finding.division_zh is '区划名称';
