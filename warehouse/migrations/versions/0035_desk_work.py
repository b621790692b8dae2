"""The desk shows lines behind findings, and writes letters to households."""

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

LETTERS = """
create table ops.finding_letter (
    letter_id bigint generated always as identity primary key,
    letter_no text generated always as (
        '核通〔' || extract(year from written_on)::integer::text || '〕' || letter_id::text || '号'
    ) stored unique,
    finding_id text not null,
    addressee_resident_id bigint not null,
    question_zh text not null check (question_zh <> ''),
    bring_zh text not null check (bring_zh <> ''),
    reply_by date not null,
    contact text not null check (contact <> ''),
    written_on date not null,
    written_by text not null check (written_by <> ''),
    written_login text,
    written_at timestamptz not null default clock_timestamp(),
    check (reply_by >= written_on)
);
comment on table ops.finding_letter is '核实通知：就某一疑点请对方说明，只增；不改变疑点的状态，不存姓名号码';
comment on column ops.finding_letter.letter_no is '文号';
comment on column ops.finding_letter.addressee_resident_id is '致送何人（居民编号）';
comment on column ops.finding_letter.question_zh is '请对方说明的事项';
comment on column ops.finding_letter.bring_zh is '请对方携带的材料';
comment on column ops.finding_letter.reply_by is '请于何日前答复';
comment on column ops.finding_letter.contact is '联系人与电话';
comment on column ops.finding_letter.written_login is '所用的数据库登录';
create index on ops.finding_letter (finding_id);
create trigger keep_login before insert on ops.finding_letter
for each row execute function ops.keep_login('written_login');
create trigger append_only before update or delete or truncate on ops.finding_letter
for each statement execute function ops.refuse_change();
"""

BACK = """
drop function if exists
    api_v1.desk_finding_lines(text, text), api_v1.desk_finding_lines_named(text, text),
    verification.finding_lines(text, text, text, boolean), verification.told_in_full(bigint[]),
    verification.source_lines(text, text[], bigint[], text[]), clean.masked(text, text);
drop function if exists
    api_v1.write_letter(text, text, text, text, date, text, text, text), api_v1.finding_letter(text, text),
    verification.addressee(text);
drop table ops.finding_letter;
drop table ops.line_column;
alter table ops.feed drop column line_records;
"""


def upgrade() -> None:
    op.execute(COLUMNS)
    op.execute(LETTERS)
    op.execute("alter table ops.feed add column line_records text[] not null default '{}'")
    op.execute("comment on column ops.feed.line_records is '一行读出的统一记录，含其部分（如家庭的成员）'")


def downgrade() -> None:
    op.execute(BACK)
