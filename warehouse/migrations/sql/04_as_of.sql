-- As of: who belonged to which household on a day, as a generation knew it. The generation says what
-- was known (late data changes the newer ones only), the day says what is asked about.

create or replace view analytics.generation with (security_barrier = true) as
select
    generation,
    business_date,
    published_at
from ops.generation
where dropped_at is null;
comment on view analytics.generation is '发布世代（仍可查询的）';
comment on column analytics.generation.generation is '发布世代';
comment on column analytics.generation.business_date is '业务日期：数据所反映的日子';
comment on column analytics.generation.published_at is '发布时间';

create or replace view pub.scoped_household_history with (security_barrier = true) as
select
    'aid' as household_kind,
    aid_household_no as household_no,
    resident_id,
    relation,
    valid_from,
    valid_to,
    'aid_household' as feed,
    delivery_id,
    line_number,
    from_generation,
    to_generation
from pub.aid_household_member
union all
select
    'registered',
    household_no,
    resident_id,
    relation_code,
    valid_from,
    valid_to,
    'population',
    delivery_id,
    line_number,
    from_generation,
    to_generation
from pub.registered_household_member
union all
select
    'legal',
    family_no,
    resident_id,
    relation,
    valid_from,
    valid_to,
    feed,
    delivery_id,
    line_number,
    from_generation,
    to_generation
from pub.legal_family_member;
comment on view pub.scoped_household_history is '三种口径的家庭成员（各世代），限于登录用户的行政区划';

-- Nothing a reader asks for goes below `offset 0`, as in pub.scoped_*: neither an index nor a statistic of rows
-- that are not shown may answer it, which `explain` would tell.
create or replace view analytics.household_history with (security_barrier = true) as
select
    household_kind,
    household_no,
    resident_id,
    relation,
    valid_from,
    valid_to,
    feed,
    delivery_id,
    line_number,
    from_generation,
    to_generation
from pub.scoped_household_history
offset 0;
comment on view analytics.household_history is
'三种口径的家庭成员：各有起止日期（半开）与所在世代（自 from_generation 起，到 to_generation 前）';

create or replace view analytics.income_history with (security_barrier = true) as
select
    resident_id,
    income_kind,
    amount_yuan,
    valid_from,
    valid_to,
    feed,
    delivery_id,
    line_number,
    from_generation,
    to_generation
from pub.income_item
offset 0;
comment on view analytics.income_history is '收入项：各有起止日期与所在世代';
comment on column analytics.household_history.from_generation is '自该世代起如此';
comment on column analytics.household_history.to_generation is '到该世代前如此；空值表示至今';
comment on column analytics.income_history.from_generation is '自该世代起如此';
comment on column analytics.income_history.to_generation is '到该世代前如此；空值表示至今';

-- Plain SQL with the caller's rights: a view's limits stay in force.
create or replace function analytics.household_as_of(known_generation integer, asked_on date)
returns table (
    household_kind text, household_no text, resident_id bigint, relation text, valid_from date, valid_to date,
    feed text, delivery_id text, line_number integer
)
language sql stable as $$
    select
        member.household_kind, member.household_no, member.resident_id, member.relation, member.valid_from,
        member.valid_to, member.feed, member.delivery_id, member.line_number
    from analytics.household_history as member
    where
        exists (select from analytics.generation as known where known.generation = known_generation)
        and member.from_generation <= known_generation
        and (member.to_generation is null or member.to_generation > known_generation)
        and (member.valid_from is null or member.valid_from <= asked_on)
        and (member.valid_to is null or member.valid_to > asked_on)
$$;
comment on function analytics.household_as_of(integer, date) is
'某世代所知的、某日的家庭成员（三种口径）；世代未发布则没有行';

create or replace function analytics.household_income_as_of(known_generation integer, asked_on date)
returns table (household_kind text, household_no text, member_count bigint, verified_yuan numeric, declared_yuan numeric)
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

select pub.describe_columns('analytics');
