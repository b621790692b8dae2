{# PostgreSQL: a common table expression that is read more than once is otherwise written down in full, and
   what is read from it is planned without statistics: at a hundred thousand residents joins of two such
   expressions take minutes. Elsewhere: nothing. #}
{% macro inlined() -%}
not materialized
{%- endmacro %}
