{# PostgreSQL: what is worked out anew is written where it differs from what is held, and nowhere else. Most of what
   is worked out again has not changed, and a row written costs its indexes, the log, statistics, and the comparison
   by which publishing finds it. Rows are told apart by a hash of their values (not seen once in 2^64); what has no
   fixed form, JSON and numbers without scale, by its text, so that what is held is what a full refresh would write. #}

{% macro worked_out(fresh, query, target) -%}
{# Statement: a query into a temporary table; gives the columns and types of what was worked out and of what is held, each in its order. The views of
   information_schema, which dbt asks, cost more than many a model, and so does planning the query once more for its contract: what is
   held has the columns of that. #}
create temporary table {{ fresh }} as (
{{ query }}
);
select
    attrelid = '{{ target }}'::regclass as is_held,
    attname::text as name,
    format_type(atttypid, atttypmod) as type
from pg_attribute
where attrelid in ('{{ fresh }}'::regclass, '{{ target }}'::regclass) and attnum > 0 and not attisdropped
order by 1, attnum
{%- endmacro %}


{% macro same_columns(found) -%}
{# found: what `worked_out` gave. Returns the columns held, name and type of each; none where those worked out have
   other names: somebody has run a model by hand that was other then. #}
{%- set held, names, fresh = [], [], [] -%}
{%- for is_held, name, type in found -%}
{%- do (names if is_held else fresh).append(name) -%}
{%- if is_held -%}{%- do held.append({'name': name, 'type': type}) -%}{%- endif -%}
{%- endfor -%}
{{ return(held if names | sort == fresh | sort else none) }}
{%- endmacro %}


{% macro differences_of(target) -%}
{{ return(target.identifier ~ '__differences') }}
{%- endmacro %}


{% macro differing(target, fresh, columns, among='true', may_repeat=true) -%}
{# One row per row of `fresh` that is not held, and per row held that is not in `fresh`, with the place of either.
   columns: the target's, name and type of each; among: which rows held (SQL condition on `held`) are worked out anew;
   may_repeat: equal rows are counted, which takes sorting both sides. #}
{%- set values = [] -%}
{%- for column in columns -%}
{%- do values.append(adapter.quote(column.name) ~ ('::text' if column.type in ('jsonb', 'numeric') else '')) -%}
{%- endfor -%}
{%- set content = 'hash_record_extended(row(' ~ values | join(', ') ~ '), 0)' -%}
{%- set nth = 'row_number() over (partition by ' ~ content ~ ')' if may_repeat else '1' -%}
select
    fresh.place as fresh_place,
    held.place as held_place
from (
    select
        ctid as place,
        {{ content }} as content,
        {{ nth }} as nth
    from {{ fresh }}
) as fresh
full join (
    select
        ctid as place,
        {{ content }} as content,
        {{ nth }} as nth
    from {{ target }} as held
    where {{ among }}
) as held using (content, nth)
where fresh.place is null or held.place is null
{%- endmacro %}


{% macro write_difference(target, fresh, columns, differences) -%}
{# differences: the relation that `differing` gave. #}
{%- set names = get_quoted_csv(columns | map(attribute='name')) -%}
delete from {{ target }}
where ctid = any(array(select held_place from {{ differences }} where held_place is not null));

insert into {{ target }} ({{ names }})
select {{ names }} from {{ fresh }}
where ctid = any(array(select fresh_place from {{ differences }} where fresh_place is not null))
{%- endmacro %}


{% macro written(fresh, differences) -%}
{# The rows of `fresh` that `write_difference` wrote, as a relation. #}
(select * from {{ fresh }}
where ctid = any(array(select fresh_place from {{ differences }} where fresh_place is not null))) as written
{%- endmacro %}
