-- A row of ops.division_scope or ops.client as who may see which division; none of no row.
create or replace function ops.scope_of(held jsonb) returns table (holder text, division_code text)
language sql immutable
begin atomic
select
    coalesce(held ->> 'user_name', held ->> 'client'),
    named.division_code
from jsonb_array_elements_text(
    coalesce(held -> 'divisions', jsonb_build_array(held -> 'division_code'))
) as named (division_code)
where held is not null;
end;
comment on function ops.scope_of(jsonb) is '登录或客户的一行：何者可见哪些行政区划';
