-- Every code once: what it names, where that lies, whether it is in force and what came after it.
with recursive

latest as (select * from {{ ref('stg_divisions') }}),

-- From the nation down. What stands below a heading is called as if the heading were not there.
placed as (
    select
        code,
        name_zh,
        name_zh as full_name_zh,
        '' as place_zh
    from latest
    where parent_code is null
    union all
    select
        latest.code,
        case when latest.name_zh in ('市辖区', '县') then above.name_zh else '' end || latest.name_zh,
        above.place_zh || latest.name_zh,
        above.place_zh || case when latest.level = 'heading' then '' else latest.name_zh end
    from latest
    inner join placed as above on latest.parent_code = above.code
)

select
    code as division_code,
    placed.name_zh,
    placed.full_name_zh,
    latest.level,
    latest.parent_code,
    latest.first_valid_from as valid_from,
    latest.valid_to,
    latest.successor_codes,
    latest.successor_code
from latest
left join placed using (code)
