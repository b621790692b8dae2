{# The resident whom a record names in a role, by the line the record comes from. New residents, whom
   no valid number names, are in person_mention and resident only: nobody can look them up in other
   sources, so that nothing found about them must read as clear. #}
{% macro join_resident(alias, record, role) -%}
left join {{ ref('person_mention') }} as {{ alias }}
    on {{ alias }}.delivery_id = {{ record }}.delivery_id
    and {{ alias }}.line_number = {{ record }}.line_number
    and {{ alias }}.role = {{ role }}
    and {{ alias }}.method is distinct from 'unresolved'
{%- endmacro %}
