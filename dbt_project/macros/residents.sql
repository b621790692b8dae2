{# The resident whom a record names in a role, by the line the record comes from. #}
{% macro join_resident(alias, record, role) -%}
left join {{ ref('person_mention') }} as {{ alias }}
    on {{ alias }}.delivery_id = {{ record }}.delivery_id
    and {{ alias }}.line_number = {{ record }}.line_number
    and {{ alias }}.role = {{ role }}
{%- endmacro %}
