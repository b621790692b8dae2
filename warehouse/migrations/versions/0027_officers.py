"""Officers work by a login of their own: the reasons of decisions are served."""

from alembic import op

from warehouse.migrations.served_table import served_table

revision = "0027"
down_revision = "0026"

COLUMNS = {
    "reason_code": ("text", "原因代码"),
    "decision": ("text", "适用的处理：confirmed 属实，cleared 已消除，dismissed 排除，reopened 重新处理"),
    "is_right": ("boolean", "规则是否说对了；空为不计入核实准确率"),
    "title_zh": ("text", "中文说明"),
    "title_en": ("text", "英文说明"),
}


def upgrade() -> None:
    op.execute(served_table("finding_reason", "疑点处理的原因", COLUMNS))


def downgrade() -> None:
    """The functions of officers go with what they read; the scripts of the former version make no others."""
    op.execute(
        """
        drop function if exists
            api_v1.findings(text, text, text, text, text, integer), api_v1.worklist(text, integer, text),
            api_v1.finding_decisions(text), api_v1.decide_finding(text, text, text, text, text),
            api_v1.household_sheets(text, text), api_v1.finding_count(text, text, text),
            api_v1.finding_ids(text), api_v1.note_lookup(text, text, jsonb, bigint[]),
            api_v1.is_authorization(text), api_v1.finding_reasons(), api_v1.purposes();
        drop view if exists pub.scoped_finding_reason, pub.current_finding_reason cascade;
        drop view if exists api_v1.finding, api_v1.rule_title cascade;
        drop table pub.finding_reason cascade;
        """
    )
