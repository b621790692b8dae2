"""Landing: the current version of every business key, so that repeats are found without reading
history; what is new in the layout of a delivery."""

from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = """
create table ops.line_version (
    feed text not null,
    key_hash bigint not null,
    row_hash uuid not null,
    primary key (feed, key_hash)
);
comment on table ops.line_version is
    '每个来源每个业务键最近落地的内容摘要：判断重复行用；可由 raw 随时重建';

alter table ops.delivery add column notice text;
comment on column ops.delivery.notice is '版式上的新情况（如契约未列出的列），不含个人信息';
"""

# The index over the business key of every raw table has no reader any more. Others are not ours.
KEY_INDEXES = """
do $$
declare
    found regclass;
begin
    for found in
        select indexrelid from pg_index
        inner join pg_class as raw on raw.oid = indrelid
        inner join pg_class as index on index.oid = indexrelid
        where
            raw.relnamespace = 'raw'::regnamespace and not indisunique
            and starts_with(index.relname, raw.relname) and right(index.relname, 4) = '_idx'
    loop
        execute format('drop index %s', found);
    end loop;
end $$;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(KEY_INDEXES)


def downgrade() -> None:
    op.execute("alter table ops.delivery drop column notice")
    op.execute("drop table ops.line_version")
