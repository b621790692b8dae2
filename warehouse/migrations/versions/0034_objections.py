"""Reports asked by hand at the desk, and objections (复核) to reports: each case, its new reports, its outcome."""

from alembic import op

revision = "0034"
down_revision = "0033"

OBJECTIONS = """
create table ops.objection (
    objection_no text primary key,
    report_no text not null,
    report_login text not null,
    request_id text not null,
    item text not null,
    member_no integer,
    statement text not null check (statement <> ''),
    received_on date not null,
    due_on date not null check (due_on >= received_on),
    recorded_by text not null check (recorded_by <> ''),
    recorded_login text not null,
    recorded_at timestamptz not null default clock_timestamp(),
    unique (objection_no, report_login),
    unique (recorded_login, request_id)
);
comment on table ops.objection is '对核对报告的异议（复核）：每件一行，只增';
comment on column ops.objection.report_login is '询问该报告的数据库登录';
comment on column ops.objection.request_id is '表单编号：同一登录重复提交只登记一次';
comment on column ops.objection.item is '对哪一项有异议（代码表 objection_item）';
comment on column ops.objection.member_no is '涉及报告中的第几个成员；空为全家';
comment on column ops.objection.statement is '当事人所述';
comment on column ops.objection.received_on is '收到之日';
comment on column ops.objection.due_on is '应在何日前办结';
comment on column ops.objection.recorded_login is '所用的数据库登录';
create index on ops.objection (report_no);

create table ops.objection_report (
    report_no text primary key,
    objection_no text not null references ops.objection,
    asked_by text not null check (asked_by <> ''),
    asked_login text not null,
    asked_at timestamptz not null default clock_timestamp()
);
comment on table ops.objection_report is '为复核而重新核对所出的报告；只增';
create index on ops.objection_report (objection_no);

create table ops.objection_decision (
    objection_no text primary key,
    report_login text not null,
    outcome text not null check (outcome in ('upheld', 'corrected', 'verified_again')),
    reason_code text not null,
    note text,
    decided_by text not null check (decided_by <> ''),
    decided_login text not null,
    decided_at timestamptz not null default clock_timestamp(),
    foreign key (objection_no, report_login) references ops.objection (objection_no, report_login),
    constraint four_eyes check (decided_login <> report_login)
);
comment on table ops.objection_decision is '复核结果：每件一次，由询问该报告的人以外的人办结；只增';
comment on column ops.objection_decision.report_login is '询问该报告的数据库登录：办结者不能是此人';
comment on column ops.objection_decision.outcome is 'upheld 维持，corrected 更正，verified_again 重新核对';
comment on column ops.objection_decision.reason_code is '原因（代码表 objection_ 加结果）';
"""
KEPT = {
    "objection": "recorded_login",
    "objection_report": "asked_login",
    "objection_decision": "decided_login",
}
# What is asked by hand is little beside what systems ask: the list of it reads no more than that.
BY_HAND = """
create index verification_log_by_consent on audit.verification_log (authorization_no) where outcome = 'answered';
create index verification_log_by_hand on audit.verification_log (logged_at)
where outcome = 'answered' and client is null
"""


def upgrade() -> None:
    op.execute(OBJECTIONS)
    for table, login in KEPT.items():
        op.execute(f"""
create trigger keep_login before insert on ops.{table}
for each row execute function ops.keep_login('{login}');
create trigger append_only before update or delete or truncate on ops.{table}
for each statement execute function ops.refuse_change();
""")
    op.execute(BY_HAND)
    op.execute("drop function if exists verification.answer(text, jsonb)")


def downgrade() -> None:
    """The scripts of the former version make theirs again."""
    op.execute(
        """
        drop function if exists
            api_v1.ask_verification(jsonb), api_v1.desk_report(text, text),
            api_v1.desk_reports(text, text, text, date, boolean, integer, integer),
            api_v1.object_to_report(text, text, text, integer, text, date, text),
            api_v1.desk_objection(text, text), api_v1.desk_objections(text, boolean, integer, integer),
            api_v1.desk_objection_counts(), api_v1.objection_choices(),
            api_v1.verify_again(text, text, text, text),
            api_v1.decide_objection(text, text, text, text, text),
            verification.answer(text, jsonb, boolean), verification.asked_by_hand(text, jsonb),
            verification.own_report(text), verification.hand_out(text, audit.verification_log, jsonb),
            verification.working_day_after(date, integer, integer);
        drop view if exists verification.own_objection;
        drop table ops.objection_decision, ops.objection_report, ops.objection;
        drop index audit.verification_log_by_consent;
        drop index audit.verification_log_by_hand
        """
    )
