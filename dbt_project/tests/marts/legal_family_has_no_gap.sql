-- On every day from birth to death a resident is in exactly one legal family.
with

members as (
    select
        resident_id,
        valid_from,
        valid_to,
        lag(valid_to) over (partition by resident_id order by valid_from) as former_until,
        row_number() over (partition by resident_id order by valid_from) = 1 as is_first,
        lead(valid_from) over (partition by resident_id order by valid_from) is null as is_last
    from {{ ref('legal_family_member') }}
)

select
    residents.resident_id,
    members.valid_from
from {{ ref('resident') }} as residents
left join members using (resident_id)
where
    residents.born_on is not null  -- of a new resident it may be unknown
    and coalesce(residents.died_on > residents.born_on, true)
    and (
        members.resident_id is null
        or (members.is_first and members.valid_from <> residents.born_on)
        or (not members.is_first and members.former_until is distinct from members.valid_from)
        or (members.is_last and members.valid_to is distinct from residents.died_on)
    )
