"""By which login people decided, kept by the database; what 0027 said of consents entered before it is unsaid."""

from alembic import op

revision = "0028"
down_revision = "0027"

# A caller may write any name; the login is the server's word.
KEEP = """
create function ops.keep_login() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    return jsonb_populate_record(new, jsonb_build_object(tg_argv[0], session_user));
end $$;
comment on function ops.keep_login() is '触发器：记下登录用户，调用者写什么都不算；参数为列名';
"""

# Table: column beside the name typed, what it is the login of.
LOGINS = {
    "finding_decision": ("decided_login", "作出决定"),
    "identity_decision": ("decided_login", "作出决定"),
    "withdrawal": ("said_login", "提出意见"),
    "authorization": ("entered_login", "登记"),
    "authorization_revocation": ("revoked_login", "撤回"),
}
KNEW = ("withdrawal", "authorization", "authorization_revocation")

# The revisions that brought these columns wrote the login that migrated into every row there was.
KNOWN = """
alter table ops.withdrawal rename login to said_login;
alter table ops.withdrawal alter said_login drop not null, alter said_login drop default;
alter table ops.authorization alter entered_login drop not null, alter entered_login drop default;
alter table ops.authorization_revocation alter revoked_login drop not null, alter revoked_login drop default;
"""

# When 0027 ran is kept nowhere, nor do the rows' transactions tell once a dump was restored. But its table was
# first published after it: what was entered before that publication may be older than the column.
UNSAY = """
with

first_published as (
    select coalesce(min(published.published_at), 'infinity') as published_at
    from ops.generation as published
    where published.generation = (select min(reason.from_generation) from pub.finding_reason as reason)
),

unsaid as (
    update ops.authorization set entered_login = null
    where entered_at < (select published_at from first_published)
)

update ops.authorization_revocation set revoked_login = null
where revoked_at < (select published_at from first_published);
"""

# An operator's word stands among the results of gates, where nobody speaks.
SPOKEN = """
alter table ops.gate_result add column said_by text, add column said_login text
    constraint a_login_speaks_for_somebody check (said_login is null or said_by is not null);
comment on column ops.gate_result.said_by is '放行暂扣交付的人；空值：检查所得，或未记姓名';
comment on column ops.gate_result.said_login is '放行所用的数据库登录；空值：检查所得，或不详';
create trigger keep_login before insert on ops.gate_result
for each row when (new.said_by is not null) execute function ops.keep_login('said_login');

alter table ops.inbox_stray add column ignored_login text;
comment on column ops.inbox_stray.ignored_login is '认可所用的数据库登录；空值：尚未认可，或不详';
create trigger keep_login before insert on ops.inbox_stray
for each row when (new.ignored_at is not null) execute function ops.keep_login('ignored_login');
create trigger keep_changed_login before update on ops.inbox_stray
for each row when (
    (old.ignored_by, old.ignored_at, old.ignored_reason, old.ignored_login)
    is distinct from (new.ignored_by, new.ignored_at, new.ignored_reason, new.ignored_login)
) execute function ops.keep_login('ignored_login');
"""

# Of a script: what it tells is logged with a purpose now.
OUTGROWN = "drop function if exists api_v1.finding_decisions(text)"

BACK = """
drop function if exists
    api_v1.finding_decisions(text, text), verification.is_own_authorization(text),
    verification.want_words(text, text), verification.want_consent(text, text[], text[], date, date, text);
drop trigger keep_login on ops.gate_result;
drop trigger keep_login on ops.inbox_stray;
drop trigger keep_changed_login on ops.inbox_stray;
alter table ops.gate_result drop column said_by, drop column said_login;
alter table ops.inbox_stray drop column ignored_login;
alter table ops.finding_decision drop column decided_login;
alter table ops.identity_decision drop column decided_login;
drop function ops.keep_login();
-- The older program says nothing of logins, and what is not known stays so.
alter table ops.withdrawal rename said_login to login;
alter table ops.withdrawal alter login set default session_user;
alter table ops.authorization alter entered_login set default session_user;
alter table ops.authorization_revocation alter revoked_login set default session_user;
"""


def upgrade() -> None:
    op.execute(OUTGROWN)
    op.execute(KEEP)
    op.execute(KNOWN)
    op.execute(UNSAY)
    for table, (column, deed) in LOGINS.items():
        if table not in KNEW:
            op.execute(f"alter table ops.{table} add column {column} text")
        op.execute(f"comment on column ops.{table}.{column} is '{deed}所用的数据库登录；空值：不详'")
        op.execute(
            f"create trigger keep_login before insert on ops.{table} for each row"
            f" execute function ops.keep_login('{column}')"
        )
    op.execute(SPOKEN)


def downgrade() -> None:
    for table in LOGINS:
        op.execute(f"drop trigger keep_login on ops.{table}")
    op.execute(BACK)
