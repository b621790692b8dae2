{{ config(materialized='view') }}

-- int_fresh_deliveries: what has been delivered since the marts were last complete.
select delivery.*
from {{ ref('stg_deliveries') }} as delivery
where not exists (
    select 1 from {{ source('ops', 'absorbed_delivery') }} as absorbed
    where absorbed.model = 'marts' and absorbed.delivery_id = delivery.delivery_id
)
