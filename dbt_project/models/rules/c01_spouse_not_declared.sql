-- C01: an active dibao member has a registered, living spouse who is not a declared member.
-- A conflict of registrations to be checked: a divorce by court never reaches the marriage
-- register. Only the latest marriage counts; a spouse declared under a faulty number is
-- known by the name, or by standing as the other half of the applicant's couple. A spouse
-- nobody registers may have died long ago: that no feed tells of a death proves nothing.
with

source_freshness_by_division as (select * from {{ ref('source_freshness_by_division') }}),

declared as (
    select * from {{ ref('int_active_aid_members') }}
    where aid_type_code = 'DB'
),

members as (
    select * from declared
    where is_covered
),

spells as (select * from {{ ref('int_marriages_by_person') }}),

residents as (select * from {{ ref('resident') }}),

spells_so_far as (
    select * from spells
    where resident_id is not null and registered_on <= {{ business_date() }}
),

latest_spells as (
    {{ distinct_on(
        ['resident_id'],
        '*',
        'spells_so_far',
        ['registered_on desc', 'certificate_no desc']
    ) | indent(4) }}
),

married as (
    select
        members.aid_household_no,
        members.resident_id,
        members.relation,
        latest_spells.spouse_resident_id,
        latest_spells.spouse_name,
        latest_spells.registered_on,
        case
            when spouses.resident_id is null then 'spouse_unresolved'
            when not spouses.is_registered then 'spouse_not_registered'
        end as doubt,
        latest_spells.source_line
    from members
    inner join latest_spells using (resident_id)
    left join residents as spouses on latest_spells.spouse_resident_id = spouses.resident_id
    where
        coalesce(latest_spells.ended_on, 'infinity') > {{ business_date() }}
        and coalesce(spouses.died_on, 'infinity') > {{ business_date() }}
),

declared_spouses as (
    select distinct
        married.aid_household_no,
        married.resident_id
    from married
    inner join declared
        on
            married.aid_household_no = declared.aid_household_no
            and married.resident_id is distinct from declared.resident_id
    where
        married.spouse_resident_id = declared.resident_id
        or married.spouse_name = declared.name
        or (
            declared.resident_id is null
            and declared.relation in ('本人', '配偶')
            and married.relation in ('本人', '配偶')
        )
),

-- A marriage whose people cannot be resolved may be the member's, unless the other half is declared.
namesakes as (
    select distinct
        members.aid_household_no,
        members.resident_id
    from members
    inner join spells on members.name = spells.name and spells.resident_id is null
    left join declared
        on
            members.aid_household_no = declared.aid_household_no
            and (spells.spouse_resident_id = declared.resident_id or spells.spouse_name = declared.name)
    where
        spells.registered_on <= {{ business_date() }}
        and coalesce(spells.ended_on, 'infinity') > {{ business_date() }}
        and declared.aid_household_no is null
),

judged as (
    select
        members.*,
        married.registered_on,
        married.source_line,
        married.resident_id is not null and married.doubt is null
        and declared_spouses.resident_id is null as is_hit,
        coalesce(
            {{ why_not_assessable(
                'members.resident_id', ['aid_household', 'marriage_event'], 'members.division_code'
            ) }},
            case when declared_spouses.resident_id is null then married.doubt end,
            case when married.resident_id is null and namesakes.resident_id is not null then 'unresolved_namesake' end
        ) as reason
    from members
    left join married using (aid_household_no, resident_id)
    left join declared_spouses using (aid_household_no, resident_id)
    left join namesakes using (aid_household_no, resident_id)
)

{{ subject_findings(
    facts={'married_on': 'registered_on', 'approved_on': 'approved_on'},
    sources=[source_line(none, "'aid_household'"), 'source_line'],
    first_on='greatest(approved_on, registered_on)'
) }}
