-- To which day each kind of record reaches in a division, by the sender that covers it and reaches least far.
-- feed: the kind of record. A division that is not here is covered by those that cover 000000, and where a kind has
-- no row nobody sends it.
with

senders as (select * from {{ ref('int_senders') }})

select
    covered.record as feed,
    covered.division_code,
    {{ reach() }}
from {{ ref('int_senders_by_division') }} as covered
inner join senders using (record, feed)
group by covered.record, covered.division_code
