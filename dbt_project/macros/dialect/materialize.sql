{# PostgreSQL: a model made anew in two statements beside the one that checks its contract, where dbt's own
   materializations take a dozen; each costs more than it takes the server. Everything is one transaction, and
   readers wait for the exchange only. Elsewhere: dbt's own. #}

{% materialization table, adapter='postgres' -%}
  {%- set held = load_cached_relation(this) -%}
  {%- if var('follows', 'no') == 'no' or held is none or held.is_view or should_full_refresh() -%}
    {%- do make_anew(held, sql) -%}
  {%- else -%}
    {%- do take_in_difference(this.incorporate(type='table')) -%}
  {%- endif -%}
  {{ return({'relations': [this.incorporate(type='table')]}) }}
{%- endmaterialization %}


{% materialization incremental, adapter='postgres' -%}
  {%- set held = load_cached_relation(this) -%}
  {%- if held is none or held.is_view or should_full_refresh() -%}
    {%- do make_anew(held, sql) -%}
  {%- else -%}
    {%- do take_in_news(this.incorporate(type='table')) -%}
  {%- endif -%}
  {{ return({'relations': [this.incorporate(type='table')]}) }}
{%- endmaterialization %}


{% macro make_anew(held, query) -%}
{# The model's table from nothing, in the place of what is held (a table, a view or none).
   Joins over several columns that go together (household, delivery, line) are estimated at one row, and a
   nested loop planned for one row takes hours over a hundred thousand. #}
{%- set target = this.incorporate(type='table') -%}
{%- set fresh = postgres__make_relation_with_suffix(target, '__dbt_tmp', false) -%}
{%- call statement('main') -%}
set local enable_nestloop = off;
{{ postgres__create_table_as(false, fresh, query) }}
{%- endcall -%}
{%- call statement('exchange') -%}
{{ without_statistics_of_json(fresh) }}
{% for index in config.get('indexes', []) -%}
{{ postgres__get_create_index_sql(fresh, index) }};
{% endfor -%}
{% if held is not none %}drop {{ held.type }} {{ held }} cascade;{% endif %}
alter table {{ fresh }} rename to {{ adapter.quote(target.identifier) }};
{{ guard_key(target) }}
analyze {{ target }};
{{ descriptions(target, model) }}
{{ hooks() }}
{%- endcall -%}
{%- do adapter.commit() -%}
{# dbt must know that views over the former table went with it. #}
{%- if held is not none %}{% do adapter.cache_dropped(held) %}{% endif -%}
{%- endmacro %}


{% macro take_in_difference(target) -%}
{# The model worked out from nothing, and written where it differs from what is held: by a build that goes on from
   another of the same program (var `follows`), so that columns, indexes and words are as they were. Where much
   differs the table is exchanged after all. #}
{%- set fresh = postgres__make_temp_relation(target, '__dbt_tmp') -%}
{%- set differences = differences_of(target) -%}
{%- call statement('fresh', fetch_result=true) -%}
set local enable_nestloop = off;
{{ worked_out(fresh, sql, target) }}
{%- endcall -%}
{%- set columns = same_columns(load_result('fresh')['data']) -%}
{%- if columns is not none -%}
{%- set keys = model_keys() -%}
{%- set key = keys | rejectattr('where') | first -%}
{%- call statement('difference', fetch_result=true) -%}
create temporary table {{ differences }} on commit drop as
{{ differing(target, fresh, columns, may_repeat=key is not defined) }};
select (select count(*) from {{ differences }}) * 5 > (select count(*) from {{ target }}) as is_large
{%- endcall -%}
{%- endif -%}
{%- if columns is none or load_result('difference')['data'][0][0] -%}
{%- do make_anew(target, 'select * from ' ~ fresh) -%}
{%- call statement('cleared') -%}
drop table {{ fresh }};
{%- endcall -%}
{%- else -%}
{%- call statement('main') -%}
{{ write_difference(target, fresh, columns, differences) }};
{% if key is defined -%}
do $guard$ begin
    if (select count(*) from {{ fresh }}) <> (select count(*) from {{ target }}) then
        {{ key_is_twice(target, key) }}
    end if;
end $guard$;
{% endif -%}
{{ guard_key(target, written(fresh, differences), keys) }}
drop table {{ fresh }};
{{ renew_statistics(target) }}
{{ hooks() }}
{%- endcall -%}
{%- endif -%}
{%- do adapter.commit() -%}
{%- endmacro %}


{% macro take_in_news(target) -%}
{# What is new, by the model's strategy, into the table it has. #}
{%- set fresh = postgres__make_temp_relation(target, '__dbt_tmp') -%}
{%- call statement('fresh', fetch_result=true) -%}
{{ worked_out(fresh, sql, target) }}
{%- endcall -%}
{%- set columns = same_columns(load_result('fresh')['data']) -%}
{%- if columns is none -%}
{%- do exceptions.raise_compiler_error('It has other columns than now come. Build with --full-refresh.') -%}
{%- endif -%}
{%- set strategy = adapter.get_incremental_strategy_macro(context, config.require('incremental_strategy')) -%}
{%- call statement('main') -%}
{{ strategy({
    'target_relation': target, 'temp_relation': fresh, 'unique_key': config.get('unique_key'),
    'dest_columns': columns, 'incremental_predicates': none,
}) }}
{%- endcall -%}
{%- set is_touched = config.get('incremental_strategy') == 'touched' -%}
{%- call statement('closing') -%}
{{ guard_key(target, written(fresh, differences_of(target)) if is_touched else fresh) }}
drop table {{ fresh }};
{{ renew_statistics(target) }}
{{ hooks() }}
{%- endcall -%}
{%- do adapter.commit() -%}
{%- endmacro %}


{% macro renew_statistics(target) -%}
{# Of a table that only took in news: where more than a twentieth of it was written since it was last looked at.
   Reading a sample of a large table costs more than a day's news. Fresh tables have no statistics until the server
   gets to them, and are always looked at. #}
do $statistics$ begin
    if (
        select
            pg_stat_get_mod_since_analyze(oid) + pg_stat_get_xact_tuples_inserted(oid)
            + pg_stat_get_xact_tuples_deleted(oid) > 0.05 * greatest(reltuples, 0)
        from pg_class where oid = '{{ target }}'::regclass
    ) then
        analyze {{ target }};
    end if;
end $statistics$;
{%- endmacro %}


{% macro hooks() -%}
{%- if (pre_hooks + post_hooks) | rejectattr('transaction') | list or pre_hooks -%}
{%- do exceptions.raise_compiler_error('Only hooks after the model and in its transaction are run.') -%}
{%- endif -%}
{% for hook in post_hooks -%}
{{ render(hook.sql) }};
{% endfor -%}
{%- endmacro %}


{% macro model_keys() -%}
{# The model's tests `unique_combination`: name, columns and where (a condition or none) of each. #}
{%- set keys = [] -%}
{#- Found in one text: a loop over the names of all nodes, once a model, took a tenth of a build, and each node that is
    looked at is made a dictionary. -#}
{%- set names = 'test\\.' ~ model.package_name ~ '\\.unique_combination_' ~ model.name ~ '_.*' -%}
{%- for id in modules.re.findall(names, (graph.nodes if execute else []) | join('\n')) -%}
{%- set test = graph.nodes[id] -%}
{%- if test.attached_node == model.unique_id -%}
{%- do keys.append({'name': test.name, 'columns': test.test_metadata.kwargs.columns, 'where': test.config.where}) -%}
{%- endif -%}
{%- endfor -%}
{{ return(keys) }}
{%- endmacro %}


{% macro guard_key(target, written=none, keys=none) -%}
{# The model's keys, in its own transaction: with one twice it does not come to be. A build leaves the tests themselves
   out, as each would cost more than its statement. A view has this as its post-hook.
   written: the rows that were taken in (a relation); without, the whole table is asked. keys: where they are known. #}
{%- for key in (keys if keys is not none else model_keys()) -%}
{%- set limits = [key.where] if key.where else [] -%}
{%- if written is not none -%}
{%- set hash = 'hash_record_extended(row(' ~ key.columns | join(', ') ~ '), 0)' -%}
{%- do limits.append(hash ~ ' in (select ' ~ hash ~ ' from ' ~ written ~ ')') -%}
{%- endif -%}
{#- The fence has the rows found as a whole: to find a first one quickly the server would look each up in turn. -#}
{%- set held = '(select * from ' ~ target ~ ' where ' ~ limits | join(' and ') ~ ' offset 0) as held' if limits else target -%}
do $guard$ begin
    {% if written is not none %}if not exists (select from {{ written }}) then return; end if;{% endif %}
    if exists ({{ test_unique_combination(held, key.columns) }}) then
        {{ key_is_twice(target, key) }}
    end if;
end $guard$;
{% endfor -%}
{%- endmacro %}


{% macro key_is_twice(target, key) -%}
raise unique_violation using table = '{{ target.identifier }}', constraint = '{{ key.name }}';
{%- endmacro %}


{% macro without_statistics_of_json(relation) -%}
{# Nobody searches by what stands in JSON, and sorting a sample of it is most of what `analyze` costs. #}
do $json$
declare
    json_column name;
begin
    for json_column in
        select attname from pg_attribute
        where attrelid = '{{ relation }}'::regclass and atttypid = 'jsonb'::regtype and not attisdropped
    loop
        execute format('alter table {{ relation }} alter column %I set statistics 0', json_column);
    end loop;
end $json$;
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
