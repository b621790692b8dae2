-- A fault as it is told: where (a JSON pointer into the request) and what. Never the value.
create or replace function verification.fault(pointer text, code text) returns jsonb
language sql immutable parallel safe
return jsonb_build_object('pointer', pointer, 'code', code);
