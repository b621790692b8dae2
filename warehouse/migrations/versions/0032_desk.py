"""The officer's desk: accounts and sessions of its own, and who works on which finding."""

from alembic import op

revision = "0032"
down_revision = "0031"

ACCOUNTS = """
create schema desk;
comment on schema desk is '核对工作台自己的表：账号与会话；没有任何业务数据';

create table desk.account (
    login text primary key,
    display_name text not null check (display_name <> ''),
    salt bytea not null,
    argon2 jsonb not null,
    totp_secret text not null,
    totp_step bigint not null default 0,
    failed_count integer not null default 0,
    locked_until timestamptz,
    must_change boolean not null default true,
    added_at timestamptz not null default clock_timestamp()
);
comment on table desk.account is '工作台账号：每人一个数据库登录；密码由数据库核验，这里不存';
comment on column desk.account.salt is '由所输密码推算数据库密码所用的盐（argon2id）';
comment on column desk.account.argon2 is 'argon2id 的参数';
comment on column desk.account.totp_secret is '动态码密钥（RFC 6238）';
comment on column desk.account.totp_step is '最近一次用过的动态码的时间步：同一码只能用一次';
comment on column desk.account.failed_count is '最近一次成功以来的登录次数';
comment on column desk.account.locked_until is '此时之前不能登录';
comment on column desk.account.must_change is '须先改密码';

create table desk.session (
    session_id text primary key,
    login text not null references desk.account on delete cascade,
    sealed bytea not null,
    purpose text not null,
    created_at timestamptz not null default clock_timestamp(),
    last_seen_at timestamptz not null default clock_timestamp(),
    ends_at timestamptz not null
);
create index on desk.session (login);
comment on table desk.session is '工作台会话；凭浏览器手中的令牌才能解开所封的数据库密码';
comment on column desk.session.session_id is '令牌的 SHA-256；令牌本身不存';
comment on column desk.session.sealed is '以令牌导出的密钥加密的数据库密码';
comment on column desk.session.purpose is '查阅人员情况的用途，随每次查阅留痕';
"""

ASSIGNMENTS = """
create table ops.finding_assignment (
    assignment_id bigint generated always as identity primary key,
    finding_id text not null,
    event text not null check (event in ('taken', 'handed_over', 'waiting', 'released')),
    holder_login text check ((event = 'released') = (holder_login is null)),
    due_on date,
    after_decision_id bigint,
    assigned_by text not null check (assigned_by <> ''),
    assigned_login text,
    assigned_at timestamptz not null default clock_timestamp()
);
comment on table ops.finding_assignment is '疑点由谁办理：领取、移交、等待回复、放回；只增，最新的有效';
comment on column ops.finding_assignment.event is
    'taken 领取，handed_over 移交，waiting 等待回复，released 放回';
comment on column ops.finding_assignment.holder_login is '此后由谁办理（数据库登录）；放回后为空';
comment on column ops.finding_assignment.due_on is '应在何日前办结；等待回复时为应答复之日';
comment on column ops.finding_assignment.after_decision_id is
    '当时最近的处理决定；此后另有决定，办理即告结束';
comment on column ops.finding_assignment.assigned_login is '所用的数据库登录';
create index on ops.finding_assignment (finding_id, assignment_id);
create trigger keep_login before insert on ops.finding_assignment
for each row execute function ops.keep_login('assigned_login');
create trigger append_only before update or delete or truncate on ops.finding_assignment
for each statement execute function ops.refuse_change();
"""

BACK = """
drop function if exists
    api_v1.desk_choices(), api_v1.desk_scorecard(), api_v1.desk_counts(text, text, text, numeric, date, text, boolean),
    api_v1.desk_findings(text, text, text, text, text, numeric, date, text, boolean, integer, integer),
    api_v1.finding_handling(text), api_v1.hand_finding(text, text, text, date, text, text),
    api_v1.decide_finding(text, text, text, text, text, text),
    verification.desk_listed(text, text, text, numeric, date, text, boolean),
    verification.colleagues(text), verification.want_unchanged(text, text), verification.lock_finding(text);
drop view if exists verification.desk_finding, verification.household_member;
drop view if exists ops.finding_desk;
drop table ops.finding_assignment;
drop schema desk cascade;
"""


def upgrade() -> None:
    op.execute(ACCOUNTS)
    op.execute(ASSIGNMENTS)


def downgrade() -> None:
    op.execute(BACK)
