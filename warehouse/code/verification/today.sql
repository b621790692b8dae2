-- Beijing's day: consent and reports are counted in it, and what is out of date.
create or replace function verification.today() returns date
language sql stable
return pub.today();

grant execute on function verification.today() to security;
