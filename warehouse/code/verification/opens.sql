-- Does the authorization open this source? No list opens all.
create or replace function verification.opens(open_feeds text[], feed text) returns boolean
language sql immutable parallel safe
return open_feeds is null or feed = any(open_feeds);
