create or replace function api_v1.desk_scorecard() returns setof ops.source_scorecard
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query select * from ops.source_scorecard order by system, month desc;
end $$;
comment on function api_v1.desk_scorecard() is '来源评分：各系统按业务月份，及与上一月之差';

grant execute on function api_v1.desk_scorecard() to officer;
