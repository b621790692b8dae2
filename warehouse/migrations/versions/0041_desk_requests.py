"""The desk takes attachments back and keeps what people ask of their data; who had which divisions, and when."""

from alembic import op

revision = "0041"
down_revision = "0040"

# Digest and size are those of what was kept: they stay when the bytes go.
WITHDRAWALS = """
alter table ops.finding_attachment
    alter column byte_count drop expression,
    alter column sha256 drop expression,
    alter column content drop not null;
alter table ops.finding_attachment
    alter column byte_count set not null,
    alter column sha256 set not null;
drop trigger append_only on ops.finding_attachment;
create trigger append_only before delete or truncate on ops.finding_attachment
for each statement execute function ops.refuse_change();
create trigger only_bytes_go before update on ops.finding_attachment
for each row when (
    new.content is not null
    or (old.attachment_id, old.finding_id, old.name, old.kind, old.byte_count, old.sha256, old.added_by, old.added_at)
    is distinct from
    (new.attachment_id, new.finding_id, new.name, new.kind, new.byte_count, new.sha256, new.added_by, new.added_at)
    or old.added_login is distinct from new.added_login
) execute function ops.refuse_change();
comment on column ops.finding_attachment.content is '内容；撤回后按保留期清除，即为空';
comment on column ops.finding_attachment.sha256 is '存入时内容的 SHA-256';

create table ops.finding_attachment_withdrawal (
    attachment_id bigint primary key references ops.finding_attachment,
    reason text not null check (reason <> ''),
    withdrawn_by text not null check (withdrawn_by <> ''),
    withdrawn_login text,
    withdrawn_at timestamptz not null default clock_timestamp()
);
comment on table ops.finding_attachment_withdrawal is '撤回的附件：不再能取，名称与校验值留着；只增';
comment on column ops.finding_attachment_withdrawal.withdrawn_login is '所用的数据库登录';
create trigger keep_login before insert on ops.finding_attachment_withdrawal
for each row execute function ops.keep_login('withdrawn_login');
create trigger append_only before update or delete or truncate on ops.finding_attachment_withdrawal
for each statement execute function ops.refuse_change();
"""

REQUESTS = """
create table ops.person_request (
    request_no text primary key,
    form_id text not null,
    resident_id bigint not null,
    kind text not null check (kind in ('correction', 'restriction', 'deletion')),
    statement text not null check (statement <> ''),
    received_on date not null,
    due_on date not null check (due_on >= received_on),
    recorded_by text not null check (recorded_by <> ''),
    recorded_login text not null,
    recorded_at timestamptz not null default clock_timestamp(),
    unique (request_no, recorded_login),
    unique (recorded_login, form_id)
);
comment on table ops.person_request is '本人对其个人信息的请求（个人信息保护法第 44、46、47 条）：每件一行，只增';
comment on column ops.person_request.form_id is '表单编号：同一登录重复提交只登记一次';
comment on column ops.person_request.resident_id is '请求人（居民编号）';
comment on column ops.person_request.kind is 'correction 更正补充，restriction 限制处理，deletion 删除';
comment on column ops.person_request.statement is '本人所述';
comment on column ops.person_request.received_on is '收到之日';
comment on column ops.person_request.due_on is '应在何日前答复';
comment on column ops.person_request.recorded_login is '所用的数据库登录';
create index on ops.person_request (resident_id);

create table ops.person_request_decision (
    request_no text primary key,
    recorded_login text not null,
    outcome text not null check (outcome in ('granted', 'partly', 'refused')),
    answer text not null check (answer <> ''),
    decided_by text not null check (decided_by <> ''),
    decided_login text not null,
    decided_at timestamptz not null default clock_timestamp(),
    foreign key (request_no, recorded_login) references ops.person_request (request_no, recorded_login),
    constraint four_eyes check (decided_login <> recorded_login)
);
comment on table ops.person_request_decision is '对本人请求的答复：每件一次，由登记者以外的人作出；只增';
comment on column ops.person_request_decision.recorded_login is '登记该请求的数据库登录：答复者不能是此人';
comment on column ops.person_request_decision.outcome is 'granted 同意，partly 部分同意，refused 不予同意';
comment on column ops.person_request_decision.answer is '答复的内容：如何办理或为何不办，告知本人';
"""
KEPT = {"person_request": "recorded_login", "person_request_decision": "decided_login"}

ACCOUNTS = """
alter table desk.account
    add column mail text check (mail ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
    drop constraint account_duty_check,
    add constraint account_duty_check check (duty in ('officer', 'head', 'auditor'));
comment on column desk.account.duty is
    'officer 核对员，head 科室负责人：本区划逾期的都在其工作台上，可为下属定代办人，auditor 审计人员：只看审计';
comment on column desk.account.mail is '到期提醒发往的电子邮箱；空则不发';
drop function if exists api_v1.desk_reports(text, text, text, date, boolean, integer, integer);
"""

# Who entered a consent before had the divisions of now, as far as anybody knows.
DIVISIONS = """
alter table ops.authorization add column entered_divisions text[] not null default '{}';
comment on column ops.authorization.entered_divisions is '登记时登录所属的行政区划：授权书归其所有';
update ops.authorization as entered set entered_divisions = array(
    select scope.division_code from ops.division_scope as scope
    where scope.user_name = entered.entered_login
    order by scope.division_code
);

create table ops.scope_change (
    scope_change_id bigint generated always as identity primary key,
    holder text not null,
    is_client boolean not null,
    division_code text not null,
    change text not null check (change in ('given', 'taken')),
    changed_login text not null default session_user,
    changed_at timestamptz not null default clock_timestamp()
);
comment on table ops.scope_change is '登录与客户的行政区划的每次增减；只增';
comment on column ops.scope_change.holder is '何者：数据库登录或客户';
comment on column ops.scope_change.is_client is '是否客户';
comment on column ops.scope_change.change is 'given 给予，taken 取消';
comment on column ops.scope_change.changed_login is '所用的数据库登录';
create trigger append_only before update or delete or truncate on ops.scope_change
for each statement execute function ops.refuse_change();
"""

# The older version takes nothing back: what was withdrawn is there again, unless its bytes are gone.
BACK = """
drop function if exists
    api_v1.desk_reports(text, text, text, date, boolean, integer, integer),
    api_v1.withdraw_attachment(bigint, text, text, text),
    api_v1.record_person_request(text, text, text, text, text, date, text),
    api_v1.desk_person_requests(boolean, integer, integer), api_v1.desk_person_request(text, text),
    api_v1.desk_person_request_counts(), api_v1.decide_person_request(text, text, text, text),
    verification.is_self_entered(text, text);
drop view if exists verification.own_person_request;
drop view if exists ops.unsent_callback;
drop function if exists
    ops.keep_divisions(), ops.keep_scope_change(), ops.scope_of(jsonb), ops.refuse_own_scope(),
    ops.end_with_emergency(), ops.clear_withdrawn(integer) cascade;
drop table ops.scope_change;
alter table ops.authorization drop column entered_divisions;
drop table ops.person_request_decision, ops.person_request, ops.finding_attachment_withdrawal;
drop trigger only_bytes_go on ops.finding_attachment;
drop trigger append_only on ops.finding_attachment;
delete from ops.finding_attachment where content is null;
alter table ops.finding_attachment drop column byte_count, drop column sha256, alter column content set not null;
alter table ops.finding_attachment
    add column byte_count integer generated always as (octet_length(content)) stored,
    add column sha256 text generated always as (encode(sha256(content), 'hex')) stored;
comment on column ops.finding_attachment.sha256 is '内容的 SHA-256';
comment on column ops.finding_attachment.content is null;
create trigger append_only before update or delete or truncate on ops.finding_attachment
for each statement execute function ops.refuse_change();
-- An auditor's account is no officer's: the older version knows none.
delete from desk.account where duty = 'auditor';
alter table desk.account
    drop column mail,
    drop constraint account_duty_check,
    add constraint account_duty_check check (duty in ('officer', 'head'));
comment on column desk.account.duty is 'officer 核对员，head 科室负责人：本区划逾期的都在其工作台上，可为下属定代办人';
"""


def upgrade() -> None:
    op.execute(WITHDRAWALS)
    op.execute(REQUESTS)
    for table, login in KEPT.items():
        op.execute(f"""
create trigger keep_login before insert on ops.{table}
for each row execute function ops.keep_login('{login}');
create trigger append_only before update or delete or truncate on ops.{table}
for each statement execute function ops.refuse_change();
""")
    op.execute(ACCOUNTS)
    op.execute(DIVISIONS)


def downgrade() -> None:
    op.execute(BACK)
