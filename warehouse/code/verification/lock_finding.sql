-- Until the transaction ends nobody else acts on the finding.
create or replace function verification.lock_finding(finding_id text) returns void
language sql
return pg_advisory_xact_lock(hashtextextended('finding ' || $1, 0));
