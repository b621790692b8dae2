-- The owner of the masked views, as far as whoever migrates may act as it: else it owns nothing here.
do $$
begin
    if not pg_has_role(current_user, 'dw_owner', 'usage') or not pg_has_role(current_user, 'analytics_owner', 'usage') then
        return;
    end if;
    grant usage on schema pub to analytics_owner;
    grant select on all tables in schema pub to analytics_owner;
    grant usage on schema ops to analytics_owner;
    grant select on ops.generation, ops.source_quality to analytics_owner;
end $$;
