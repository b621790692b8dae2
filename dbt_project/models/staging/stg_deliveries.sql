{{ config(materialized='view') }}

-- Deliveries that passed their landing gate, up to the business date.
select
    delivery_id,
    system,
    feed,
    business_date,
    mode,
    to_char(business_date, 'YYYYMMDD')::bigint * 10000
    + case mode when 'full' then 0 else 5000 end + sequence_no as delivery_order
from {{ source('ops', 'delivery') }}
where status = 'accepted' and business_date <= '{{ var("business_date") }}'::date
