{# Spark: every model is made anew as a Parquet table, views too: a view could not call functions of the session. #}

{% materialization table, adapter='spark' -%}
  {{ return({'relations': [make_on_spark()]}) }}
{%- endmaterialization %}

{% materialization incremental, adapter='spark' -%}
  {{ return({'relations': [make_on_spark()]}) }}
{%- endmaterialization %}

{% materialization view, adapter='spark' -%}
  {{ return({'relations': [make_on_spark()]}) }}
{%- endmaterialization %}


{% macro make_on_spark() -%}
{%- set target = this.incorporate(type='table') -%}
{%- call statement('former') %}drop table if exists {{ target }}{% endcall -%}
{%- call statement('main') -%}
create table {{ target }} using parquet as
{{ contracted_on_spark(in_words_of_spark(sql)) }}
{%- endcall -%}
{%- do guard_key_on_spark(target) -%}
{{ return(target) }}
{%- endmacro %}


{% macro in_words_of_spark(query) -%}
{# Names of types and functions, one for one: what has a shape of its own in an engine is a macro of this folder.
   A day without end is the last one there is; numbers without a scale are held with ten digits after the point. #}
{%- set said = namespace(query=query) -%}
{%- for pattern, word in [
    ('\\bclean\\.(\\w+)\\(', 'clean_\\1('),
    ('::text\\b', '::string'),
    ('::numeric\\b(?!\\s*\\()', '::decimal(38, 10)'),
    ('::jsonb\\b', '::struct<jsonb: string>'),
    ("'infinity'", "date '9999-12-31'"),
    ('\\bas materialized \\(', 'as ('),
    ('\\bisodow\\b', 'dayofweek_iso'),
] -%}
{%- set said.query = modules.re.sub(pattern, word, said.query) -%}
{%- endfor -%}
{{ return(said.query) }}
{%- endmacro %}


{% macro contracted_on_spark(query) -%}
{# The query with the columns of the model's contract in their types; a column that the contract has not, or the
   query lacks, is an error. #}
{%- if not config.get('contract').enforced -%}{{ return(query) }}{%- endif -%}
{%- set made, declared = get_columns_in_query(query), model.columns -%}
{%- if made | sort != declared | list | sort -%}
{%- do exceptions.raise_contract_error(declared | list | sort, made | sort) -%}
{%- endif -%}
{%- set typed = [] -%}
{%- for name in made -%}
{%- set type = declared[name].data_type | replace('timestamp with time zone', 'timestamp') | replace('uuid', 'text') -%}
{%- do typed.append('made.' ~ name ~ '::' ~ type ~ ' as ' ~ name) -%}
{%- endfor -%}
{{ return('select ' ~ in_words_of_spark(typed | join(', ')) ~ ' from (' ~ query ~ ') as made') }}
{%- endmacro %}


{% macro guard_key_on_spark(target) -%}
{# The model's tests `unique_combination`: with a key twice the build fails. #}
{%- for id in graph.nodes if id.startswith('test.' ~ model.package_name ~ '.unique_combination_' ~ model.name ~ '_') -%}
{%- set test = graph.nodes[id] -%}
{%- if test.attached_node == model.unique_id -%}
{%- set held = '(select * from ' ~ target ~ ' where ' ~ test.config.where ~ ') as held' if test.config.where else target -%}
{%- set twice = run_query(test_unique_combination(held, test.test_metadata.kwargs.columns)) -%}
{%- if twice.rows | length -%}
{%- do exceptions.raise_compiler_error(test.name ~ ' fails: a key stands there twice.') -%}
{%- endif -%}
{%- endif -%}
{%- endfor -%}
{%- endmacro %}
