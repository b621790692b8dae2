-- B01: the same month of dibao is paid for one person in two districts. A transfer, one
-- ending in the month before the other begins, shares no month.
{{ paid_on_both_sides(['DB'], side='paid.division_code') }}
