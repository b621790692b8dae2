-- May remove what is no longer in force, and blank what was rejected; nothing else.
grant usage on schema pub, audit, ops to retention;
grant select on ops.generation, ops.delivery, ops.rejected_row, ops.gate_result to retention;
grant update (dropped_at) on ops.generation to retention;
grant update (raw_line) on ops.rejected_row to retention;
grant delete on ops.gate_result to retention;
grant select (generation) on audit.verification_log to retention;
grant select (batch_id, next_attempt_at) on ops.batch_callback to retention;
grant select on ops.unsent_callback to retention;
grant select, delete on audit.batch, audit.batch_item to retention;
grant update (submitted_at) on audit.batch to retention;  -- only to hold a batch while it goes
grant select on pub.current_generation to retention;
