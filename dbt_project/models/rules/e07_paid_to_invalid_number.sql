-- E07: a case is paid to a person whose number fails form, date or check character and who cannot
-- be found by anything else. Whoever is found all the same is a matter of data quality only; a
-- missing number says nothing.
with

source_freshness_by_division as (select * from {{ ref('source_freshness_by_division') }}),

beneficiaries as (
    select
        entitlement_no as case_no,
        null::text as aid_household_no,
        division_code,
        resident_id,
        id_number_note,
        {{ source_line(none, "'entitlement'") }} as source
    from {{ ref('entitlement') }}
    union all
    select
        households.aid_household_no as case_no,
        households.aid_household_no,
        households.division_code,
        members.resident_id,
        members.id_number_note,
        {{ source_line('members', "'aid_household'") }}
    from {{ ref('aid_household') }} as households
    inner join {{ ref('aid_household_member') }} as members using (aid_household_no)
    where members.is_covered is not false and members.valid_to is null
),

paid as (
    select
        case_no,
        min(benefit_month) as first_month,
        max(benefit_month) as last_month,
        count(distinct benefit_month) as month_count,
        sum(paid_yuan) as paid_yuan
    from {{ ref('benefit_month') }}
    where is_paid
    group by case_no
),

cases as (
    select
        case_no,
        aid_household_no,
        max(division_code) as division_code,
        count(*) as person_count,
        sum(
            case when resident_id is null and id_number_note is distinct from 'missing' then 1 else 0 end
        ) as invalid_count,
        count(*) - count(resident_id) as unresolved_count,
        {{ json_collect('case when resident_id is null then source end', 'id_number_note') }} as sources
    from beneficiaries
    group by case_no, aid_household_no
),

judged as (
    select
        null::bigint as resident_id,
        cases.*,
        paid.first_month,
        {{ month_end('paid.last_month') }} as last_on,
        paid.month_count,
        round(paid.paid_yuan * cases.invalid_count / cases.person_count, 2) as amount_yuan,
        cases.invalid_count > 0 as is_hit,
        coalesce(
            case when cases.unresolved_count > 0 then 'identity_unresolved' end,
            {{ why_not_current(['payment', 'entitlement', 'aid_household'], 'cases.division_code') }}
        ) as reason
    from cases
    inner join paid using (case_no)
)

{{ subject_findings(
    facts={
        'case_no': 'case_no',
        'invalid_number_count': 'invalid_count',
        'month_count': 'month_count',
    },
    sources=['sources'],
    first_on='first_month',
    last_on='last_on',
    amount_yuan='amount_yuan',
    unknown={'case_no': 'case_no'}
) }}
