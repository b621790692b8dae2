-- C06: the applicant of an active aid household declared a spouse where the register shows none on
-- the day of application, or none where it shows one. Single, divorced and widowed are not told
-- apart: offices write 未婚 for all three. A divorce by court never reaches the register, and a
-- marriage registered elsewhere may not: then nothing is asserted. A re-issued certificate is no
-- marriage, a revoked marriage never was.
with

source_freshness_by_division as (select * from {{ ref('source_freshness_by_division') }}),

rule_parameter as (select * from {{ ref('rule_parameter') }}),

households as (
    select
        household.*,
        coalesce(declared.code, 'unknown') as declared_status
    from {{ ref('aid_household') }} as household
    left join {{ ref('code_value') }} as declared
        on {{ is_code_of('declared', 'marital_status', 'household.applicant_marital_status') }}
    where household.is_active
),

present_members as (
    select * from {{ ref('aid_household_member') }}
    where valid_to is null
),

applicants as (
    {{ distinct_on(
        ['aid_household_no'],
        'aid_household_no, member_no, resident_id, name',
        'present_members',
        ["(relation is not distinct from '本人') desc", 'member_no']
    ) | indent(4) }}
),

spells as (select * from {{ ref('int_marriages_by_person') }}),

-- A marriage whose people cannot be resolved may be the applicant's.
namesakes as (
    select distinct name
    from spells
    where resident_id is null
),

spells_before as (
    select
        households.aid_household_no,
        spells.*
    from households
    inner join applicants using (aid_household_no)
    inner join spells using (resident_id)
    where spells.registered_on <= households.applied_on
),

latest as (
    {{ distinct_on(
        ['aid_household_no'], '*', 'spells_before', ['registered_on desc', 'certificate_no desc']
    ) | indent(4) }}
),

registered as (
    select
        latest.aid_household_no,
        latest.source_line,
        latest.registered_on,
        spouses.is_registered as is_spouse_registered,
        greatest(latest.registered_on, case when latest.ended_on <= households.applied_on then latest.ended_on end)
            as changed_on,
        case
            when latest.ended_on is null or latest.ended_on > households.applied_on then 'married'
            when latest.ended_by = 'death' then 'widowed'
            else 'divorced'
        end as registered_status
    from latest
    inner join households using (aid_household_no)
    left join {{ ref('resident') }} as spouses on latest.spouse_resident_id = spouses.resident_id
),

judged as (
    select
        households.aid_household_no,
        households.division_code,
        households.applied_on,
        households.declared_status,
        households.delivery_id,
        households.line_number,
        applicants.resident_id,
        applicants.member_no,
        registered.registered_status,
        registered.changed_on,
        registered.source_line,
        (households.declared_status = 'married') <> coalesce(registered.registered_status = 'married', false)
            as is_other,
        case
            when households.declared_status = 'unknown' then 'declared_status_unknown'
            when registered.registered_status is null and namesakes.name is not null then 'unresolved_namesake'
            when households.declared_status = 'married'
                then case
                    when registered.registered_status is null then 'marriage_not_in_register'
                    when registered.registered_status <> 'married' and namesakes.name is not null
                        then 'unresolved_namesake'
                end
            when registered.registered_status = 'married'
                then case
                    when households.declared_status = 'divorced' then 'divorce_by_court_possible'
                    -- Nobody may have told of the spouse's death.
                    when registered.is_spouse_registered is not true then 'spouse_not_registered'
                end
        end as doubt,
        households.applied_on - registered.changed_on
        <= {{ rule_parameter('c06', 'grace_days', 'households.division_code') }} as is_recent,
        {{ why_not_assessable(
            'applicants.resident_id', ['aid_household', 'marriage_event'], 'households.division_code'
        ) }} as reason_of_source
    from households
    left join applicants using (aid_household_no)
    left join registered using (aid_household_no)
    left join namesakes using (name)
),

outcomes as (
    select
        *,
        is_other and doubt is null and not coalesce(is_recent, false) as is_hit,
        coalesce(reason_of_source, doubt) as reason
    from judged
)

{{ subject_findings(
    judged='outcomes',
    facts={
        'declared_status': 'declared_status',
        'registered_status': 'registered_status',
        'applied_on': 'applied_on',
        'registered_status_since': 'changed_on',
    },
    sources=[source_line(none, "'aid_household'"), 'source_line'],
    first_on='applied_on'
) }}
