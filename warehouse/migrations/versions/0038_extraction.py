"""What was fetched from the systems that hold it, and how far."""

from alembic import op

revision = "0038"
down_revision = "0037"

EXTRACTION = """
create table ops.extraction (
    delivery_id text primary key,
    feed text not null,
    business_date date not null,
    origin text not null,
    mode text not null check (mode in ('full', 'delta')),
    cursor_kind text not null check (cursor_kind in ('time', 'day', 'number')),
    cursor_from text,
    cursor_to text,
    row_count bigint not null,
    sha256 text not null,
    pulled_login text not null default session_user,
    pulled_at timestamptz not null default clock_timestamp()
);
comment on table ops.extraction is '取数：从来源系统取得的每份交付及其游标区间；只增';
comment on column ops.extraction.origin is '来源的摘要：服务器、库、表或查询、所取的列、游标列；变了即重新全量';
comment on column ops.extraction.cursor_kind is '游标的种类：时间、日、编号；没有游标时为 time';
comment on column ops.extraction.cursor_from is '游标起（含）；全量为空';
comment on column ops.extraction.cursor_to is '游标止（含）；取到的最大值';
comment on column ops.extraction.sha256 is '所写文件的摘要，与台账中的一致才算落地';
comment on column ops.extraction.pulled_login is '取数所用的数据库登录';
create index on ops.extraction (feed);
create trigger append_only before update or delete or truncate on ops.extraction
for each statement execute function ops.refuse_change();
"""


def upgrade() -> None:
    op.execute(EXTRACTION)


def downgrade() -> None:
    op.execute("drop table ops.extraction")
