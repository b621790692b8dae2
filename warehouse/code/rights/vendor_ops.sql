-- Who keeps the machine running sees counts and alerts, no people.
grant usage on schema ops to vendor_ops;
grant select on ops.generation, ops.gate_result, ops.delivery to vendor_ops;
grant select on ops.alert, ops.alert_notice, ops.inbox_stray, ops.withdrawal, ops.rollback to vendor_ops;
grant select on ops.build_under_way, ops.build_timing to vendor_ops;
