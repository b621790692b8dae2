-- Nobody logs in as it: the function that shows the lines behind a finding runs with these rights and no others,
-- because whoever lands makes what it reads.
grant usage on schema raw, input, clean to line_reader;
grant usage on schema ops to line_reader;  -- ops.strange_inputs, and no table
grant select on all tables in schema raw, input to line_reader;
grant execute on all functions in schema clean to line_reader;
grant select on clean.character_sound to line_reader;
