"""An answer and its row in the log cost less: nobody is looked up twice, and no text is made twice."""

from alembic import op

revision = "0014"
down_revision = "0013"

# The very text of revision 0012, whose rows must read the same for ever. PL/pgSQL keeps its plan from
# call to call, and json takes an answer over as it is, where jsonb would take it apart. Lists are
# jsonb, because json writes them without blanks.
QUICK_TEXT = """
create or replace function audit.row_text(logged audit.verification_log) returns text
language plpgsql stable set search_path = '' as $$
begin
    return json_build_array(
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
        to_jsonb(logged.open_feeds),
        to_jsonb(logged.resident_ids),
        logged.request,
        logged.answer
    )::text
    || case when logged.lane = 0 and logged.client is null then ''
        else json_build_array(logged.lane, logged.client)::text end;
end $$;
"""

# Not every build of the server has lz4.
QUICK_PACKING = """
do $$
begin
    alter table audit.verification_log alter column answer set compression lz4;
exception
    when feature_not_supported then null;
end $$;
"""

TEXT = """
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
"""

# Of a script: what one statement makes now.
OUTGROWN = """
drop function if exists
    verification.place, verification.sources, verification.members, verification.household, verification.flags;
"""


# What the register says of who is found: looked up once, with the number.
ASKED = {"division_code": "text", "household_type": "text", "is_registered": "boolean", "died_on": "date"}


def upgrade() -> None:
    op.execute(OUTGROWN)
    for name, kind in ASKED.items():
        op.execute(f"alter type verification.asked_member add attribute {name} {kind}")
    op.execute(QUICK_TEXT)
    op.execute(QUICK_PACKING)


def downgrade() -> None:
    for name in ASKED:
        op.execute(f"alter type verification.asked_member drop attribute {name}")
    op.execute("alter table audit.verification_log alter column answer set compression default")
    op.execute(TEXT)
