{# What the rules on the months of benefits share. #}


{% macro exclusive_benefit_findings() -%}
{# The end of a rule that two benefits exclude each other. Reads the model's imports `source_freshness` and
   `months`: the rule's own of int_exclusive_benefit_months. #}
judged_months as (
    select
        *,
        is_on_both_sides as is_hit,
        coalesce(
            {{ why_not_assessable('resident_id', ['payment', 'entitlement', 'aid_household']) }},
            case when has_namesake then 'unresolved_namesake' end
        ) as reason
    from months
),

{{ month_findings(
    facts={
        'side': 'min(side)',
        'other_side': 'max(other_side)',
        'case_no': 'min(case_no)',
        'other_case_no': 'max(other_case_no)',
    },
    unknown='case_no'
) }}
{%- endmacro %}


{% macro months_and_age(age_years) -%}
{# CTE `months_and_age`: the imported `paid_months` in the shape of `month_findings`, all but is_hit, each with
   `reached_month`, the month in which its person reaches an age. age_years: the rule's parameter for
   `divisions.division_code`. Reads the model's imports `source_freshness_by_division`, `residents` and
   `paid_months` (months of benefit_month_person), and what the parameter reads. #}
-- Once per division, not per payment: the planner would put it back.
limits as materialized (
    select
        coalesce(divisions.division_code, '') as division_key,
        {{ age_years }}::int * interval '1 year' as age
    from (select distinct division_code from paid_months) as divisions
),

months_and_age as (
    select
        paid_months.resident_id,
        null::text as aid_household_no,
        paid_months.case_no,
        paid_months.division_code,
        paid_months.benefit_month,
        paid_months.paid_share_yuan as amount_yuan,
        {{ month_start('(residents.born_on + limits.age)') }} as reached_month,
        {{ json_list(['paid_months.sources', source_line('residents', 'residents.feed')]) }} as sources,
        coalesce(
            {{ why_not_assessable('paid_months.resident_id', ['payment'], 'paid_months.division_code') }},
            case when residents.born_on is null then 'birth_date_unknown' end
        ) as reason
    from paid_months
    inner join limits on coalesce(paid_months.division_code, '') = limits.division_key
    left join residents using (resident_id)
)
{%- endmacro %}


{% macro missed_yuan(standard_code, division, resident_id, from_day, last_day=none) -%}
{{ return(adapter.dispatch('missed_yuan')(standard_code, division, resident_id, from_day, last_day or business_date())) }}
{%- endmacro %}

{% macro spark__missed_yuan(standard_code, division, resident_id, from_day, last_day) -%}
{# No query within a query reads the row there: months, those paid and standards are handed to a function. #}
missed_yuan(
    {{ spark_months(
        'greatest(' ~ month_start(from_day) ~ ', ' ~ month_start(business_date()) ~ ' - ('
            ~ rule_parameter('*', 'missed_months', division) ~ "::int - 1) * interval '1 month')",
        month_start(last_day)
    ) }},
    (select collect_set(paid.benefit_month) from paid_months as paid where paid.resident_id = {{ resident_id }}),
    (
        select collect_list(struct(standards.valid_from, standards.valid_to, standards.amount_yuan))
        from benefit_standard as standards
        where standards.division_code = {{ division }} and standards.standard_code = {{ standard_code }}
    )
)
{%- endmacro %}

{% macro default__missed_yuan(standard_code, division, resident_id, from_day, last_day) -%}
{# The standards in force on the first of each month from a day to another (the business date), the last months
   (parameter) at most, without those for which the resident was paid all the same. Null where the division
   has no standard. All arguments are SQL expressions of the row. Reads the model's imports `benefit_standard`
   and `rule_parameter`, and `paid_months`: the months of benefit_month_person that stand for it. #}
(
    select sum(standards.amount_yuan)
    from (
        {{ months_between(
            'greatest(' ~ month_start(from_day) ~ ', ' ~ month_start(business_date()) ~ ' - ('
                ~ rule_parameter('*', 'missed_months', division) ~ '::int - 1) * interval \'1 month\')',
            month_start(last_day)
        ) }}
    ) as months
    inner join benefit_standard as standards
        on {{ is_in_force('standards', 'months.month') }}
    where
        standards.division_code = {{ division }}
        and standards.standard_code = {{ standard_code }}
        and not exists (
            select 1 from paid_months
            where
                paid_months.resident_id = {{ resident_id }}
                and paid_months.benefit_month = months.month
        )
)
{%- endmacro %}
