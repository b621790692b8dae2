"""Officers work by a login of their own: the reasons of decisions are served."""

from alembic import op

from warehouse.migrations.frozen.served_table import served_table

revision = "0027"
down_revision = "0026"

COLUMNS = {
    "reason_code": ("text", "原因代码"),
    "decision": ("text", "适用的处理：confirmed 属实，cleared 已消除，dismissed 排除，reopened 重新处理"),
    "is_right": ("boolean", "规则是否说对了；空为不计入核实准确率"),
    "title_zh": ("text", "中文说明"),
    "title_en": ("text", "英文说明"),
}


# Who entered it is what the login says; by which login is what the server knows.
LOGINS = """
alter table ops.authorization add entered_login text not null default session_user;
alter table ops.authorization_revocation add revoked_login text not null default session_user;
comment on column ops.authorization.entered_login is '登记所用的数据库登录';
comment on column ops.authorization_revocation.revoked_login is '撤回所用的数据库登录';
"""


def upgrade() -> None:
    op.execute(served_table("finding_reason", "疑点处理的原因", COLUMNS))
    op.execute(LOGINS)


def downgrade() -> None:
    """The functions of officers go with what they read; the scripts of the former version make no others."""
    op.execute(
        """
        drop function if exists
            api_v1.findings(text, text, text, text, text, integer), api_v1.worklist(text, integer, text),
            api_v1.finding_decisions(text), api_v1.decide_finding(text, text, text, text, text),
            api_v1.household_sheets(text, text), api_v1.finding_count(text, text, text),
            api_v1.finding_ids(text), api_v1.note_lookup(text, text, jsonb, bigint[]),
            api_v1.authorization_state(text), api_v1.revoke_authorization(text, text, text),
            api_v1.enter_authorization(text, text[], text[], date, date, text), api_v1.finding_reasons(),
            api_v1.purposes();
        drop view if exists pub.scoped_finding_reason, pub.current_finding_reason cascade;
        drop view if exists verification.finding, api_v1.rule_title cascade;
        drop table pub.finding_reason cascade;
        alter table ops.authorization drop column entered_login;
        alter table ops.authorization_revocation drop column revoked_login;
        """
    )
