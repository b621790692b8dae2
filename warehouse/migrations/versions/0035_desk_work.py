"""The desk shows lines behind findings, writes letters, knows heads and substitutes, and keeps attachments."""

from alembic import op

revision = "0035"
down_revision = "0034"

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
    due_on date not null,
    contact text not null check (contact <> ''),
    written_on date not null,
    written_by text not null check (written_by <> ''),
    written_login text,
    written_at timestamptz not null default clock_timestamp(),
    check (due_on >= written_on)
);
comment on table ops.finding_letter is '核实通知：就某一疑点请对方说明，只增；不改变疑点的状态，不存姓名号码';
comment on column ops.finding_letter.letter_no is '文号';
comment on column ops.finding_letter.addressee_resident_id is '致送何人（居民编号）';
comment on column ops.finding_letter.question_zh is '请对方说明的事项';
comment on column ops.finding_letter.bring_zh is '请对方携带的材料';
comment on column ops.finding_letter.due_on is '请于何日前答复';
comment on column ops.finding_letter.contact is '联系人与电话';
comment on column ops.finding_letter.written_login is '所用的数据库登录';
create index on ops.finding_letter (finding_id);
create trigger keep_login before insert on ops.finding_letter
for each row execute function ops.keep_login('written_login');
create trigger append_only before update or delete or truncate on ops.finding_letter
for each statement execute function ops.refuse_change();
"""

DUTIES = """
alter table desk.account add column duty text not null default 'officer' check (duty in ('officer', 'head'));
comment on column desk.account.duty is 'officer 核对员，head 科室负责人：本区划逾期的都在其工作台上，可为下属定代办人';

create table ops.officer_substitute (
    substitute_id bigint generated always as identity primary key,
    login text not null,
    substitute_login text check (substitute_login <> login),
    from_on date not null,
    until_on date not null check (until_on >= from_on),
    set_by text not null check (set_by <> ''),
    set_login text,
    set_at timestamptz not null default clock_timestamp()
);
comment on table ops.officer_substitute is '代办：某人在办的疑点在一段日期内也归谁办理；只增，每人最新的一条有效';
comment on column ops.officer_substitute.substitute_login is '代办人；空为取消';
comment on column ops.officer_substitute.until_on is '代办至何日（含），次日起自行恢复';
comment on column ops.officer_substitute.set_login is '所用的数据库登录';
create index on ops.officer_substitute (login, substitute_id);
create trigger keep_login before insert on ops.officer_substitute
for each row execute function ops.keep_login('set_login');
create trigger append_only before update or delete or truncate on ops.officer_substitute
for each statement execute function ops.refuse_change();
"""

ATTACHMENTS = """
create table ops.finding_attachment (
    attachment_id bigint generated always as identity primary key,
    finding_id text not null,
    name text not null check (name <> ''),
    kind text not null check (kind in ('pdf', 'jpeg', 'png')),
    content bytea not null,
    byte_count integer generated always as (octet_length(content)) stored,
    sha256 text generated always as (encode(sha256(content), 'hex')) stored,
    added_by text not null check (added_by <> ''),
    added_login text,
    added_at timestamptz not null default clock_timestamp()
);
comment on table ops.finding_attachment is '疑点的附件（PDF、JPEG、PNG），只增；限于登录用户的行政区划';
comment on column ops.finding_attachment.name is '名称，不含扩展名';
comment on column ops.finding_attachment.kind is '按内容识别的格式';
comment on column ops.finding_attachment.sha256 is '内容的 SHA-256';
comment on column ops.finding_attachment.added_login is '所用的数据库登录';
create index on ops.finding_attachment (finding_id);
alter table ops.finding_attachment alter column content set storage external;
alter table ops.finding_attachment enable row level security;
create trigger keep_login before insert on ops.finding_attachment
for each row execute function ops.keep_login('added_login');
create trigger append_only before update or delete or truncate on ops.finding_attachment
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
drop function if exists
    api_v1.held_of_person(text, text),
    api_v1.attach_to_finding(text, text, text, bytea, text), api_v1.finding_attachment(bigint, text);
drop table ops.finding_attachment;
drop function if exists
    api_v1.desk_reminders(), api_v1.desk_substitutes(), api_v1.set_substitute(text, text, date, date, text),
    verification.working_for(), verification.is_head(), verification.may_arrange(text),
    verification.covers_divisions(text, text);
drop view if exists ops.substitute_now;
drop table ops.officer_substitute;
alter table desk.account drop column duty;
drop table ops.line_column;
alter table ops.feed drop column line_records;
"""


def upgrade() -> None:
    op.execute(COLUMNS)
    op.execute(LETTERS)
    op.execute(DUTIES)
    op.execute(ATTACHMENTS)
    op.execute("alter table ops.feed add column line_records text[] not null default '{}'")
    op.execute("comment on column ops.feed.line_records is '一行读出的统一记录，含其部分（如家庭的成员）'")


def downgrade() -> None:
    op.execute(BACK)
