-- The readable number of a report (day and eight characters) and beside it the rest of its key: chance, so
-- that nobody counts the reports of others or finds one by trying.
create or replace function verification.new_report_no(asked_on date) returns text
language sql volatile
begin atomic
select 'HD' || to_char(asked_on, 'YYYYMMDD') || '-' || left(drawn.hex, 8) || '-' || right(drawn.hex, 12)
from (select upper(replace(gen_random_uuid()::text, '-', '')) as hex) as drawn;
end;
