-- Landing, gates, linkage, alerts.
grant usage, create on schema raw, input to loader;
grant usage on schema clean, ops, pub, api_v1, staging, intermediate, marts, rules to loader;
grant select, insert, delete on all tables in schema raw to loader;
grant select on all tables in schema input, staging, intermediate, marts, rules to loader;
grant execute on all functions in schema clean to loader;
grant select on clean.character_sound to loader;
grant select, insert, update, delete on
    ops.feed, ops.delivery, ops.rejected_delivery, ops.rejected_row, ops.line_version, ops.gate_result,
    ops.person_link, ops.resident_identity, ops.resident_name, ops.holder_name, ops.name_sound, ops.identity_weighed,
    ops.identity_pair, ops.identity_review, ops.identity_event, ops.inbox_stray, ops.line_column to loader;
grant select, insert on ops.identity_decision, ops.alert_notice, ops.withdrawal to loader;
-- Who fetched, and when, the database writes.
grant select, insert (
    delivery_id, feed, business_date, origin, mode, cursor_kind, cursor_from, cursor_to, row_count, sha256
) on ops.extraction to loader;
grant select on ops.generation, ops.build, ops.rollback to loader;
grant select (client, delivered_at, given_up_at, last_error) on ops.batch_callback to loader;
grant select on ops.unsent_callback to loader;
grant select, insert, delete on ops.absorbed_delivery to loader;
grant select, insert, update on ops.alert to loader;
grant select (login, role, until_at, ended_at) on ops.emergency_access to loader;
