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
    verification.opens($1, 'social_insurance') and shut.income is not true,
    verification.opens($1, 'vehicle'),
    verification.opens($1, 'real_estate'),
    verification.opens($1, 'company'),
    shut.other_property is not true
from (
    -- of those that somebody sends
    select
        bool_or(verification.asked_for(bound.feed) = 'income') as income,
        bool_or(
            verification.asked_for(bound.feed) = 'property' and bound.feed not in ('vehicle', 'real_estate', 'company')
        ) as other_property
    from pub.source_freshness_on($2, $3) as bound
    where not verification.opens($1, bound.feed)
) as shut
$$;
