"""Schemas and the tables of operations: ledger, rejected lines, gates, generations, identity."""

from alembic import op

revision = "0001"
down_revision = None

# dbt owns staging, intermediate, marts and rules; they are created here so that roles
# can be given rights on them before the first build.
SCHEMAS = ("raw", "clean", "audit", "pub", "api_v1", "analytics", "staging", "intermediate", "marts", "rules")

TABLES = """
create table ops.script (
    name text primary key,
    sha256 text not null,
    applied_at timestamptz not null default now()
);
comment on table ops.script is '已应用的函数与视图脚本；内容不变则不再执行';

create table ops.feed (
    feed text primary key,
    system text not null,
    title_zh text not null,
    owner text not null,
    stale_after_days integer
);
comment on column ops.feed.stale_after_days is '超过多少天为过期；空为不会过期';
comment on table ops.feed is '数据来源：由契约登记，供时效与覆盖判断';

create table ops.delivery (
    delivery_id text primary key,
    system text not null,
    feed text not null,
    business_date date not null,
    mode text not null check (mode in ('full', 'delta')),
    sequence_no integer not null,
    file_name text not null,
    sha256 text not null,
    layout_version integer not null,
    received_count bigint not null,
    landed_count bigint not null,
    rejected_count bigint not null,
    repeated_count bigint not null,
    control_total_yuan numeric(18, 2),
    landed_total_yuan numeric(18, 2),
    rejected_total_yuan numeric(18, 2),
    status text not null default 'landed' check (status in ('landed', 'accepted', 'held')),
    landed_at timestamptz not null default now(),
    constraint every_line_accounted_for
        check (received_count = landed_count + rejected_count + repeated_count)
);
comment on table ops.delivery is '交付台账：每份已落地的交付一行，收到行数 = 落地 + 拒收 + 重复';
comment on column ops.delivery.status is 'landed 待检，accepted 通过落地检查，held 整份暂扣';
comment on column ops.delivery.repeated_count is
    '内容与该业务键现有版本逐字相同的行（原样保留在 raw，标记 _is_repeat）';
create index on ops.delivery (feed, business_date, sequence_no);

-- Which deliveries a model has taken in; written in the transaction that builds the model.
create table ops.absorbed_delivery (
    model text not null,
    delivery_id text not null,
    primary key (model, delivery_id)
);
comment on table ops.absorbed_delivery is '增量模型已处理的交付';

create table ops.rejected_delivery (
    delivery_id text not null,
    sha256 text not null,
    system text not null,
    feed text not null,
    business_date date,
    file_name text not null,
    reason_code text not null,
    reason text not null,
    first_seen_at timestamptz not null default now(),
    primary key (delivery_id, sha256, reason_code)
);
comment on table ops.rejected_delivery is '整份拒收的交付及原因（不含个人信息）；更正后的文件可再次交付';

create table ops.rejected_row (
    delivery_id text not null references ops.delivery,
    line_number bigint not null,
    reason_code text not null,
    column_name text,
    raw_line text not null,
    amount_yuan numeric(18, 2),
    primary key (delivery_id, line_number)
);
comment on table ops.rejected_row is '拒收的行：原文（限制访问）与原因';
comment on column ops.rejected_row.column_name is '出错的列（源文件表头）';
comment on column ops.rejected_row.raw_line is '原始行，含个人信息，仅限整改使用';

create table ops.gate_result (
    gate_result_id bigint generated always as identity primary key,
    gate text not null check (gate in ('landing', 'release', 'anomalies')),
    subject text not null,
    suite text not null,
    expectation text not null,
    column_name text,
    description text,
    severity text not null check (severity in ('critical', 'warning', 'info')),
    success boolean not null,
    element_count bigint,
    unexpected_count bigint,
    observed jsonb,
    rule_code text,
    checked_at timestamptz not null default now()
);
comment on table ops.gate_result is '检查关口结果：只有计数，没有个人信息';
comment on column ops.gate_result.subject is '交付编号，或 generation:N';
comment on column ops.gate_result.rule_code is '对应的疑点规则，明细见 rules.finding';
create index on ops.gate_result (gate, subject);

create table ops.generation (
    generation integer primary key,
    business_date date not null,
    inputs_digest text not null,
    published_at timestamptz not null default now(),
    inserted_count bigint not null,
    closed_count bigint not null
);
comment on table ops.generation is '发布世代：每次发布一行';
comment on column ops.generation.inputs_digest is '所用交付与程序版本的摘要；相同则无需重建';

create table ops.build (
    build_id bigint generated always as identity primary key,
    business_date date not null,
    deliveries_digest text not null,
    program_digest text not null,
    generation integer not null references ops.generation,
    finished_at timestamptz not null default now()
);
comment on table ops.build is '构建记录：每次走完全程一行；交付与程序的摘要都相同则无需再建';

-- Resident ids: never reused, never renumbered. One row per identity number seen valid.
create table ops.resident_identity (
    resident_id bigint generated always as identity primary key,
    id_number text not null unique,
    first_delivery_id text not null,
    first_line_number bigint not null
);
comment on table ops.resident_identity is '居民编号与公民身份号码的对应；编号永不复用';

create table ops.person_link (
    feed text not null,
    delivery_id text not null,
    line_number bigint not null,
    role text not null,
    resident_id bigint references ops.resident_identity,
    method text not null check (method in ('id_number', 'probabilistic', 'reviewed', 'unresolved')),
    match_score numeric(6, 5),
    primary key (delivery_id, line_number, role)
);
comment on table ops.person_link is '每个被提及的人对应的居民及依据';
create index on ops.person_link (resident_id);
"""


def upgrade() -> None:
    for schema in SCHEMAS:
        op.execute(f"create schema if not exists {schema}")
    op.execute(TABLES)


def downgrade() -> None:
    for schema in SCHEMAS:
        op.execute(f"drop schema if exists {schema} cascade")
    for table in (
        "person_link",
        "resident_identity",
        "build",
        "generation",
        "gate_result",
        "rejected_row",
        "rejected_delivery",
        "absorbed_delivery",
        "delivery",
        "feed",
        "script",
    ):
        op.execute(f"drop table ops.{table}")
