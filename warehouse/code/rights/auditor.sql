-- Reads the log of answers, and anchors it.
grant usage on schema audit, ops, api_v1 to auditor;
grant select on all tables in schema audit to auditor;
grant select on ops.authorization, ops.authorization_revocation to auditor;
grant select on ops.generation, ops.gate_result, ops.delivery, ops.withdrawal, ops.rollback to auditor;
