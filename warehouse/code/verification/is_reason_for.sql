-- Whether a reason may be given for a finding of a rule; side: of the reason, null where it goes with either.
create or replace function verification.is_reason_for(side text, rule_code text) returns boolean
language sql immutable parallel safe
return side is null or side = clean.rule_side(rule_code);
comment on function verification.is_reason_for(text, text) is '原因是否适用于规则：应享未享与其他规则各有其原因（clean.rule_side）';
