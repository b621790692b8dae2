-- E01: old-age allowance (GL) is paid for a month before the month of the 80th birthday.
with

paid_months as (
    select * from {{ ref('benefit_month_person') }}
    where benefit_code = 'GL'
),

residents as (
    select
        *,
        (born_on + {{ rule_parameter('e01', 'age_years') }}::int * interval '1 year')::date as entitled_on
    from {{ ref('resident') }}
),

judged_months as (
    select
        paid_months.resident_id,
        null::text as aid_household_no,
        paid_months.case_no,
        paid_months.division_code,
        paid_months.benefit_month,
        paid_months.paid_yuan as amount_yuan,
        residents.entitled_on,
        {{ json_list(['paid_months.sources', source_line('residents', 'residents.feed')]) }} as sources,
        coalesce(paid_months.benefit_month < {{ month_start('residents.entitled_on') }}, false) as is_hit,
        coalesce(
            {{ why_not_assessable('paid_months.resident_id', ['payment']) }},
            case when residents.born_on is null then 'birth_date_unknown' end
        ) as reason
    from paid_months
    left join residents using (resident_id)
),

{{ month_findings('judged_months', facts={'entitled_month': "to_char(max(entitled_on), 'YYYY-MM')"}) }}
