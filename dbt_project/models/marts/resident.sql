{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    on_schema_change='fail',
    meta={'touched_by': 'int_touched_residents', 'touched_on': {'resident_id': 'resident_id'}},
    indexes=[{'columns': ['resident_id']}, published_key(['resident_id'])]
) }}

-- Everybody whose valid identity number any feed has named, living or dead, and new residents:
-- people whom no known resident could be and whose number nobody has told yet. What the register
-- says of these stays unknown until a number settles who they are.
with

closings as (select * from {{ ref('int_closings') }}),

identities as (
    select identities.*
    from {{ source('ops', 'resident_identity') }} as identities
    {{ only_touched(ref('int_touched_residents'), 'identities', {'resident_id': 'resident_id'}) }}
),

links as (
    select links.*
    from {{ ref('person_mention') }} as links
    {{ only_touched(ref('int_touched_residents'), 'links', {'resident_id': 'resident_id'}) }}
    where links.resident_id is not null
),

-- By which names linkage takes a line under the number for the holder's, and people took one: verification asks
-- by the same.
known_names as (
    select
        told.resident_id,
        {{ json_collect('told.name', 'told.name') }} as names
    from (
        select
            holders.resident_id,
            holders.name
        from {{ source('ops', 'holder_name') }} as holders
        {{ only_touched(ref('int_touched_residents'), 'holders', {'resident_id': 'resident_id'}) }}

        union

        select
            links.resident_id,
            mentions.name
        from links
        inner join identities using (resident_id)
        inner join {{ ref('int_person_mentions') }} as mentions
            on
                links.delivery_id = mentions.delivery_id and links.line_number = mentions.line_number
                and links.role = mentions.role and identities.id_number = mentions.id_number
        where links.method = 'reviewed' and mentions.name is not null
    ) as told
    group by told.resident_id
),

deaths as (select * from {{ ref('int_deaths_by_resident') }}),

population as (
    select * from {{ ref('int_population_latest') }} as records
    where {{ stands('records') }}
),

registered as (
    select
        links.resident_id,
        population.*
    from population
    inner join links using (delivery_id, line_number)
    where
        links.role = {{ role_in('population', 'person') }}
        and links.method is distinct from 'unresolved'
        and population.change_type is distinct from '死亡'
        and population.change_type is distinct from '迁出'
),

register as (
    {{ distinct_on(
        ['resident_id'], '*', 'registered', ['delivery_order desc', 'line_number desc']
    ) | indent(4) }}
),

told as (
    select
        links.resident_id,
        mentions.*,
        mentions.feed = 'population' and links.method <> 'unresolved' as is_told_by_register
    from links
    inner join {{ ref('int_person_mentions') }} as mentions using (delivery_id, line_number, role)
    left join register using (resident_id)
    where
        register.resident_id is null
        or register.name is null
        or register.sex_code is null
        or register.born_on is null
),

-- Whoever the register does not hold, or not with everything, is known by the latest line that gives a name, one
-- of the register before others: what it told of somebody who then died or moved away stays true.
known_by as (
    {{ distinct_on(
        ['resident_id'],
        'resident_id, feed, name, sex_code, born_on, delivery_id, line_number, is_told_by_register',
        'told',
        ['(name is not null) desc', "(feed = 'population') desc", 'delivery_order desc', 'delivery_id desc',
         'line_number desc', 'role']
    ) | indent(4) }}
)

select
    identities.resident_id,
    identities.id_number,
    clean.mask_id_number(identities.id_number) as masked_id_number,
    coalesce(register.name, known_by.name) as name,
    nullif(known_names.names, {{ json_list(['coalesce(register.name, known_by.name)']) }}) as known_names,
    coalesce(
        register.sex_code,
        case when known_by.is_told_by_register then known_by.sex_code end,
        clean.sex_code(identities.id_number),
        known_by.sex_code
    ) as sex_code,
    coalesce(
        register.born_on,
        case when known_by.is_told_by_register then known_by.born_on end,
        clean.born_on(identities.id_number),
        known_by.born_on
    ) as born_on,
    deaths.died_on,
    deaths.feed as death_feed,
    deaths.delivery_id as death_delivery_id,
    deaths.line_number as death_line_number,
    register.division_code,
    -- Zeros at the end fill up a code that tells less.
    case
        when length(register.full_division_code) > 6 and substring(register.full_division_code, 7, 3) <> '000'
            then left(register.full_division_code, 9)
    end as street_code,
    case
        when length(register.full_division_code) = 12 and register.full_division_code not like '%000'
            then register.full_division_code
    end as village_code,
    register.household_type,
    case when identities.id_number is not null then register.resident_id is not null end as is_registered,
    register.household_no as registered_household_no,
    case when register.resident_id is null then known_by.feed else 'population' end as feed,
    coalesce(register.delivery_id, known_by.delivery_id) as delivery_id,
    coalesce(register.line_number, known_by.line_number) as line_number
from identities
left join register using (resident_id)
left join known_by using (resident_id)
left join known_names using (resident_id)
left join deaths using (resident_id)
where register.resident_id is not null or known_by.resident_id is not null
