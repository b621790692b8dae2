{# Columns that a person is known by, from the text as received. #}
{% macro person(id_number, name, prefix='') -%}
clean.id_number({{ id_number }}) as {{ prefix }}id_number,
    clean.id_number_note({{ id_number }}) as {{ prefix }}id_number_note,
    clean.surviving_digits({{ id_number }}) as {{ prefix }}surviving_digits,
    clean.stated_number({{ id_number }}) as {{ prefix }}stated_number,
    clean.person_name({{ name }}) as {{ prefix }}name
{%- endmacro %}

{# CTEs `numbers` and `names`: what is cleaned of the same person in many lines, once for each value as received. #}
{% macro cleaned_once(lines, id_number, name) -%}
numbers as materialized (
    select
        told.id_number as value,
        clean.id_number(told.id_number) as id_number,
        clean.id_number_note(told.id_number) as id_number_note,
        clean.surviving_digits(told.id_number) as surviving_digits,
        clean.stated_number(told.id_number) as stated_number
    from (select distinct {{ id_number }} as id_number from {{ lines }}) as told
),

names as materialized (
    select
        told.name as value,
        clean.person_name(told.name) as name
    from (select distinct {{ name }} as name from {{ lines }}) as told
)
{%- endmacro %}

{# The columns of `person` from these, joined by value. #}
{% macro person_cleaned(id_number, name, prefix='') -%}
{% for part in ('id_number', 'id_number_note', 'surviving_digits', 'stated_number') -%}
case when {{ id_number }} is null then clean.{{ part }}(null) else numbers.{{ part }} end as {{ prefix }}{{ part }},
    {% endfor -%}
case when {{ name }} is null then clean.person_name(null) else names.name end as {{ prefix }}name
{%- endmacro %}

{# The number in a sender's key; where it is missing the name must do, also one that names nobody (张*). #}
{% macro sender_key(id_number, name) -%}
coalesce(clean.number_or_name({{ id_number }}, {{ name }}), '')
{%- endmacro %}

{# The end of something; null where it is open (长期, 9999-12-31) or not said. #}
{% macro unless_open(column) -%}
nullif({{ column }}, '9999-12-31')
{%- endmacro %}

{# The code of a value as the sender writes it (seed code_value); unknown values stay as they are. #}
{% macro code_of(alias, column) -%}
coalesce({{ alias }}.code, clean.compact({{ column }}))
{%- endmacro %}

{% macro is_code_of(alias, code_list, column) -%}
{# Is this row of code_value the code of a value as the sender writes it? #}
{{ alias }}.code_list = '{{ code_list }}' and {{ alias }}.source_value = clean.compact({{ column }})
{%- endmacro %}

{# The county of a code as it counts, and as it was sent. Reads the join `former_divisions`: stg_former_divisions by
   `is_former_division`. #}
{% macro division_in_force(column) -%}
coalesce(former_divisions.successor_code, left({{ column }}, 6)) as division_code,
    left({{ column }}, 6) as stated_division_code
{%- endmacro %}

{% macro is_former_division(column) -%}
former_divisions.former_code = left({{ column }}, 6)
{%- endmacro %}
