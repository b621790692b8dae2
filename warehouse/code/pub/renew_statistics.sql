-- Only an owner may analyse, and nobody logs in as the owner of what is served.
create or replace function pub.renew_statistics(served regclass) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    -- Of its own tables alone: what others shape (an index, a statistic) is not for this owner to run.
    if not exists (
        select from pg_catalog.pg_class as relation
        where relation.oid = served and relation.relnamespace = 'pub'::regnamespace and relation.relkind = 'r'
    ) then
        raise insufficient_privilege using message = pg_catalog.format('%s is not served.', served);
    end if;
    execute pg_catalog.format('analyze %s', served);
end $$;
comment on function pub.renew_statistics(regclass) is '大量改写后更新统计信息';

grant execute on function pub.renew_statistics(regclass) to publisher;
