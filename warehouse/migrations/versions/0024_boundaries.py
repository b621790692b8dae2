"""What belongs to whom: turns readers cannot take, and reports, batches and request numbers of those who asked."""

from alembic import op
from sqlalchemy import text

from warehouse.migrations.frozen.refusal import Refusal

revision = "0024"
down_revision = "0023"

TURN = """
create table ops.turn (name text primary key);
insert into ops.turn (name) values ('build'), ('publish'), ('prepare'), ('link'), ('alert'), ('anchor');
alter table ops.turn enable row level security;
comment on table ops.turn is '轮流进行的工作，一行一项：进行者在其事务中锁住该行；无权写入此表者不能使别人等待';
comment on column ops.turn.name is '工作名称：build 构建，publish 发布，anchor 锚定日志等';
"""

# Nobody logs in as approval_api but a superuser who lays down all other rights (the embedded server).
DOOR = """
create table ops.client_door (user_name text primary key);
insert into ops.client_door (user_name) values ('approval_api');
comment on table ops.client_door is '代客户提问的数据库登录用户（REST 服务）：只有他们所说的客户名称可信';
comment on column ops.client_door.user_name is '登录用户';
"""

# Whoever asks is a client that a door knows, or the login itself. The number of a report is random.
ASKER = """
alter table audit.verification_log alter column client drop default;
alter table audit.batch alter column client drop default;
drop index audit.verification_log_request_id_idx;
create unique index verification_log_asked_once on audit.verification_log
    (request_id, (coalesce('client ' || client, 'login ' || caller))) where outcome = 'answered';
drop sequence audit.report_number;
"""

# An officer reads on the strength of the office, not of an authorization, and what was read is not kept.
READING = """
alter table audit.verification_log drop constraint verification_log_outcome_check;
alter table audit.verification_log add constraint verification_log_outcome_check
    check (outcome in ('answered', 'repeated', 'refused', 'read'));
alter table audit.verification_log drop constraint an_answer_has_its_reasons;
alter table audit.verification_log add constraint an_answer_has_its_reasons check (
    outcome = 'refused'
    or (purpose is not null and (outcome = 'read' or (authorization_no is not null and report_no is not null)))
);
comment on column audit.verification_log.outcome is
    'answered 出具答复，repeated 再次给出已有答复，refused 不予答复，read 核对员查阅';
"""

FAIR_QUEUE = """
alter table audit.batch add column advanced_at timestamptz;
alter table audit.batch add column finished_at timestamptz;
comment on column audit.batch.advanced_at is '最近一次办理其中一个请求的时间：轮到最久未办理的客户';
comment on column audit.batch.finished_at is '办完的时间';
update audit.batch as batch set finished_at = submitted_at
where not exists (
    select from audit.batch_item as item
    where item.batch_id = batch.batch_id and item.report_no is null and item.problem_code is null
);
create index on audit.batch (submitted_at) where finished_at is null;
create index on audit.batch (client, advanced_at);
"""

# Of a script: with other parameters now.
OUTGROWN = """
drop function if exists api_v1.household_check(text), api_v1.benefit_overlap(text), api_v1.resident_status(text);
"""

FOREIGN = """
select
    exists (select from audit.verification_log where outcome = 'read')
    or exists (
        select from audit.verification_log where outcome = 'answered' group by request_id having count(*) > 1
    )
"""

BACK = """
drop function if exists
    api_v1.household_check(text, text), api_v1.benefit_overlap(text, text), api_v1.resident_status(text, text),
    api_v1.advance_batches(), api_v1.batch(uuid), api_v1.is_client_door(), api_v1.reproduce(text),
    api_v1.resident_of(text);
drop view if exists api_v1.source_freshness cascade;
alter table audit.batch drop column advanced_at, drop column finished_at;
alter table audit.verification_log drop constraint an_answer_has_its_reasons;
alter table audit.verification_log add constraint an_answer_has_its_reasons check (
    outcome = 'refused'
    or (authorization_no is not null and purpose is not null and report_no is not null)
);
alter table audit.verification_log drop constraint verification_log_outcome_check;
alter table audit.verification_log add constraint verification_log_outcome_check
    check (outcome in ('answered', 'repeated', 'refused'));
comment on column audit.verification_log.outcome is
    'answered 出具答复，repeated 再次给出已有答复，refused 不予答复';
drop index audit.verification_log_asked_once;
create unique index on audit.verification_log (request_id) where outcome = 'answered';
alter table audit.verification_log alter column client
    set default nullif(current_setting('minzheng.client', true), '');
alter table audit.batch alter column client set default nullif(current_setting('minzheng.client', true), '');
create sequence audit.report_number;
select setval('audit.report_number', (select count(*) + 1 from audit.verification_log));
drop table ops.client_door;
drop table ops.turn;
"""


def upgrade() -> None:
    for statements in (OUTGROWN, TURN, DOOR, ASKER, READING, FAIR_QUEUE):
        op.execute(statements)


def downgrade() -> None:
    if op.get_bind().execute(text(FOREIGN)).scalar_one():
        raise Refusal(
            "The verification log has readings of officers, or request numbers that two clients used, which the "
            "older version does not know. Nothing was changed. Stay with this version, or restore the backup made "
            "before the upgrade."
        )
    op.execute(BACK)
