"""The shape of a served table, for migrations that add one or add to one."""

from collections.abc import Iterable, Mapping

SPAN = {
    "row_key": "业务键（文本）",
    "row_hash": "内容摘要；相同即未变",
    "from_generation": "自该世代起有效",
    "to_generation": "到该世代前有效；空值表示仍然有效",
}


def served_table(
    table: str, title: str, columns: Mapping[str, tuple[str, str]], lookups: Iterable[str] = ()
) -> str:
    """SQL of ``pub.<table>``, its indexes and comments, and the view through the pointer.

    columns: SQL type and Chinese meaning by name, in order. lookups: columns looked up by.
    """
    definitions = ",\n    ".join(f"{name} {kind}" for name, (kind, _) in columns.items())
    statements = [
        f"""create table pub.{table} (
    row_key text not null,
    row_hash uuid not null,
    from_generation integer not null,
    to_generation integer check (to_generation > from_generation),
    {definitions},
    primary key (row_key, from_generation)
)""",
        f"create unique index on pub.{table} (row_key) where to_generation is null",
        *(f"create index on pub.{table} ({name})" for name in lookups),
        f"""create view pub.current_{table} as
select {", ".join(columns)}
from pub.{table}
where
    from_generation <= (select generation from pub.current_generation)
    and (
        to_generation is null
        or to_generation > (select generation from pub.current_generation)
    )""",
        f"comment on table pub.{table} is '{title}（按发布世代保存）'",
        f"comment on view pub.current_{table} is '{title}（读者所见的世代）'",
        *(f"comment on column pub.{table}.{name} is '{text}'" for name, text in SPAN.items()),
        *(
            f"comment on column pub.{relation}.{name} is '{text}'"
            for name, (_, text) in columns.items()
            for relation in (table, f"current_{table}")
        ),
    ]
    return ";\n".join(statements)


def current_view(table: str) -> str:
    """The view through the pointer, with every column the table has now, described as in the table."""
    return f"""
do $$
declare
    described record;
begin
    execute (
        select format(
            'create or replace view pub.current_%1$s as select %2$s from pub.%1$s
            where from_generation <= (select generation from pub.current_generation)
                and (to_generation is null
                    or to_generation > (select generation from pub.current_generation))',
            '{table}', string_agg(quote_ident(attname), ', ' order by attnum)
        )
        from pg_attribute
        where attrelid = 'pub.{table}'::regclass and attnum > 0 and not attisdropped
            and attname not in ('row_key', 'row_hash', 'from_generation', 'to_generation')
    );
    for described in
        select attname, col_description(attrelid, attnum) as text from pg_attribute
        where attrelid = 'pub.{table}'::regclass and attnum > 0 and not attisdropped
            and attname not in ('row_key', 'row_hash', 'from_generation', 'to_generation')
    loop
        execute format('comment on column pub.current_{table}.%I is %L', described.attname, described.text);
    end loop;
end $$;
"""
