-- To which day each kind of record reaches, by the sender that reaches least far. feed: the kind of record.
with

senders as (select * from {{ ref('int_senders') }})

select
    record as feed,
    {{ reach() }}
from senders
group by record
