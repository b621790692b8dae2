-- Derived from ingestion/canonical by `minzheng sync`; do not edit.

-- What a kind of record is asked for: income, property, another fact. Null: it is not looked into.
create or replace function verification.asked_for(feed text) returns text
language sql immutable parallel safe
return case $1
    when 'aid_household' then 'fact'
    when 'bank_deposit' then 'property'
    when 'company' then 'property'
    when 'cremation' then 'fact'
    when 'disability_card' then 'fact'
    when 'entitlement' then 'fact'
    when 'income_record' then 'income'
    when 'marriage_event' then 'fact'
    when 'payment' then 'fact'
    when 'population' then 'fact'
    when 'property_record' then 'property'
    when 'real_estate' then 'property'
    when 'social_insurance' then 'income'
    when 'stay' then 'fact'
    when 'temporary_aid' then 'fact'
    when 'vehicle' then 'property'
end;
