"""Verification: what else is served for it, authorizations, the chained log of every answer, batches."""

from alembic import op

from warehouse.migrations.frozen.served_table import served_table

revision = "0008"
down_revision = "0007"

LINEAGE = {"delivery_id": ("text", "来源交付编号"), "line_number": ("integer", "来源行号")}
PERIOD = {"valid_from": ("date", "起（含）"), "valid_to": ("date", "止（不含）；空值表示至今")}
PARAMETER = {
    "parameter": ("text", "参数名"),
    "value": ("numeric(14,2)", "值"),
    "unit": ("text", "单位"),
    **PERIOD,
    "source": ("text", "依据"),
    "note": ("text", "说明"),
}

# Table: Chinese title, columns, columns looked up by.
SERVED = {
    "benefit_standard": (
        "待遇标准",
        {
            "division_code": ("text", "行政区划代码（6 位）"),
            "standard_code": ("text", "标准代码"),
            "amount_yuan": ("numeric(14,2)", "月标准（元）"),
            **PERIOD,
        },
        ["division_code"],
    ),
    "income_window": ("核算收入的月份", {"income_month": ("date", "月份（当月第一日）")}, []),
    "cremation": (
        "火化登记",
        {
            "cremation_no": ("text", "火化编号"),
            "resident_id": ("bigint", "逝者居民编号"),
            "died_on": ("date", "死亡日期"),
            "cremated_on": ("date", "火化日期"),
            "division_code": ("text", "行政区划代码（6 位）"),
            **LINEAGE,
        },
        ["resident_id"],
    ),
    "temporary_aid": (
        "临时救助",
        {
            "temporary_aid_no": ("text", "救助编号"),
            "aid_kind": ("text", "急难型或支出型"),
            "resident_id": ("bigint", "居民编号"),
            "applied_on": ("date", "申请日期"),
            "paid_on": ("date", "发放日期"),
            "amount_yuan": ("numeric(14,2)", "金额（元）"),
            "division_code": ("text", "行政区划代码（6 位）"),
            **LINEAGE,
        },
        ["resident_id"],
    ),
    "rule_parameter": (
        "规则参数",
        {
            "rule_code": ("text", "规则代码"),
            "division_code": ("text", "行政区划代码（6 位）：适用于此及以下"),
            **PARAMETER,
        },
        [],
    ),
    "verification_parameter": ("核对参数", PARAMETER, []),
    "verification_code": (
        "核对代码表：用途、救助类别",
        {
            "code_list": ("text", "代码表：purpose 用途，aid_type 救助类别"),
            "code": ("text", "代码"),
            "title_zh": ("text", "中文名称"),
        },
        [],
    ),
}

AUTHORIZATION = """
-- One row per person: whoever is named has signed.
create table ops.authorization (
    authorization_id bigint generated always as identity primary key,
    authorization_no text not null,
    id_number text not null check (id_number ~ '^[0-9]{17}[0-9X]$'),
    feeds text[],
    authorized_from date not null,
    authorized_to date not null check (authorized_to >= authorized_from),
    entered_by text not null,
    entered_at timestamptz not null default now()
);
create index on ops.authorization (authorization_no);
comment on table ops.authorization is '手工登记的授权书：每人一行，只增不改（救助家庭交付中的授权书不在此表）';
comment on column ops.authorization.feeds is '授权查询的来源；空值表示全部';
comment on column ops.authorization.authorized_to is '授权止（含当日）';

create table ops.authorization_revocation (
    authorization_no text primary key,
    revoked_by text not null,
    reason text not null,
    revoked_at timestamptz not null default now()
);
comment on table ops.authorization_revocation is '已撤回的授权书编号：撤回后不再生效，重新同意须用新编号';

create table ops.division_scope (
    user_name text not null,
    division_code text not null check (division_code = '*' or division_code ~ '^[0-9]{6}$'),
    primary key (user_name, division_code)
);
comment on table ops.division_scope is '数据库登录用户可见的行政区划；* 表示全部，没有行表示什么也看不到';
"""

AUDIT = """
create table audit.verification_log (
    log_id bigint primary key,
    logged_at timestamptz not null default clock_timestamp(),
    operation text not null,
    outcome text not null check (outcome in ('answered', 'repeated', 'refused')),
    problem_code text,
    caller text not null default session_user,
    operator text,
    purpose text,
    authorization_no text,
    request_id text,
    report_no text,
    generation integer references ops.generation,
    asked_on date not null,
    open_feeds text[],
    resident_ids bigint[] not null default '{}',
    request jsonb,
    answer jsonb,
    previous_hash bytea not null,
    row_hash bytea not null,
    constraint an_answer_has_its_reasons check (
        outcome = 'refused'
        or (authorization_no is not null and purpose is not null and report_no is not null)
    ),
    constraint a_refusal_has_a_code check ((outcome = 'refused') = (problem_code is not null)),
    constraint an_answer_is_kept check ((outcome = 'answered') = (answer is not null))
);
create unique index on audit.verification_log (request_id) where outcome = 'answered';
create unique index on audit.verification_log (report_no) where outcome = 'answered';
create index on audit.verification_log using gin (resident_ids) where outcome <> 'refused';
comment on table audit.verification_log is
    '核对日志：每次请求与答复一行，只增不改，逐行以摘要相连（含个人信息，仅限审计）';
comment on column audit.verification_log.outcome is
    'answered 出具答复，repeated 再次给出已有答复，refused 不予答复';
comment on column audit.verification_log.asked_on is '提问之日（北京时间）';
comment on column audit.verification_log.resident_ids is '答复涉及的居民';
comment on column audit.verification_log.row_hash is 'SHA-256(上一行摘要 || 本行内容)';

-- The last row, so that rows cut off at the end are missed. Its lock makes writers take turns.
create table audit.chain_head (
    is_only_row boolean primary key default true check (is_only_row),
    log_id bigint not null,
    row_hash bytea not null
) with (fillfactor = 10);
insert into audit.chain_head (log_id, row_hash) values (0, sha256('minzheng'));
comment on table audit.chain_head is '核对日志的末行编号与摘要';

-- What the hashes are taken over, independent of session settings. Never change it: a row
-- already written must read the same for ever. A new column gets a new function.
create function audit.row_text(logged audit.verification_log) returns text
language sql stable set search_path = ''
begin atomic
select jsonb_build_array(
    logged.log_id,
    extract(epoch from logged.logged_at),
    logged.operation,
    logged.outcome,
    logged.problem_code,
    logged.caller,
    logged.operator,
    logged.purpose,
    logged.authorization_no,
    logged.request_id,
    logged.report_no,
    logged.generation,
    logged.asked_on - date '2000-01-01',
    logged.open_feeds,
    logged.resident_ids,
    logged.request,
    logged.answer
)::text;
end;
comment on function audit.row_text(audit.verification_log) is '计算摘要所用的行内容';

create function audit.chain() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    select head.log_id + 1, head.row_hash into new.log_id, new.previous_hash
    from audit.chain_head as head for update;
    new.row_hash := sha256(new.previous_hash || convert_to(audit.row_text(new), 'UTF8'));
    update audit.chain_head set log_id = new.log_id, row_hash = new.row_hash;
    return new;
end $$;

create function audit.refuse_change() returns trigger
language plpgsql set search_path = '' as $$
begin
    raise exception 'The verification log is append-only.' using errcode = 'insufficient_privilege';
end $$;

create trigger chain before insert on audit.verification_log
for each row execute function audit.chain();
create trigger append_only before update or delete on audit.verification_log
for each row execute function audit.refuse_change();
create trigger never_emptied before truncate on audit.verification_log
for each statement execute function audit.refuse_change();
"""

# A person as asked for, and whom the number and the name lead to.
ASKED = """
create schema verification;
create type verification.asked_member as (
    member_no integer,
    relation text,
    name text,
    id_number text,
    number_resident_id bigint,
    resident_id bigint,
    identity text,
    reason text
);
comment on type verification.asked_member is
    '请求中的一个成员：号码所指的居民，以及号码与姓名都相符时的居民';
create sequence audit.report_number;
"""

BATCH = """
create table audit.batch (
    batch_id uuid primary key default gen_random_uuid(),
    caller text not null,
    submitted_at timestamptz not null default now()
);
comment on table audit.batch is '批量复核任务';

create table audit.batch_item (
    batch_id uuid not null references audit.batch,
    item_no integer not null,
    request jsonb not null,
    report_no text,
    problem_code text,
    primary key (batch_id, item_no)
);
create index on audit.batch_item (batch_id, item_no) where report_no is null and problem_code is null;
comment on table audit.batch_item is '批量复核的每个请求及其结果：报告编号，或不予答复的原因';
"""


def upgrade() -> None:
    for table, (title, columns, lookups) in SERVED.items():
        op.execute(served_table(table, title, columns, lookups))
    op.execute("create index on pub.aid_household (authorization_no)")
    op.execute(ASKED)
    op.execute(AUTHORIZATION)
    op.execute(AUDIT)
    op.execute(BATCH)


# What the scripts derive from each served table; nothing may hang on a column an earlier downgrade drops.
DERIVED = r"""
do $$
declare
    derived record;
begin
    for derived in
        select 'view' as kind, oid::regclass::text as name from pg_class
        where relnamespace = 'pub'::regnamespace and relkind = 'v' and relname like 'scoped\_%'
        union all
        select 'function', oid::regprocedure::text from pg_proc
        where pronamespace = 'pub'::regnamespace and proname like '%\_at'
    loop
        execute format('drop %s if exists %s cascade', derived.kind, derived.name);
    end loop;
end $$;
"""


def downgrade() -> None:
    op.execute(DERIVED)
    op.execute("drop schema verification cascade")
    for function in (
        "verify",
        "get_report",
        "marriage_status",
        "eldercare_stay",
        "submit_batch",
        "advance_batch",
    ):
        op.execute(f"drop function if exists api_v1.{function}")
    for table in ("audit.batch_item", "audit.batch", "audit.verification_log", "audit.chain_head"):
        op.execute(f"drop table {table} cascade")
    op.execute(
        "drop function audit.chain; drop function audit.refuse_change; drop sequence audit.report_number"
    )
    op.execute("drop index pub.aid_household_authorization_no_idx")
    for table in ("division_scope", "authorization_revocation", "authorization"):
        op.execute(f"drop table ops.{table} cascade")
    for table in SERVED:
        op.execute(f"drop table pub.{table} cascade")
