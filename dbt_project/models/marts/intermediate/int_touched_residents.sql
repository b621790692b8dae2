-- int_touched_residents: everybody named in a line with news, and whoever was named there before.
select mentions.resident_id
from {{ ref('int_touched_lines') }} as lines
inner join {{ ref('person_mention') }} as mentions using (delivery_id, line_number)
where mentions.resident_id is not null

union

select before_resident_id
from {{ source('ops', 'identity_event') }}
where before_resident_id is not null and event_id > (select event_id from {{ source('ops', 'marts_mark') }})
