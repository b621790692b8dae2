{{ config(materialized='table', indexes=[{'columns': ['code'], 'unique': true}]) }}

-- Every code of a division once, as it was last: in force, or former with what came after it.
with

listed as (
    select * from {{ ref('gb2260_division') }}
    union all
    select * from {{ ref('own_division') }}
)

select
    latest.*,
    case when successor_codes not like '% %' then successor_codes end as successor_code
from (
    {{ distinct_on(
        ['code'], '*, min(valid_from) over (partition by code) as first_valid_from', 'listed', ['valid_from desc']
    ) | indent(4) }}
) as latest
