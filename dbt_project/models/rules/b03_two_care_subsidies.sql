-- B03: the same month of care subsidy for the disabled (HL) and of eldercare subsidy (YL) is
-- paid: of two care subsidies only the higher stands (择高). A switch shares no month.
{{ paid_on_both_sides(['HL', 'YL'], side='paid.benefit_code') }}
