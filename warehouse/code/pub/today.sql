-- One clock for `/v1/sources`, answers and `minzheng status`: Beijing's day of the question. A source is
-- stale where it was so on the day of the build, or where the build itself is older than it may be.
create or replace function pub.today() returns date
language sql stable parallel safe
return (statement_timestamp() at time zone 'Asia/Shanghai')::date;
comment on function pub.today() is '今天（北京时间）';

grant execute on function pub.today() to security;
