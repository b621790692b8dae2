"""The canonical input layer: its schema, and which kinds of record a feed fills."""

from alembic import op

revision = "0029"
down_revision = "0028"

# Made anew, under the names of the records, by the build that follows an upgrade.
FORMER_MODELS = """
do $$
declare
    former text;
begin
    for former in
        select relation.oid::regclass::text
        from pg_class as relation
        where relation.relkind = 'r' and (
            relation.relnamespace = to_regnamespace('staging') and relation.relname like 'stg\\_%\\_\\_%'
            or relation.relnamespace = to_regnamespace('intermediate') and relation.relname like 'int\\_%s\\_latest'
        )
    loop
        execute format('drop table %s', former);
    end loop;
end $$;
"""


def upgrade() -> None:
    op.execute("create schema input")
    op.execute("comment on schema input is '统一记录：各来源按契约对应后的内容，每类记录一个视图'")
    op.execute("alter table ops.feed add column records text[] not null default '{}'")
    op.execute("comment on column ops.feed.records is '本来源给出的统一记录的种类'")
    op.execute("update ops.feed set records = array[feed]")
    op.execute(FORMER_MODELS)


def downgrade() -> None:
    op.execute("drop schema input cascade")
    op.execute("alter table ops.feed drop column records")
