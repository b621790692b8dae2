"""Identity: whom the number alone names, why a link was made, the review, its decisions, and what moved."""

from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = """
alter table ops.person_link
    add column number_resident_id bigint references ops.resident_identity,
    add column reasons text[] not null default '{}';
comment on column ops.person_link.number_resident_id is '号码本身所指的居民；姓名冲突时可与 resident_id 不同';
comment on column ops.person_link.reasons is '关联依据（不含个人信息）';
update ops.person_link set number_resident_id = resident_id where method = 'id_number';
create index on ops.person_link (number_resident_id);
create index on ops.person_link (method) where method <> 'id_number';

create table ops.identity_review (
    delivery_id text not null,
    line_number bigint not null,
    role text not null,
    resident_id bigint not null references ops.resident_identity,
    kind text not null check (kind in ('name_conflict', 'near_tie', 'grey')),
    match_score numeric(6, 5) not null,
    reasons text[] not null,
    primary key (delivery_id, line_number, role, resident_id)
);
comment on table ops.identity_review is '待人工核对：提及与可能的居民，每次识别重算';
comment on column ops.identity_review.kind is
    'name_conflict 号码相同而姓名不同，near_tie 两名居民难分，grey 把握不足';

-- Append-only: the latest decision on a pair holds, and none is ever lost.
create table ops.identity_decision (
    decision_id bigint generated always as identity primary key,
    delivery_id text not null,
    line_number bigint not null,
    role text not null,
    resident_id bigint not null references ops.resident_identity,
    decision text not null check (decision in ('same', 'different', 'undecided')),
    decided_by text not null,
    decided_at timestamptz not null default now(),
    note text
);
comment on table ops.identity_decision is '人工核对的决定：只增不改，最新的有效，优先于一切推断';
create index on ops.identity_decision (delivery_id, line_number, role);

create table ops.identity_event (
    event_id bigint generated always as identity primary key,
    happened_at timestamptz not null default now(),
    kind text not null check (kind in ('linked', 'unlinked', 'moved')),
    delivery_id text not null,
    line_number bigint not null,
    role text not null,
    before_resident_id bigint references ops.resident_identity,
    after_resident_id bigint references ops.resident_identity,
    method text not null
);
comment on table ops.identity_event is '此前已处理的提及改变归属的记录';
create index on ops.identity_event (delivery_id, line_number, role);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    for table in ("identity_event", "identity_decision", "identity_review"):
        op.execute(f"drop table ops.{table}")
    op.execute(
        "alter table ops.person_link drop column number_resident_id, drop column reasons;"
        "drop index ops.person_link_method_idx"
    )
