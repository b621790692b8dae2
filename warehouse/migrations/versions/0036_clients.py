"""Clients of the REST service with their tokens, kept where a running service sees them."""

from alembic import op

revision = "0036"
down_revision = "0033"

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

BACK = """
drop function if exists
    api_v1.client_tokens(text[]), verification.is_authorization_of_client(text),
    verification.is_authorization_of(text, text[]);
drop table ops.client_token;
drop table ops.client;
"""


def upgrade() -> None:
    op.execute(TOKENS)


def downgrade() -> None:
    op.execute(BACK)
