-- Nothing for everybody, whatever roles there are.
do $$
declare
    schema_name text;
begin
    foreach schema_name in array array[
        'raw', 'input', 'clean', 'ops', 'audit', 'verification', 'staging', 'intermediate', 'marts', 'rules', 'pub', 'api_v1', 'analytics',
        'desk'
    ] loop
        execute format('revoke all on schema %I from public', schema_name);
        execute format('revoke all on all tables in schema %I from public', schema_name);
        execute format('revoke all on all functions in schema %I from public', schema_name);
    end loop;
    -- A temporary function leaks rows through a view that is not a security barrier.
    execute format('revoke temporary on database %I from public', current_database());
end $$;
