{# Chinese meanings in the catalogue for columns whose model does not describe them itself: staging
   and intermediate carry the columns of the records on under the same names. #}

{% macro column_meanings() -%}
{# What staging and linkage add: pattern of the name, meaning. #}
{{ return([
    ['%id_number_note', '身份号码的问题：缺失、长度、日期或校验码不符；空值表示有效'],
    ['%stated_number', '来源写明的身份号码原文（去除空白）'],
    ['%stated_id_number', '来源写明的身份号码原文'],
    ['%surviving_digits', '残缺号码中仍可信的前若干位'],
    ['%unread_number', '不能读作身份号码的原文'],
    ['%sex_code', '性别代码'],
    ['delivery_order', '交付的先后次序'],
    ['last_seen_order', '最近一次列出该业务键的交付次序'],
    ['last_line_order', '最近一次有可读的行列出该业务键的交付次序'],
    ['closes_absent', '该全量列出的业务键均可读出：未列出的业务键不再有效'],
    ['key_hash', '业务键的摘要，用以找出拒收行所列的记录'],
    ['is_revoked', '已作废'],
    ['is_revoking', '本行撤销或不含该记录'],
    ['is_held', '有效的行含有该记录'],
    ['register_no', '来源自编的人员编号；不送时为来源写明的身份号码'],
    ['account_key', '账户；无账户时为空串'],
    ['mode', '全量 full 或增量 delta'],
    ['business_date', '交付的业务日期'],
    ['system', '来源系统'],
    ['stated_division_code', '来源写明的行政区划代码（6 位）'],
    ['full_division_code', '来源写明的行政区划代码原文'],
    ['is_day_unknown', '死亡日期是否不明'],
    ['officer_no', '人员在企业中的序号'],
    ['officer_role', '在企业中的身份'],
    ['capital_share', '出资比例（0 至 1）'],
    ['registered_capital_yuan', '注册资本（元）'],
    ['assessed_yuan', '估值（元）'],
    ['phone', '联系电话'],
]) }}
{%- endmacro %}


{% macro comment_columns() -%}
{{ return(adapter.dispatch('comment_columns')()) }}
{%- endmacro %}

{% macro spark__comment_columns() -%}
{# Its tables are read by the next model and by who publishes them. #}
{%- endmacro %}

{% macro default__comment_columns() -%}
do $comment$
declare
    silent record;
begin
    for silent in
        with

        columns as (
            select
                namespace.nspname as schema_name,
                relation.relname as table_name,
                attribute.attname as column_name,
                relation.oid as table_id,
                col_description(relation.oid, attribute.attnum) as meaning
            from pg_attribute as attribute
            inner join pg_class as relation on attribute.attrelid = relation.oid
            inner join pg_namespace as namespace on relation.relnamespace = namespace.oid
            where
                namespace.nspname in ('input', 'staging', 'intermediate', 'marts')
                and relation.relkind in ('r', 'v') and attribute.attnum > 0 and not attribute.attisdropped
        ),

        additions (pattern, meaning, place) as (
            values
            {%- for pattern, meaning in column_meanings() %}
            ('{{ pattern }}', '{{ meaning }}', {{ loop.index }}){{ ',' if not loop.last }}
            {%- endfor %}
        )

        select
            columns.table_id::regclass as table_name,
            columns.column_name,
            coalesce(
                -- The record the model is named after.
                (
                    select max(described.meaning) from columns as described
                    where
                        described.schema_name = 'input' and described.column_name = columns.column_name
                        and columns.table_name
                            in ('stg_' || described.table_name, 'int_' || described.table_name || '_latest')
                ),
                (
                    select min(described.meaning) from columns as described
                    where described.schema_name = 'marts' and described.column_name = columns.column_name
                ),
                (
                    select additions.meaning from additions
                    where columns.column_name like additions.pattern order by additions.place limit 1
                ),
                (
                    select min(described.meaning) from columns as described
                    where described.schema_name = 'input' and described.column_name = columns.column_name
                )
            ) as meaning
        from columns
        where columns.schema_name in ('staging', 'intermediate') and columns.meaning is null
    loop
        if silent.meaning is not null then
            execute format('comment on column %s.%I is %L', silent.table_name, silent.column_name, silent.meaning);
        end if;
    end loop;
end $comment$
{%- endmacro %}
