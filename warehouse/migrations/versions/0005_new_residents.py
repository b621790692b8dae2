"""New residents: ids without a number, the weighing kept per mention, and whole residents that move."""

from alembic import op

revision = "0005"
down_revision = "0004"

TABLES = """
-- Nobody has told the number of a new resident yet; the mention that founded it is its key instead.
alter table ops.resident_identity
    alter column id_number drop not null,
    add column first_role text,
    add check (id_number is not null or first_role is not null);
create unique index resident_identity_founder on ops.resident_identity
    (first_delivery_id, first_line_number, first_role);
comment on column ops.resident_identity.id_number is '公民身份号码；空为新居民：尚无有效号码';
comment on column ops.resident_identity.first_role is '新居民由此行的这一角色而立；有号码者为空';

create table ops.name_sound (
    name text primary key,
    sound text not null
);
comment on table ops.name_sound is '姓名的读音（无声调拼音），每个写法只算一次';

create table ops.resident_name (
    resident_id bigint not null references ops.resident_identity,
    name text not null,
    primary key (resident_id, name)
);
create index on ops.resident_name (name);
comment on table ops.resident_name is '与有效号码同行出现过的姓名';

create table ops.identity_weighed (
    delivery_id text not null,
    line_number bigint not null,
    role text not null,
    basis text not null,
    primary key (delivery_id, line_number, role)
);
comment on table ops.identity_weighed is '已比对的提及；依据未变则不重算';
comment on column ops.identity_weighed.basis is '模型摘要、居民数量级与同名数量级';

create table ops.identity_pair (
    delivery_id text not null,
    line_number bigint not null,
    role text not null,
    resident_id bigint not null references ops.resident_identity,
    weight double precision not null,
    reasons text[] not null,
    primary key (delivery_id, line_number, role, resident_id)
);
create index on ops.identity_pair (resident_id);
comment on table ops.identity_pair is '比对的结果：提及与可能的居民及权重（以 2 为底的对数）';

alter table ops.identity_event drop constraint identity_event_kind_check;
alter table ops.identity_event add check (
    kind in ('linked', 'unlinked', 'moved', 'merged', 'split', 'renumbered')
);
comment on column ops.identity_event.kind is
    'linked 归入，unlinked 解除，moved 改归，merged 原居民并入他人，split 分出新居民，renumbered 号码更正（编号不变）';
"""

# What the former program did not know goes; its residents with a number stay.
REMOVAL = """
drop view if exists ops.merged_resident;
delete from ops.identity_event where kind in ('merged', 'split', 'renumbered');
alter table ops.identity_event drop constraint identity_event_kind_check;
alter table ops.identity_event add check (kind in ('linked', 'unlinked', 'moved'));
comment on column ops.identity_event.kind is null;
drop table ops.identity_pair, ops.identity_weighed, ops.resident_name, ops.name_sound;

create temporary table new_resident on commit drop as
select resident_id from ops.resident_identity where id_number is null;
update ops.person_link set resident_id = null, method = 'unresolved', match_score = null
where resident_id in (select resident_id from new_resident);
delete from ops.identity_event
where before_resident_id in (select resident_id from new_resident)
    or after_resident_id in (select resident_id from new_resident);
delete from ops.identity_decision where resident_id in (select resident_id from new_resident);
delete from ops.resident_identity where resident_id in (select resident_id from new_resident);
drop table new_resident;

drop index ops.resident_identity_founder;
alter table ops.resident_identity drop column first_role, alter column id_number set not null;
comment on column ops.resident_identity.id_number is null;
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute(REMOVAL)
