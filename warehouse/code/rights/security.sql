-- The security administrator: who may ask, whose divisions are whose, and what rights there are; no row of anybody.
grant usage on schema ops, desk, verification to security;
grant select, insert, delete on ops.division_scope to security;
grant select, insert, update on ops.client to security;
grant select on ops.client_door to security;
grant select, insert (client, sha256, valid_from, valid_to) on ops.client_token to security;
grant update (withdrawn_at, withdrawn_login, withdrawn_reason) on ops.client_token to security;
grant select (login, display_name, duty, must_change, locked_until) on desk.account to security;
grant select on ops.emergency_access, ops.scope_change to security, auditor;
