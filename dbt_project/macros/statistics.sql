{# Suppression in tables of counts. #}

{% macro hidden_with_others(cells, line, is_total) -%}
{# The cells of a table with further ones hidden: of every `line` (columns of a row, or of a column, of the table) in
   which some are, so many that at least two are missing, of together at least the limit and of more people than
   cells; the smallest first, totals (`is_total`) last. Reads is_hidden, recipient_count and min_cell_count. #}
select
    benefit_month,
    city_code,
    division_code,
    is_city,
    benefit_code,
    age_band,
    sex_code,
    recipient_count,
    paid_yuan,
    min_cell_count,
    is_hidden or (
        max(case when is_hidden then 1 else 0 end) over whole_line = 1
        and (
            count(*) over before_it < 2
            or sum(recipient_count) over before_it < max(min_cell_count) over whole_line
            or sum(recipient_count) over before_it <= count(*) over before_it
        )
    ) as is_hidden
from {{ cells }}
window
    whole_line as (partition by benefit_month, benefit_code, city_code, {{ line }}),
    before_it as (
        partition by benefit_month, benefit_code, city_code, {{ line }}
        order by
            case when is_hidden then 0 when {{ is_total }} then 2 else 1 end, recipient_count,
            division_code nulls last, age_band, sex_code, is_city
        rows between unbounded preceding and 1 preceding
    )
{%- endmacro %}
