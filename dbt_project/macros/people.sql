{# Whom a record names. #}

{% macro role_in(record, role, number='place') -%}
{# A person's role in a line, as person_mention has it: of several records of one line each says which it is. #}
'{{ role }}' || coalesce({{ record }}.{{ number }}::text, '')
{%- endmacro %}


{% macro is_named_in(mention, record, role, number='place') -%}
{# Does this row of person_mention tell whom a record names in a role, by the line the record comes from? New
   residents, whom no valid number names, are in person_mention and resident only: nobody can look them up in
   other sources, so that nothing found about them must read as clear. #}
{{ mention }}.delivery_id = {{ record }}.delivery_id
    and {{ mention }}.line_number = {{ record }}.line_number
    and {{ mention }}.role = {{ role_in(record, role, number) }}
    and {{ mention }}.method is distinct from 'unresolved'
{%- endmacro %}


{% macro shares_name_and_division(person, line, name='name') -%}
{# May a line whose person cannot be resolved be about this resident? Where somebody lives may not be known. #}
{{ person }}.name = {{ line }}.{{ name }}
and coalesce({{ person }}.division_code = {{ line }}.division_code, true)
{%- endmacro %}
