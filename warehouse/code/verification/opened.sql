-- What the authorization opens, where a value rests on it. Of a death both registers may tell.
create or replace function verification.opened(open_feeds text[], at_generation integer, asked_on date)
returns table (
    population boolean, deaths boolean, income boolean, vehicle boolean, real_estate boolean, company boolean,
    other_property boolean
)
language sql stable as $$
select
    verification.opens($1, 'population'),
    verification.opens($1, 'population') and verification.opens($1, 'cremation'),
    verification.opens($1, 'social_insurance') and 'income_record' <> all(shut.feeds),
    verification.opens($1, 'vehicle'),
    verification.opens($1, 'real_estate'),
    verification.opens($1, 'company'),
    not shut.feeds && array['property_record', 'bank_deposit']
from (
    -- of those that somebody sends
    select coalesce(array_agg(bound.feed), '{}') as feeds
    from pub.source_freshness_on($2, $3) as bound
    where not verification.opens($1, bound.feed)
) as shut
$$;
