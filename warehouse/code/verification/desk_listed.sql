-- is_own: what the login works on, also for whomever it stands in, or decided, and what nobody works on yet; of a head
-- what is overdue, whoever works on it. Planned anew for what is asked: a plan
-- for anything expects few rows and looks up each, which takes seconds for thousands.
create or replace function verification.desk_listed(
    rule_code text, division text, severity text, least_yuan numeric, since date, certainty text, is_own boolean
) returns setof verification.desk_finding
language plpgsql stable set plan_cache_mode = force_custom_plan as $$
declare
    hands constant text[] := verification.working_for();
    is_head constant boolean := verification.is_head();
begin
    return query
    select listed.*
    from verification.desk_finding as listed
    where
        listed.pile is not null
        and ($1 is null or listed.rule_code = $1)
        and starts_with(coalesce(listed.division_code, ''), coalesce($2, ''))
        and ($3 is null or listed.severity = $3)
        and ($4 is null or listed.amount_yuan >= $4)
        and ($5 is null or listed.last_on is null or listed.last_on >= $5)
        and case $6
            when 'known' then coalesce(listed.link_score, 1) >= 1
            when 'inferred' then listed.link_score < 1
            else true
        end
        and case
            when not $7 then true
            when listed.pile in ('taken', 'waiting') then listed.holder_login = any(hands) or is_head and listed.is_overdue
            when listed.pile = 'decided' then listed.decided_login = session_user
            else true
        end;
end $$;
