-- int_touched_cases: cases of aid households and entitlements whose lines or payments have news, or of whose
-- payments something was taken back.
{% for staged, case_no in [
    ('stg_aid_household', 'aid_household_no'),
    ('stg_entitlement', 'entitlement_no'),
    ('stg_payment', 'case_no'),
] -%}
select staged.{{ case_no }} as case_no
from {{ ref('int_touched_lines') }} as lines
inner join {{ ref(staged) }} as staged using (delivery_id, line_number)
union
{% endfor -%}
select originals.case_no
from {{ ref('int_touched_lines') }} as lines
inner join {{ ref('stg_payment') }} as recoveries using (delivery_id, line_number)
inner join {{ ref('int_payment_latest') }} as originals
    on recoveries.feed = originals.feed and recoveries.original_payment_no = originals.payment_no
union
-- What names a payment stands in that payment's case: it leaves its own when the payment comes after it.
select recoveries.case_no
from {{ ref('int_touched_lines') }} as lines
inner join {{ ref('stg_payment') }} as originals using (delivery_id, line_number)
inner join {{ ref('int_payment_latest') }} as recoveries
    on originals.feed = recoveries.feed and originals.payment_no = recoveries.original_payment_no
