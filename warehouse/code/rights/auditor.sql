-- Reads the log of answers, and anchors it.
grant usage on schema audit, ops, api_v1, desk to auditor;
grant select on all tables in schema audit to auditor;
-- Whose login stands in the log.
grant select (login, display_name) on desk.account to auditor;
grant select on ops.authorization, ops.authorization_revocation to auditor;
grant select on ops.generation, ops.gate_result, ops.delivery, ops.withdrawal, ops.rollback to auditor;
