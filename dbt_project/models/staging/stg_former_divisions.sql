{{ config(materialized='table', indexes=[{'columns': ['former_code'], 'unique': true}]) }}

-- Codes of counties, cities and provinces that are read as the one code that came after them. What several came
-- after stays as it is: nobody knows which of them is meant.
select
    code as former_code,
    successor_code
from {{ ref('stg_divisions') }}
where length(code) = 6 and successor_code is not null
