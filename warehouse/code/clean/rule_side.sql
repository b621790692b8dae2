-- On which side of the law the findings of a rule lie: due and not drawn (missed), or drawn and not due (beyond).
create or replace function clean.rule_side(rule_code text) returns text
language sql immutable parallel safe
return case when starts_with(rule_code, 'F') then 'missed' else 'beyond' end;
