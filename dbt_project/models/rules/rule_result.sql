{{ config(materialized='view') }}

-- rule_result: what all rules in force say, one below the other: one row per subject judged, and per period
-- where it hits. Where somebody does not send a column that a rule needs, nothing found means nothing, and a hit
-- neither where nobody sends it; where no subject is left to say so, one row without a subject does: whom such a
-- rule would have judged is perhaps what the column says. Written from the catalogue, anomaly_rule.csv
-- (`minzheng sync`); do not edit it.
with

not_sent as (select * from {{ ref('int_not_sent') }}),

told as (
    select 'A01' as rule_code, * from {{ ref('a01_paid_after_death') }}
    union all
    select 'A02' as rule_code, * from {{ ref('a02_in_care_after_death') }}
    union all
    select 'A03' as rule_code, * from {{ ref('a03_cremated_twice') }}
    union all
    select 'A04' as rule_code, * from {{ ref('a04_active_after_death') }}
    union all
    select 'A05' as rule_code, * from {{ ref('a05_death_dates_differ') }}
    union all
    select 'B01' as rule_code, * from {{ ref('b01_dibao_in_two_districts') }}
    union all
    select 'B02' as rule_code, * from {{ ref('b02_dibao_and_tekun') }}
    union all
    select 'B03' as rule_code, * from {{ ref('b03_two_care_subsidies') }}
    union all
    select 'B04' as rule_code, * from {{ ref('b04_orphan_and_living_subsidy') }}
    union all
    select 'B05' as rule_code, * from {{ ref('b05_home_care_while_in_institution') }}
    union all
    select 'B06' as rule_code, * from {{ ref('b06_tekun_and_disability_subsidy') }}
    union all
    select 'B07' as rule_code, * from {{ ref('b07_one_account_many_households') }}
    union all
    select 'C01' as rule_code, * from {{ ref('c01_spouse_not_declared') }}
    union all
    select 'C02' as rule_code, * from {{ ref('c02_divorced_before_approval') }}
    union all
    select 'C03' as rule_code, * from {{ ref('c03_overlapping_marriages') }}
    union all
    select 'C04' as rule_code, * from {{ ref('c04_member_of_two_households') }}
    union all
    select 'C05' as rule_code, * from {{ ref('c05_married_under_age') }}
    union all
    select 'C06' as rule_code, * from {{ ref('c06_marital_status_differs') }}
    union all
    select 'D01' as rule_code, * from {{ ref('d01_company_in_operation') }}
    union all
    select 'D02' as rule_code, * from {{ ref('d02_vehicle_above_limit') }}
    union all
    select 'D03' as rule_code, * from {{ ref('d03_more_than_one_dwelling') }}
    union all
    select 'D04' as rule_code, * from {{ ref('d04_income_above_standard') }}
    union all
    select 'D05' as rule_code, * from {{ ref('d05_on_public_payroll') }}
    union all
    select 'E01' as rule_code, * from {{ ref('e01_old_age_allowance_too_young') }}
    union all
    select 'E02' as rule_code, * from {{ ref('e02_care_subsidy_without_card') }}
    union all
    select 'E03' as rule_code, * from {{ ref('e03_paid_after_stop') }}
    union all
    select 'E04' as rule_code, * from {{ ref('e04_amount_differs') }}
    union all
    select 'E05' as rule_code, * from {{ ref('e05_orphan_support_past_age') }}
    union all
    select 'E06' as rule_code, * from {{ ref('e06_paid_twice') }}
    union all
    select 'E07' as rule_code, * from {{ ref('e07_paid_to_invalid_number') }}
    union all
    select 'F01' as rule_code, * from {{ ref('f01_old_age_allowance_missed') }}
    union all
    select 'F02' as rule_code, * from {{ ref('f02_care_subsidy_missed') }}
    union all
    select 'F03' as rule_code, * from {{ ref('f03_living_subsidy_missed') }}
    union all
    select 'F04' as rule_code, * from {{ ref('f04_household_in_hardship_missed') }}
    union all
    select 'G01' as rule_code, * from {{ ref('g01_no_live_authorization') }}
    union all
    select 'G02' as rule_code, * from {{ ref('g02_review_overdue') }}
    union all
    select 'G03' as rule_code, * from {{ ref('g03_emergency_aid_late') }}
),

blind as (
    select
        told.rule_code,
        told.subject_resident_id,
        told.aid_household_no,
        max(told.division_code) as division_code,
        {{ evidence({'reason': "'column_not_sent'", 'columns_not_sent': 'max(not_sent.columns_zh)'}, []) }} as evidence
    from told
    inner join not_sent using (rule_code)
    where told.outcome = 'clear' or (told.outcome = 'hit' and not not_sent.is_sent_by_some)
    group by told.rule_code, told.subject_resident_id, told.aid_household_no
),

silent as (
    select
        not_sent.rule_code,
        {{ evidence({'reason': "'column_not_sent'", 'columns_not_sent': 'not_sent.columns_zh'}, []) }} as evidence
    from not_sent
    left join blind using (rule_code)
    where
        blind.rule_code is null
        and not_sent.rule_code in (
            'A01', 'A02', 'A03', 'A04', 'A05', 'B01', 'B02', 'B03', 'B04', 'B05', 'B06', 'B07',
            'C01', 'C02', 'C03', 'C04', 'C05', 'C06', 'D01', 'D02', 'D03', 'D04', 'D05', 'E01',
            'E02', 'E03', 'E04', 'E05', 'E06', 'E07', 'F01', 'F02', 'F03', 'F04', 'G01', 'G02',
            'G03'
        )
)

select told.*
from told
left join not_sent on told.rule_code = not_sent.rule_code
where
    not_sent.rule_code is null
    or told.outcome = 'not_assessable'
    or (told.outcome = 'hit' and not_sent.is_sent_by_some)
union all
select
    rule_code,
    subject_resident_id,
    aid_household_no,
    division_code,
    null::date,
    null::date,
    'not_assessable',
    null::numeric(14, 2),
    evidence
from blind
union all
select
    rule_code,
    null::bigint,
    null::text,
    null::text,
    null::date,
    null::date,
    'not_assessable',
    null::numeric(14, 2),
    evidence
from silent
