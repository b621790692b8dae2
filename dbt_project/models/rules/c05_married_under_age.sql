-- C05: at the registration of a marriage the man or the woman was younger than the law in force
-- that day allows. A question about the data: old archives count years in another way (虚岁), and
-- a birth date may have been corrected since. A revoked registration never was.
with

source_freshness_by_division as (select * from {{ ref('source_freshness_by_division') }}),

-- The few rows that each wedding asks for its day.
rule_parameter as (select * from {{ ref('rule_parameter') }} where rule_code = 'C05'),

partners as (select * from {{ ref('int_marriages_by_person') }}),

residents as (select * from {{ ref('resident') }}),

weddings as (
    select
        partners.*,
        partners.certificate_no || '/' || partners.side as partner_no,
        residents.born_on,
        residents.division_code,
        case partners.side
            when 'husband'
                then {{ rule_parameter('c05', 'male_age_years', 'residents.division_code', 'partners.registered_on') }}
            else {{ rule_parameter('c05', 'female_age_years', 'residents.division_code', 'partners.registered_on') }}
        end as limit_years
    from partners
    left join residents using (resident_id)
),

people as (
    select
        resident_id,
        case when resident_id is null then partner_no end as partner_no,
        max(division_code) as division_code,
        max(born_on) as born_on,
        count(*) - count(limit_years) as unlimited_count,
        min(
            case when registered_on < born_on + limit_years::int * interval '1 year' then registered_on end
        ) as registered_on,
        {{ json_collect('source_line', 'registered_on, certificate_no') }} as sources
    from weddings
    group by resident_id, case when resident_id is null then partner_no end
),

judged as (
    select
        people.*,
        null::text as aid_household_no,
        people.registered_on is not null as is_hit,
        coalesce(
            {{ why_not_assessable('people.resident_id', ['marriage_event'], 'people.division_code') }},
            case
                when people.born_on is null then 'birth_date_unknown'
                when people.unlimited_count > 0 then 'limit_unknown'
            end
        ) as reason
    from people
)

{{ subject_findings(
    facts={
        'married_on': 'registered_on',
        'age_years': years_from_to('born_on', 'registered_on'),
    },
    sources=['sources'],
    first_on='registered_on',
    last_on='registered_on',
    unknown={'partner_no': 'partner_no'}
) }}
