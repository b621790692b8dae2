-- int_household_bases: a fingerprint of all that the means of a household rest on besides the items of its
-- members: who belongs to it, what comes with age or card, and what is in force in its division on the
-- business date. Where it is the same as before and no member has news, the means are the same.
with

source_freshness_by_division as (select * from {{ ref('source_freshness_by_division') }}),

national as (select * from {{ ref('int_national_parameters') }}),

severe_cards as (
    select distinct resident_id
    from {{ ref('disability_card') }}
    where
        is_valid
        and resident_id is not null
        and disability_level <= (select dependent_disability_level from national)
),

members as (
    select
        members.household_kind,
        members.household_no,
        {{ fingerprint([
            'members.member_no', 'members.resident_id', 'members.relation', 'members.is_head',
            'members.declared_income_yuan', 'members.feed', 'members.delivery_id', 'members.line_number',
            years_later('residents.born_on', '(select adult_age_years from national)') ~ ' <= ' ~ business_date(),
            'severe_cards.resident_id',
        ], 'members.resident_id, members.member_no, members.delivery_id, members.line_number') }} as basis
    from {{ ref('int_household_members') }} as members
    left join {{ ref('resident') }} as residents using (resident_id)
    left join severe_cards using (resident_id)
    group by members.household_kind, members.household_no
),

parameters as (
    select
        division_code,
        {{ fingerprint(['parameter', 'value'], 'parameter') }} as basis
    from {{ ref('int_means_parameters') }}
    group by division_code
),

standards as (
    select * from {{ ref('int_standards_by_division') }}
    where {{ is_in_force() }}
),

common as (
    select
        (select {{ fingerprint(['income_month'], 'income_month') }} from {{ ref('income_window') }}) as months
)

select
    households.household_kind,
    households.household_no,
    {{ fingerprint([
        'households.division_code', 'households.standard_code', 'members.basis', 'parameters.basis',
        'standards.amount_yuan', 'common.months',
        sources_are_current(['vehicle'], 'households.division_code'),
        sources_are_current(['real_estate'], 'households.division_code'),
        sources_are_current(['company'], 'households.division_code'),
        sources_are_current(['bank_deposit'], 'households.division_code', where_bound=['property_record']),
    ]) }} as basis
from {{ ref('int_households') }} as households
cross join common
inner join members using (household_kind, household_no)
left join standards using (division_code, standard_code)
left join parameters on {{ division_or_country('households.division_code') }} = parameters.division_code
