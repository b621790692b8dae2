"""Who let readers see another generation, by which login and when."""

from alembic import op

revision = "0031"
down_revision = "0030"

ROLLBACK = """
create table ops.rollback (
    rollback_id bigint generated always as identity primary key,
    generation integer not null references ops.generation,
    moved_by text not null,
    moved_login text not null,
    moved_at timestamptz not null default clock_timestamp()
);
comment on table ops.rollback is '回退：何人何时让读者改看另一世代；只增';
comment on column ops.rollback.generation is '此后读者所见的世代';
comment on column ops.rollback.moved_by is '回退的人；未报姓名时为登录';
comment on column ops.rollback.moved_login is '回退所用的数据库登录';
create trigger keep_login before insert on ops.rollback
for each row execute function ops.keep_login('moved_login');
create trigger append_only before update or delete or truncate on ops.rollback
for each statement execute function ops.refuse_change();
"""


def upgrade() -> None:
    op.execute(ROLLBACK)


def downgrade() -> None:
    op.execute("drop table ops.rollback")
