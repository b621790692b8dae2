{# What a benefit that was not drawn would have come to. #}

{% macro missed_yuan(standard_code, division, resident_id, from_day) -%}
{# The standards in force on the first of each month from a day to the business date, the last months
   (parameter) at most, without those for which the resident was paid all the same. Null where the division
   has no standard. All arguments are SQL expressions of the row. Reads the model's imports `benefit_standard`
   and `rule_parameter`, and `paid_months`: the months of benefit_month_person that stand for it. #}
(
    select sum(standards.amount_yuan)
    from (
        {{ months_between(
            'greatest(' ~ month_start(from_day) ~ ', ' ~ month_start(business_date()) ~ ' - ('
                ~ rule_parameter('*', 'missed_months', division) ~ '::int - 1) * interval \'1 month\')',
            month_start(business_date())
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
