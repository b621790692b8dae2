{# PostgreSQL: a model made anew in two statements beside the one that checks its contract, where dbt's own
   materializations take a dozen; each costs more than it takes the server. Everything is one transaction, and
   readers wait for the exchange only. Elsewhere: dbt's own. #}

{% materialization table, adapter='postgres' -%}
  {%- do make_anew(load_cached_relation(this)) -%}
  {{ return({'relations': [this.incorporate(type='table')]}) }}
{%- endmaterialization %}


{% materialization incremental, adapter='postgres' -%}
  {%- set held = load_cached_relation(this) -%}
  {%- if held is none or held.is_view or should_full_refresh() -%}
    {%- do make_anew(held) -%}
  {%- else -%}
    {%- do take_in_news(this.incorporate(type='table')) -%}
  {%- endif -%}
  {{ return({'relations': [this.incorporate(type='table')]}) }}
{%- endmaterialization %}


{% macro make_anew(held) -%}
{# The model's table from nothing, in the place of what is held (a table, a view or none).
   Joins over several columns that go together (household, delivery, line) are estimated at one row, and a
   nested loop planned for one row takes hours over a hundred thousand. #}
{%- set target = this.incorporate(type='table') -%}
{%- set fresh = postgres__make_relation_with_suffix(target, '__dbt_tmp', false) -%}
{%- call statement('main') -%}
set local enable_nestloop = off;
{{ postgres__create_table_as(false, fresh, sql) }}
{%- endcall -%}
{%- call statement('exchange') -%}
{% for index in config.get('indexes', []) -%}
{{ postgres__get_create_index_sql(fresh, index) }};
{% endfor -%}
{% if held is not none %}drop {{ held.type }} {{ held }} cascade;{% endif %}
alter table {{ fresh }} rename to {{ adapter.quote(target.identifier) }};
{{ closing(target) }}
{%- endcall -%}
{%- do adapter.commit() -%}
{# dbt must know that views over the former table went with it. #}
{%- if held is not none %}{% do adapter.cache_dropped(held) %}{% endif -%}
{%- endmacro %}


{% macro take_in_news(target) -%}
{# What is new, by the model's strategy, into the table it has. #}
{%- set fresh = postgres__make_temp_relation(target, '__dbt_tmp') -%}
{%- call statement('fresh') -%}
{{ postgres__create_table_as(true, fresh, sql) }}
{%- endcall -%}
{%- set columns = process_schema_changes(config.get('on_schema_change'), fresh, target)
    or adapter.get_columns_in_relation(target) -%}
{%- set strategy = adapter.get_incremental_strategy_macro(context, config.require('incremental_strategy')) -%}
{%- call statement('main') -%}
{{ strategy({
    'target_relation': target, 'temp_relation': fresh, 'unique_key': config.get('unique_key'),
    'dest_columns': columns, 'incremental_predicates': none,
}) }}
{%- endcall -%}
{%- call statement('closing') -%}
drop table {{ fresh }};
{{ closing(target) }}
{%- endcall -%}
{%- do adapter.commit() -%}
{%- endmacro %}


{% macro closing(target) -%}
{# What ends either way. Fresh tables have no statistics until the server gets to them: later models would be
   planned blind. #}
{%- if (pre_hooks + post_hooks) | rejectattr('transaction') | list or pre_hooks -%}
{%- do exceptions.raise_compiler_error('Only hooks after the model and in its transaction are run.') -%}
{%- endif -%}
{{ guard_key(target) }}
analyze {{ target }};
{{ descriptions(target, model) }}
{% for hook in post_hooks -%}
{{ render(hook.sql) }};
{% endfor -%}
{%- endmacro %}


{% macro guard_key(target) -%}
{# The model's tests `unique_combination`, in its own transaction: with a key twice it does not come to be. A build
   leaves the tests themselves out, as each would cost more than its statement. A view has this as its post-hook. #}
{%- for id in graph.nodes if id.startswith('test.' ~ model.package_name ~ '.unique_combination_' ~ model.name ~ '_') -%}
{%- set test = graph.nodes[id] -%}
{%- if test.attached_node == model.unique_id -%}
{%- set held = '(select * from ' ~ target ~ ' where ' ~ test.config.where ~ ') as held' if test.config.where else target -%}
do $guard$ begin
    if exists ({{ test_unique_combination(held, test.test_metadata.kwargs.columns) }}) then
        raise unique_violation using table = '{{ target.identifier }}', constraint = '{{ test.name }}';
    end if;
end $guard$;
{% endif -%}
{%- endfor -%}
{%- endmacro %}


{% macro postgres__get_assert_columns_equivalent(sql) -%}
{# A model has the columns of its contract, by name and type, in whatever order. One statement asks for both. #}
{%- set declared = [] -%}
{%- for column in model.columns.values() -%}
{%- do declared.append('null::' ~ column.data_type ~ ' as ' ~ column.name) -%}
{%- endfor -%}
{%- set both = adapter.get_column_schema_from_query(
    'select * from (select ' ~ declared | join(', ') ~ ') as declared cross join (' ~ sql ~ '\n) as made where false'
) -%}
{%- set count = declared | length -%}
{%- set wanted, made = both[:count] | sort(attribute='name'), both[count:] | sort(attribute='name') -%}
{%- if wanted != made -%}
{%- do exceptions.raise_contract_error(format_columns(wanted), format_columns(made)) -%}
{%- endif -%}
{%- endmacro %}
