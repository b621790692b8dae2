-- Incomes of residents as far as their sources are opened, of any month; counted is the part of a pension that is.
create or replace function verification.incomes(
    resident_ids bigint[], at_generation integer, open_feeds text[], counted_months date[],
    pension_counted_share numeric
) returns table (
    resident_id bigint, income_kind text, insurance_type text, income_month date, amount_yuan numeric,
    is_public_payroll boolean, feed text, delivery_id text, line_number integer, is_counted boolean,
    counted_yuan numeric
)
language sql stable as $$
select
    item.resident_id,
    item.income_kind,
    item.insurance_type,
    item.income_month,
    item.amount_yuan,
    item.is_public_payroll,
    item.feed,
    item.delivery_id,
    item.line_number,
    item.income_month = any($4),
    case when item.income_kind = 'pension' then round(item.amount_yuan * $5, 2) else item.amount_yuan end
from pub.income_item_at($2) as item
where item.resident_id = any($1) and verification.opens($3, item.feed)
$$;
