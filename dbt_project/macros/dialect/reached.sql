{# What is reached from one thing to the next, however far; a circle ends. Each is the body of a CTE that
   PostgreSQL reads within itself. #}

{% macro chains(name, steps, thing, next_thing) -%}
{# Pairs of a thing and what follows it in the relation `steps`, directly or by way of others. name: of the CTE. #}
{{ return(adapter.dispatch('chains')(name, steps, thing, next_thing)) }}
{%- endmacro %}

{% macro default__chains(name, steps, thing, next_thing) -%}
select
        {{ thing }},
        {{ next_thing }}
    from {{ steps }}
    union
    select
        {{ name }}.{{ thing }},
        {{ steps }}.{{ next_thing }}
    from {{ name }}
    inner join {{ steps }} on {{ name }}.{{ next_thing }} = {{ steps }}.{{ thing }}
{%- endmacro %}

{% macro spark__chains(name, steps, thing, next_thing) -%}
{# Its recursion does not leave out what it has had. #}
select
    {{ thing }},
    {{ next_thing }},
    array({{ thing }}, {{ next_thing }}) as way
from {{ steps }}
union all
select
    {{ name }}.{{ thing }},
    {{ steps }}.{{ next_thing }},
    {{ name }}.way || array({{ steps }}.{{ next_thing }})
from {{ name }}
inner join {{ steps }} on {{ name }}.{{ next_thing }} = {{ steps }}.{{ thing }}
where not array_contains({{ name }}.way, {{ steps }}.{{ next_thing }})
{%- endmacro %}


{% macro reached_from_first(name, tied, next_to) -%}
{# Of units that ties (account_no, unit, first_unit) join: whom each is reached from. next_to: the same ties both
   ways (account_no, unit, neighbour). #}
{{ return(adapter.dispatch('reached_from_first')(name, tied, next_to)) }}
{%- endmacro %}

{% macro default__reached_from_first(name, tied, next_to) -%}
select account_no, unit as first_unit, unit from {{ tied }} group by account_no, unit having min(first_unit) = unit
    union
    select
        {{ name }}.account_no,
        {{ name }}.first_unit,
        {{ next_to }}.neighbour
    from {{ name }}
    inner join {{ next_to }} using (account_no, unit)
{%- endmacro %}

{% macro spark__reached_from_first(name, tied, next_to) -%}
{# The first of all that hang together, found in Python account by account. #}
select account_no, family.first_unit, family.unit
from (
    select account_no, explode(families(collect_list(struct(unit, first_unit)))) as family
    from {{ tied }}
    group by account_no
) as listed
{%- endmacro %}
