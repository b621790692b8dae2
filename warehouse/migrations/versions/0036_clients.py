"""Clients of the REST service: tokens that a running service sees, whom to call back; officers who sign in by OIDC."""

from alembic import op

revision = "0036"
down_revision = "0035"

KINDS = (
    "pipeline_failed", "gate_closed", "delivery_held", "delivery_refused", "late_feed", "findings_jump", "inbox_stray",
)  # fmt: skip

TOKENS = """
create table ops.client (
    client text primary key check (client ~ '^[^[:cntrl:]]{1,64}$'),
    divisions text[] not null check (divisions <> '{}'),
    added_at timestamptz not null default clock_timestamp(),
    added_login text not null default session_user
);
comment on table ops.client is '询问的系统（REST 服务的客户）；不在此列的（设置或证书所载）不限区划';
comment on column ops.client.client is '客户名称：报告、批量和请求编号归其所有';
comment on column ops.client.divisions is '只认这些区划的授权书；* 为全部';
comment on column ops.client.added_login is '登记者的数据库登录';

create table ops.client_token (
    token_id bigint generated always as identity primary key,
    client text not null references ops.client,
    sha256 text not null unique check (sha256 ~ '^[0-9a-f]{64}$'),
    valid_from date not null,
    valid_to date check (valid_to >= valid_from),
    added_at timestamptz not null default clock_timestamp(),
    added_login text not null default session_user,
    last_used_at timestamptz,
    withdrawn_at timestamptz,
    withdrawn_login text,
    withdrawn_reason text,
    check ((withdrawn_at is null) = (withdrawn_login is null)),
    check ((withdrawn_at is null) = (withdrawn_reason is null))
);
comment on table ops.client_token is '客户的访问令牌：只存摘要，令牌本身不存';
comment on column ops.client_token.sha256 is '令牌的 SHA-256';
comment on column ops.client_token.valid_from is '自何日起有效（北京时间）';
comment on column ops.client_token.valid_to is '至何日止，含当日；空为至撤回为止';
comment on column ops.client_token.added_login is '登记者的数据库登录';
comment on column ops.client_token.last_used_at is '最近一次使用，精确到分钟';
comment on column ops.client_token.withdrawn_at is '撤回之时，此后不再有效';
comment on column ops.client_token.withdrawn_login is '撤回者的数据库登录';
comment on column ops.client_token.withdrawn_reason is '撤回的原因';
"""

CALLBACKS = """
drop function if exists api_v1.submit_batch(jsonb);  -- takes an address to call back besides, from now on

create table ops.batch_callback (
    batch_id uuid primary key references audit.batch on delete cascade,
    client text not null,
    url text not null check (length(url) <= 500),
    attempts integer not null default 0,
    next_attempt_at timestamptz default clock_timestamp(),
    delivered_at timestamptz,
    given_up_at timestamptz,
    last_error text,
    check (num_nonnulls(next_attempt_at, delivered_at, given_up_at) = 1)
);
create index on ops.batch_callback (next_attempt_at) where next_attempt_at is not null;
comment on table ops.batch_callback is '批量复核办结后回调客户：只告知编号、状态和项数';
comment on column ops.batch_callback.client is '提交的客户';
comment on column ops.batch_callback.url is '客户给出的回调地址';
comment on column ops.batch_callback.attempts is '已尝试的次数，先记后试';
comment on column ops.batch_callback.next_attempt_at is '何时可（再）试；空为已送达或已放弃';
comment on column ops.batch_callback.delivered_at is '对方应答 2xx 之时';
comment on column ops.batch_callback.given_up_at is '最后一次失败之时，不再尝试';
comment on column ops.batch_callback.last_error is '最近一次失败的代码';
"""

SUBJECTS = """
alter table desk.account
    alter column salt drop not null,
    alter column argon2 drop not null,
    alter column totp_secret drop not null,
    add column issuer text,
    add column subject text check (subject <> ''),
    add unique (issuer, subject),
    add constraint one_way_to_sign_in check (
        num_nulls(salt, argon2, totp_secret) = case when subject is null then 0 else 3 end
        and (issuer is null) = (subject is null)
    );
comment on column desk.account.issuer is '统一身份认证服务（OIDC 的 issuer）；空为本地账号';
comment on column desk.account.subject is '该服务中此人的编号（sub），由管理员登记；空为本地账号';
"""

# Whoever signs in by OIDC cannot sign in with the older version: `minzheng officer add` makes a local account.
UNKNOWN_BEFORE = """
do $$
declare
    known record;
begin
    for known in select login from desk.account where subject is not null loop
        execute format('drop function if exists desk.%I(text)', known.login);
    end loop;
end $$;
delete from desk.account where subject is not null;
alter table desk.account
    drop column issuer,
    drop column subject,
    alter column salt set not null,
    alter column argon2 set not null,
    alter column totp_secret set not null;
"""

# Alerts of a kind that the older version does not know.
FORGET = """
alter table ops.alert disable trigger user;
alter table ops.alert_notice disable trigger user;
delete from ops.alert_notice where alert_id in (select alert_id from ops.alert where kind = 'callback_failed');
delete from ops.alert where kind = 'callback_failed';
alter table ops.alert enable trigger user;
alter table ops.alert_notice enable trigger user;
"""

BACK = """
drop function if exists
    api_v1.client_tokens(text[]), verification.is_authorization_of_client(text),
    verification.is_authorization_of(text, text[]), api_v1.submit_batch(jsonb, text), api_v1.claim_callback(),
    api_v1.settle_callback(uuid, text), api_v1.batch(uuid), api_v1.batch_page(uuid, integer, integer),
    verification.batch_progress(uuid, integer, integer), verification.callback_wait(integer),
    verification.callback_state(uuid);
drop table ops.batch_callback;
drop table ops.client_token;
drop table ops.client;
"""


def _kinds(*kinds: str) -> str:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    return (
        "alter table ops.alert drop constraint alert_kind_check;"
        f"alter table ops.alert add constraint alert_kind_check check (kind in ({listed}));"
    )


def upgrade() -> None:
    op.execute(_kinds(*KINDS, "callback_failed"))
    op.execute(TOKENS)
    op.execute(CALLBACKS)
    op.execute(SUBJECTS)


def downgrade() -> None:
    op.execute(UNKNOWN_BEFORE)
    op.execute(FORGET)
    op.execute(_kinds(*KINDS))
    op.execute(BACK)
