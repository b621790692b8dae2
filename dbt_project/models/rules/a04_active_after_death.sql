-- A04: somebody recorded as dead marries, enters an institution, pays contributions or applies for
-- aid after the day of death. A conflict of data that protects the living: the death may be
-- recorded on the wrong number. Contributions run on for a while by themselves (grace months). A
-- death whose person cannot be resolved may be that of whoever shares the name and acts since.
with

source_freshness_by_division as (select * from {{ ref('source_freshness_by_division') }}),

rule_parameter as (select * from {{ ref('rule_parameter') }}),

residents as (select * from {{ ref('resident') }}),

dead as (
    select
        resident_id,
        division_code,
        died_on,
        death_feed,
        {{ source_line('residents', 'death_feed', 'death_') }} as death_source,
        true as is_certain
    from residents
    where died_on <= {{ business_date() }}
    union all
    select
        resident_id,
        min(deaths.division_code),
        min(deaths.died_on),
        min(deaths.feed),
        {{ json_collect(source_line('deaths', 'deaths.feed'), 'deaths.feed, deaths.died_on') }},
        false
    from {{ ref('int_possible_deaths') }} as deaths
    inner join residents using (resident_id)
    -- Of a death of no day nobody can say what came after it.
    where residents.died_on is null and deaths.is_day_unknown is not true
    group by resident_id
),

marriages as (select * from {{ ref('int_marriages_by_person') }}),

acts as (
    select
        resident_id,
        '结婚登记' as act,
        registered_on as acted_on,
        source_line as source
    from marriages
    union all
    select
        resident_id,
        '入住养老机构',
        entered_on,
        {{ source_line(none, "'stay'") }}
    from {{ ref('eldercare_stay') }}
    union all
    select
        resident_id,
        '缴纳社会保险',
        income_month,
        {{ source_line(none, 'feed') }}
    from {{ ref('income_item') }}
    where feed = 'social_insurance' and income_kind = 'wage'
    union all
    select
        members.resident_id,
        '申请社会救助',
        households.applied_on,
        {{ source_line('members', "'aid_household'") }}
    from {{ ref('aid_household') }} as households
    inner join {{ ref('aid_household_member') }} as members using (aid_household_no)
    union all
    select
        resident_id,
        '申请临时救助',
        applied_on,
        {{ source_line(none, "'temporary_aid'") }}
    from {{ ref('temporary_aid') }}
),

acts_after_death as (
    select
        dead.resident_id,
        count(*) as act_count,
        {{ distinct_texts('acts.act') }} as acts,
        min(acts.acted_on) as first_on,
        max(acts.acted_on) as last_on,
        {{ json_collect('acts.source', 'acts.acted_on, acts.act') }} as sources
    from dead
    inner join acts using (resident_id)
    where
        acts.acted_on > case acts.act
            when '缴纳社会保险'
                then dead.died_on
                    + {{ rule_parameter('a04', 'contribution_grace_months', 'dead.division_code') }}::int
                    * interval '1 month'
            else dead.died_on
        end
    group by dead.resident_id
),

judged as (
    select
        dead.resident_id,
        null::text as aid_household_no,
        null::text as cremation_no,
        null::jsonb as line,
        dead.division_code,
        dead.died_on,
        dead.death_feed,
        found.act_count,
        found.acts,
        found.first_on,
        found.last_on,
        {{ json_list(['found.sources', 'dead.death_source']) }} as sources,
        found.resident_id is not null and dead.is_certain as is_hit,
        coalesce(
            {{ why_not_assessable('dead.resident_id', [
                'marriage_event', 'stay', 'social_insurance', 'aid_household', 'temporary_aid'
            ], 'dead.division_code') }},
            case when not dead.is_certain then 'unresolved_namesake' end
        ) as reason
    from dead
    left join acts_after_death as found using (resident_id)
    -- Whoever merely shares a name with somebody dead is told of only where there is something to ask.
    where dead.is_certain or found.resident_id is not null
    union all
    select
        null,
        null,
        cremation_no,
        case when cremation_no is null then {{ source_record('feed') }} end,
        division_code,
        died_on,
        feed,
        null,
        null,
        null,
        null,
        {{ source_line(none, 'feed') }},
        false,
        'identity_unresolved'
    from {{ ref('int_deaths') }}
    where resident_id is null
)

{{ subject_findings(
    facts={
        'died_on': 'died_on',
        'death_source': 'death_feed',
        'act_count': 'act_count',
        'acts': 'acts',
        'last_act_on': 'last_on',
    },
    sources=['sources'],
    first_on='first_on',
    last_on='last_on',
    unknown={'cremation_no': 'cremation_no', 'line': 'line'}
) }}
