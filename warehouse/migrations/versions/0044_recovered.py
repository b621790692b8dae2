"""What a finding brought back is said with its decision; a person's request has the divisions it was recorded in."""

from alembic import op
from sqlalchemy import text

from warehouse.migrations.frozen.refusal import Refusal

revision = "0044"
down_revision = "0042"

RECOVERED = """
alter table ops.finding_decision
    add column recovered_yuan numeric(14, 2)
    check (recovered_yuan is null or recovered_yuan > 0 and decision in ('confirmed', 'cleared'));
comment on column ops.finding_decision.recovered_yuan is '已追回或停付的金额（元），如核对员所写；空为没有写';
"""
# Who recorded a request before has the divisions of now, as far as anybody knows.
DIVISIONS = """
alter table ops.person_request add column entered_divisions text[] not null default '{}';
comment on column ops.person_request.entered_divisions is '登记时登录所属的行政区划：无法确定为何人的请求归其所有';
alter table ops.person_request disable trigger append_only;
update ops.person_request as entered set entered_divisions = array(
    select scope.division_code from ops.division_scope as scope
    where scope.user_name = entered.recorded_login
    order by scope.division_code
);
alter table ops.person_request enable trigger append_only;
"""
# Made again by its script, with a column more or, by the former one, without.
TOLD = "drop function if exists api_v1.finding_decisions(text, text)"
SAID = "select exists (select from ops.finding_decision where recovered_yuan is not null)"
GENERATION = "drop view if exists analytics.generation"


def upgrade() -> None:
    op.execute(TOLD)
    op.execute(RECOVERED)
    op.execute(DIVISIONS)


def downgrade() -> None:
    if op.get_bind().execute(text(SAID)).scalar_one():
        raise Refusal(
            "Decisions on findings say what was recovered, which the older version does not know. Nothing was "
            "changed. Stay with this version, or restore the backup made before the upgrade."
        )
    op.execute(
        GENERATION + "; " + TOLD + ", api_v1.decide_finding(text, text, text, text, text, text, numeric);"
        # What reads the column goes with it, and is made again by the former scripts.
        " alter table ops.finding_decision drop column recovered_yuan cascade;"
        " drop trigger if exists keep_divisions on ops.person_request;"
        " alter table ops.person_request drop column entered_divisions cascade"
    )
