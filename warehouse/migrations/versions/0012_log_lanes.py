"""The verification log is chained in lanes, so that answers need not queue for the disk; who asked by name."""

from alembic import op
from sqlalchemy import text

from warehouse.migrations.frozen.refusal import Refusal

revision = "0012"
down_revision = "0011"

LANES = """
alter table audit.verification_log add column lane smallint not null default 0;
alter table audit.verification_log add column client text;
alter table audit.verification_log alter column client set default nullif(current_setting('minzheng.client', true), '');
alter table audit.verification_log drop constraint verification_log_pkey;
alter table audit.verification_log add primary key (lane, log_id);
comment on column audit.verification_log.lane is '并行的链之一；编号与摘要在各链内相连';
comment on column audit.verification_log.client is 'REST 接口凭令牌或证书认出的系统；直接用 SQL 时为空';

alter table audit.chain_head drop column is_only_row;
alter table audit.chain_head add column lane smallint not null default 0 primary key;
insert into audit.chain_head (lane, log_id, row_hash)
select lane, 0, sha256(convert_to('minzheng ' || lane, 'UTF8')) from generate_series(1, 15) as lane;
comment on table audit.chain_head is '核对日志各链的末行编号与摘要';

-- Rows written before read as they did: they are of lane 0 and name no client.
create or replace function audit.row_text(logged audit.verification_log) returns text
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
)::text
|| case when logged.lane = 0 and logged.client is null then ''
    else jsonb_build_array(logged.lane, logged.client)::text end;
end;

create or replace function audit.chain() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    -- The first lane nobody writes to: its lock is held until the row is on the disk.
    select head.lane, head.log_id + 1, head.row_hash into new.lane, new.log_id, new.previous_hash
    from audit.chain_head as head order by head.lane limit 1 for update skip locked;
    if not found then
        select head.lane, head.log_id + 1, head.row_hash into new.lane, new.log_id, new.previous_hash
        from audit.chain_head as head
        where head.lane = pg_catalog.pg_backend_pid() % (select count(*) from audit.chain_head)
        for update;
    end if;
    new.row_hash := sha256(new.previous_hash || convert_to(audit.row_text(new), 'UTF8'));
    update audit.chain_head as head set log_id = new.log_id, row_hash = new.row_hash where head.lane = new.lane;
    return new;
end $$;

alter table audit.batch add column client text default nullif(current_setting('minzheng.client', true), '');
comment on column audit.batch.client is '提交的系统：各请求以其名义办理';
"""

BACK_TO_ONE = """
alter table audit.batch drop column client;
delete from audit.chain_head where lane > 0;
alter table audit.chain_head drop column lane;
alter table audit.chain_head add column is_only_row boolean primary key default true check (is_only_row);
comment on table audit.chain_head is '核对日志的末行编号与摘要';

create or replace function audit.row_text(logged audit.verification_log) returns text
language sql stable set search_path = ''
begin atomic
select jsonb_build_array(
    logged.log_id, extract(epoch from logged.logged_at), logged.operation, logged.outcome, logged.problem_code,
    logged.caller, logged.operator, logged.purpose, logged.authorization_no, logged.request_id, logged.report_no,
    logged.generation, logged.asked_on - date '2000-01-01', logged.open_feeds, logged.resident_ids,
    logged.request, logged.answer
)::text;
end;

create or replace function audit.chain() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    select head.log_id + 1, head.row_hash into new.log_id, new.previous_hash
    from audit.chain_head as head for update;
    new.row_hash := sha256(new.previous_hash || convert_to(audit.row_text(new), 'UTF8'));
    update audit.chain_head set log_id = new.log_id, row_hash = new.row_hash;
    return new;
end $$;

alter table audit.verification_log drop constraint verification_log_pkey;
alter table audit.verification_log drop column lane, drop column client;
alter table audit.verification_log add primary key (log_id);
"""


# Of a script, which then makes what it still has in the shape it has now.
OUTGROWN = """
drop function if exists verification.income_items, verification.property_items, verification.household;
"""


def upgrade() -> None:
    op.execute(OUTGROWN)
    op.execute(LANES)


def downgrade() -> None:
    foreign = "select exists (select from audit.verification_log where lane > 0 or client is not null)"
    if op.get_bind().execute(text(foreign)).scalar_one():
        raise Refusal(
            "The verification log has rows in several lanes or with the name of a client, which the older "
            "version cannot check: it would take them for forged. Nothing was changed. Stay with this version, "
            "or restore the backup made before the upgrade."
        )
    op.execute(OUTGROWN)
    op.execute(BACK_TO_ONE)
