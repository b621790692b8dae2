create or replace function analytics.household_income_as_of(known_generation integer, asked_on date)
returns table (
    household_kind text, household_no text, member_count bigint, verified_yuan numeric, declared_yuan numeric
)
language sql stable as $$
    select
        member.household_kind,
        member.household_no,
        count(*),
        sum(income.verified_yuan),
        sum(income.declared_yuan)
    from analytics.household_as_of(known_generation, asked_on) as member
    left join (
        select
            item.resident_id,
            sum(item.amount_yuan) filter (where item.income_kind <> 'declared') as verified_yuan,
            sum(item.amount_yuan) filter (where item.income_kind = 'declared') as declared_yuan
        from analytics.income_history as item
        where
            item.from_generation <= known_generation
            and (item.to_generation is null or item.to_generation > known_generation)
            and (item.valid_from is null or item.valid_from <= asked_on)
            and (item.valid_to is null or item.valid_to > asked_on)
        group by item.resident_id
    ) as income on member.resident_id = income.resident_id
    group by member.household_kind, member.household_no
$$;
comment on function analytics.household_income_as_of(integer, date) is
'某世代所知的、某日各家庭的人数与有效的月收入（元）：核得与申报分列；空为没有来源说明，不是零';
