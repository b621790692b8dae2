"""What was written to the sources of publishing since they were last compared."""

from alembic import op

revision = "0015"
down_revision = "0014"

NEWS = """
create table ops.watched_source (
    relation text primary key,
    file oid not null,
    shape text not null
);
comment on table ops.watched_source is '发布来源中由触发器记录改动者；文件与结构未变时，发布只比较有改动的键';
comment on column ops.watched_source.relation is 'pub 中的表名';
comment on column ops.watched_source.file is '开始记录时来源表的数据文件；重建或清空后即不同';
comment on column ops.watched_source.shape is '开始记录时来源与发布表的列、类型和业务键';

create table ops.source_news (
    relation text not null,
    key_hash bigint not null
);
comment on table ops.source_news is '上次比较以来来源表中被写入、修改或删除的行的键';
comment on column ops.source_news.relation is 'pub 中的表名';
comment on column ops.source_news.key_hash is '业务键各列的摘要（hash_record_extended）';
"""


def upgrade() -> None:
    op.execute(NEWS)


def downgrade() -> None:
    # Of a script; with it go the triggers that call it.
    op.execute("drop function if exists pub.watch(text, regclass, text[]), pub.note_news() cascade")
    op.execute("drop table ops.source_news, ops.watched_source")
