-- What a division is part of held while it did, and is in force while it is. Who follows is in force.
-- A question each: within one `or` the first would be asked of every code anew.
with

listed as (
    select * from {{ ref('gb2260_division') }}
    union all
    select * from {{ ref('own_division') }}
)

select code
from listed
where
    parent_code is not null
    and not exists (
        select above.code
        from listed as above
        where
            above.code = listed.parent_code
            and (above.valid_to is null or above.valid_to > listed.valid_from)
            and (above.valid_to is null or listed.valid_to is not null)
            and above.valid_from < coalesce(listed.valid_to, 'infinity')
    )
union all
select code
from listed
where
    successor_codes not like '% %'
    and successor_codes not in (select following.code from listed as following where following.valid_to is null)
union all
select code
from listed
where successor_codes is not null and valid_to is null
