-- E05: support as an orphan (GE) or de facto unsupported child (SW) is paid for a month after
-- the month of the 18th birthday.
with

paid_months as (
    select * from {{ ref('benefit_month_person') }}
    where benefit_code in ('GE', 'SW')
),

residents as (
    select
        *,
        (born_on + {{ rule_parameter('e05', 'age_years') }}::int * interval '1 year')::date as of_age_on
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
        residents.of_age_on,
        {{ json_list(['paid_months.sources', source_line('residents', 'residents.feed')]) }} as sources,
        coalesce(paid_months.benefit_month > {{ month_start('residents.of_age_on') }}, false) as is_hit,
        coalesce(
            {{ why_not_assessable('paid_months.resident_id', ['payment']) }},
            case when residents.born_on is null then 'birth_date_unknown' end
        ) as reason
    from paid_months
    left join residents using (resident_id)
),

{{ month_findings('judged_months', facts={'of_age_month': "to_char(max(of_age_on), 'YYYY-MM')"}) }}
