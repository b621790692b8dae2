-- Chains a row of the log to the row before it in its lane.
create or replace function audit.chain() returns trigger
language plpgsql security definer
-- Sessions that hold every lane make others fail, not hang.
set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
begin
    -- No row of the log is lost to a power cut after what it tells of was read: whatever the server or the login set.
    perform set_config('synchronous_commit', 'on', true);
    -- The first lane nobody writes to: its lock is held until the row is on the disk.
    select head.lane, head.log_id + 1, head.row_hash into new.lane, new.log_id, new.previous_hash
    from audit.chain_head as head order by head.lane limit 1 for update skip locked;
    if not found then
        select head.lane, head.log_id + 1, head.row_hash into new.lane, new.log_id, new.previous_hash
        from audit.chain_head as head
        where head.lane = pg_catalog.pg_backend_pid() % (select count(*) from audit.chain_head)
        for update;
    end if;
    new.row_hash := sha256(new.previous_hash || convert_to(audit.row_text(new), 'UTF8'));
    update audit.chain_head as head set log_id = new.log_id, row_hash = new.row_hash where head.lane = new.lane;
    return new;
end $$;
