"""The names a number is known by: kept by linkage, served beside the resident, read by verification."""

from alembic import op

from warehouse.migrations.frozen.served_table import current_view

revision = "0026"
down_revision = "0025"

HOLDER_NAME = """
create table ops.holder_name (
    resident_id bigint not null references ops.resident_identity,
    name text not null,
    primary key (resident_id, name)
);
comment on table ops.holder_name is '号码持有人为人所知的姓名（含曾用名）：关联和核对据此判断姓名与号码是否相符';
comment on column ops.holder_name.resident_id is '号码所指的居民';
comment on column ops.holder_name.name is '姓名（归一）';

alter table pub.resident add column known_names jsonb;
comment on column pub.resident.known_names is '号码持有人为人所知的姓名，含曾用名；空值：只有现姓名';
"""


def upgrade() -> None:
    op.execute(HOLDER_NAME)
    op.execute(current_view("resident"))


def downgrade() -> None:
    # Views of other schemas stand on this one; the scripts make them again.
    op.execute("drop view pub.current_resident cascade")
    op.execute("drop view if exists pub.scoped_resident cascade")
    op.execute("alter table pub.resident drop column known_names")
    op.execute(current_view("resident"))
    op.execute("drop table ops.holder_name")
