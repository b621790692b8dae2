"""What columns of lines hold of whom, so that lines behind findings can be shown masked."""

from alembic import op

revision = "0035"
down_revision = "0033"

COLUMNS = """
create table ops.line_column (
    relation text not null,
    column_name text not null,
    classification text not null,
    roles text[] not null default '{}',
    primary key (relation, column_name)
);
comment on table ops.line_column is '来源行各列的敏感类别：由契约与统一记录登记；未登记的列一律脱敏';
comment on column ops.line_column.relation is 'raw.<来源>（原样）或 input.<统一记录>（读出）';
comment on column ops.line_column.classification is '契约的敏感类别；nested 为行内列表，不按原样显示';
comment on column ops.line_column.roles is '统一记录中此列所述的人（角色）；空为整条记录';
"""

BACK = """
drop function if exists
    api_v1.desk_finding_lines(text, text), api_v1.desk_finding_lines_named(text, text),
    verification.finding_lines(text, text, text, boolean), verification.told_in_full(bigint[]),
    verification.source_lines(text, text[], bigint[], text[]), clean.masked(text, text);
drop table ops.line_column;
alter table ops.feed drop column line_records;
"""


def upgrade() -> None:
    op.execute(COLUMNS)
    op.execute("alter table ops.feed add column line_records text[] not null default '{}'")
    op.execute("comment on column ops.feed.line_records is '一行读出的统一记录，含其部分（如家庭的成员）'")


def downgrade() -> None:
    op.execute(BACK)
