{# Suppression in tables of counts. #}

{% macro hidden_with_others(cells, columns, line, is_total, order, has_cases=false) -%}
{# The cells of a table with further ones hidden: of every `line` (columns that name a row, or a column, of a table) in
   which some are, so many that at least two are missing, of together at least the limit and of more people than
   cells; the smallest first, totals (`is_total`) last, those of one size by `order`. Reads is_hidden,
   recipient_count and min_cell_count; hands on `columns` with is_hidden as it is now. `has_cases`: those missing are
   of as many cases too (case_count, case_share). A household may stand in several cells, so no sum of counts says of
   how many they are: the largest count does at least, and so does the sum of what each cell has of a household. #}
select
    {%- for column in columns %}
    {{ column }},
    {%- endfor %}
    is_hidden or (
        max(case when is_hidden then 1 else 0 end) over whole_line = 1
        and (
            count(*) over before_it < 2
            or sum(recipient_count) over before_it < max(min_cell_count) over whole_line
            or sum(recipient_count) over before_it <= count(*) over before_it
            {%- if has_cases %}
            or greatest(max(case_count) over before_it, sum(case_share) over before_it)
            < max(min_cell_count) over whole_line
            {%- endif %}
        )
    ) as is_hidden
from {{ cells }}
window
    whole_line as (partition by {{ line }}),
    before_it as (
        partition by {{ line }}
        order by
            case when is_hidden then 0 when {{ is_total }} then 2 else 1 end, recipient_count,
            {{ order }}
        rows between unbounded preceding and 1 preceding
    )
{%- endmacro %}


{% macro hidden_in_tables(start, columns, table, row, column, is_row_total, is_column_total, order, has_cases=false) -%}
{# Common table expressions from `start`_0 to the last, `suppression_rounds() * 2`: what a row hides may leave a
   cell alone in its column, and the other way round. Four rounds were the most that towns of any size took. #}
{%- for round in range(suppression_rounds()) %}

{{ start }}_{{ 2 * round + 1 }} as (
    {{ hidden_with_others(
        start ~ '_' ~ (2 * round), columns, table ~ ', ' ~ row, is_row_total, order, has_cases
    ) | indent(4) }}
),

{{ start }}_{{ 2 * round + 2 }} as (
    {{ hidden_with_others(
        start ~ '_' ~ (2 * round + 1), columns, table ~ ', ' ~ column, is_column_total, order, has_cases
    ) | indent(4) }}
),
{%- endfor %}
{%- endmacro %}


{% macro suppression_rounds() %}{{ return(6) }}{% endmacro %}
