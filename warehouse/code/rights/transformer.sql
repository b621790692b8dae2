-- dbt.
grant usage on schema raw, input, clean, ops, pub to transformer;
grant usage, create on schema staging, intermediate, marts, rules to transformer;
grant execute on all functions in schema clean to transformer;
grant select on clean.character_sound to transformer;
grant select on all tables in schema raw, input to transformer;
-- findings remember when they were first seen and what officers decided
grant select on pub.finding, ops.finding_decision to transformer;
grant select on
    ops.feed, ops.delivery, ops.person_link, ops.resident_identity, ops.holder_name, ops.identity_decision,
    ops.identity_event, ops.generation to transformer;
grant select (delivery_id, key_hash) on ops.rejected_row to transformer;  -- never the line itself
grant select, insert, delete on ops.absorbed_delivery to transformer;
grant select, insert, update, delete on ops.marts_mark to transformer;
grant insert on ops.source_news to transformer;  -- by the triggers on what it builds
