{{ config(materialized='table', indexes=[{'columns': ['feed', 'key_hash']}]) }}

-- Which records the rejected lines of deliveries in use name: they are not absent from those deliveries.
select distinct
    delivery.feed,
    delivery.delivery_id,
    delivery.delivery_order,
    rejected.key_hash
from {{ source('ops', 'rejected_row') }} as rejected
inner join {{ ref('stg_deliveries') }} as delivery on rejected.delivery_id = delivery.delivery_id
where rejected.key_hash is not null
