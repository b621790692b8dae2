-- int_bank_answers: residents about whom a bank has answered, be it that there is no account.
with

closings as (select * from {{ ref('int_closings') }})

select distinct persons.resident_id
from {{ ref('int_bank_deposit_latest') }} as records
inner join {{ ref('person_mention') }} as persons
    on {{ is_named_in('persons', 'records', 'person') }}
where
    {{ stands('records') }}
    and persons.resident_id is not null
