-- Publishing.
grant usage on schema marts, rules, pub, ops to publisher;
grant select on all tables in schema marts, rules to publisher;
grant select, insert, update on all tables in schema pub to publisher;
grant usage on schema clean to publisher;
grant execute on function clean.as_seen(text), clean.standard_characters(text) to publisher;
grant select, insert on ops.generation, ops.build, ops.rollback to publisher;
grant select, insert, update, delete on ops.build_under_way, ops.build_timing, ops.watched_source to publisher;
grant select, delete on ops.source_news to publisher;
