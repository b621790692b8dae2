-- B02: the same month of dibao and of tekun is paid for one person. A conversion shares no month.
{{ paid_on_both_sides(['DB', 'TK'], side='paid.benefit_code') }}
