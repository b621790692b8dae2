-- Legal families with somebody in them on the business date.
select
    family_no,
    count(*) as member_count,
    sum(case when relation in ('self', 'spouse') then 1 else 0 end) as adult_count,
    sum(case when relation in ('self', 'spouse') then 0 else 1 end) as child_count,
    max(valid_from) as unchanged_since
from {{ ref('legal_family_member') }}
where {{ is_in_force() }}
group by family_no
