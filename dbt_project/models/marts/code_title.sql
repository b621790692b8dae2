-- What a code is called in Chinese, whichever way it is written by who sends it.
with

code_value as (select * from {{ ref('code_value') }}),

kinship as (select * from {{ ref('kinship') }})

select distinct
    code_list,
    code,
    title_zh
from code_value

union all

select
    'kinship',
    relation_code,
    title_zh
from kinship
