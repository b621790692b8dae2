-- Officers see the cases of their own divisions, each reading logged.
grant usage on schema api_v1, ops, clean, analytics to officer;
grant execute on function clean.rule_side(text) to officer;
