{{ config(materialized='table', indexes=[{'columns': ['delivery_id']}]) }}

-- Deliveries that passed their landing gate, up to the business date. A table, made once at the
-- start of a build: what is accepted while the build runs belongs to the next one.
select
    delivery_id,
    system,
    feed,
    business_date,
    mode,
    -- A full delivery with a rejected line whose business key cannot be read does not say who is gone.
    mode = 'full' and not exists (
        select 1 from {{ source('ops', 'rejected_row') }} as rejected
        where rejected.delivery_id = delivery.delivery_id and rejected.key_hash is null
    ) as closes_absent,
    {{ written_day('business_date', 'YYYYMMDD') }}::bigint * 10000000000
    + case mode when 'full' then 0 else 5000000000 end + sequence_no as delivery_order
from {{ source('ops', 'delivery') }} as delivery
where status = 'accepted' and business_date <= '{{ var("business_date") }}'::date
