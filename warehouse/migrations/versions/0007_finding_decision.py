"""What officers decide about findings, and what a decision needs to know: digest of the evidence, link score."""

from alembic import op

from warehouse.migrations.frozen.served_table import current_view

revision = "0007"
down_revision = "0006"

COLUMNS = {
    "evidence_digest": ("text", "依据摘要：期间、金额、事实与来源种类；与所在行无关"),
    "link_score": ("numeric(6,5)", "身份关联的把握（0 至 1），取最弱一环；空值表示不依赖身份"),
}

# Append-only: the latest decision on a finding holds, and none is ever lost.
DECISIONS = """
create table ops.finding_decision (
    decision_id bigint generated always as identity primary key,
    finding_id text not null,
    rule_code text not null,
    division_code text,
    evidence_digest text not null,
    decision text not null check (decision in ('confirmed', 'cleared', 'dismissed', 'reopened')),
    reason_code text not null,
    decided_by text not null check (decided_by <> ''),
    decided_at timestamptz not null default now(),
    note text
);
comment on table ops.finding_decision is '疑点的处理决定：只增不改，最新的有效';
comment on column ops.finding_decision.evidence_digest is '作出决定时的依据摘要；依据变化后，排除与消除不再有效';
comment on column ops.finding_decision.decision is
    'confirmed 属实，cleared 已消除，dismissed 排除，reopened 重新处理';
create index on ops.finding_decision (finding_id, decision_id);

create function ops.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger append_only before update or delete or truncate on ops.finding_decision
for each statement execute function ops.refuse_change();
"""


def upgrade() -> None:
    for name, (kind, title) in COLUMNS.items():
        op.execute(f"alter table pub.finding add column {name} {kind}")
        op.execute(f"comment on column pub.finding.{name} is '{title}'")
    op.execute(current_view("finding"))
    op.execute(DECISIONS)


def downgrade() -> None:
    # Views of other schemas stand on this one; the scripts make them again.
    op.execute("drop view if exists ops.finding_state")
    op.execute("drop view pub.current_finding cascade")
    for name in COLUMNS:
        op.execute(f"alter table pub.finding drop column {name}")
    op.execute(current_view("finding"))
    op.execute("comment on view pub.current_finding is '疑点（读者所见的世代）'")
    op.execute("drop table ops.finding_decision")
    op.execute("drop function ops.refuse_change")
