{{ config(materialized='table', indexes=[{'columns': ['delivery_id']}]) }}

-- Deliveries that passed their landing gate, up to the business date. A table, made once at the
-- start of a build: what is accepted while the build runs belongs to the next one.
select
    delivery_id,
    system,
    feed,
    business_date,
    mode,
    -- A full delivery with rejected lines does not say who is gone: their keys may be among them.
    mode = 'full' and rejected_count = 0 as closes_absent,
    to_char(business_date, 'YYYYMMDD')::bigint * 1000000
    + case mode when 'full' then 0 else 500000 end + sequence_no as delivery_order
from {{ source('ops', 'delivery') }}
where status = 'accepted' and business_date <= '{{ var("business_date") }}'::date
