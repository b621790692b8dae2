"""A whole run by a login that is no administrator: every step has the rights of its role and no others."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hostile_settings import make_hostile

from lab.simulator import generate
from warehouse.database.connection import Warehouse
from warehouse.database.migrate import migrate
from warehouse.pipeline.build import build_gate_publish
from warehouse.pipeline.runs import gate_deliveries, land, prepare
from warehouse.publishing.watch import is_watched

pytestmark = pytest.mark.builds

OWNERS = """
select distinct relnamespace::regnamespace::text, relowner::regrole::text from pg_class
where relkind = 'r' and relnamespace::regnamespace::text in ('raw', 'staging', 'intermediate', 'marts', 'rules')
"""

# As in docs/operations.md: what an administrator made before goes to the roles.
HAND_OVER = """
select format('alter table %s owner to %s', oid::regclass,
    case relnamespace::regnamespace::text when 'raw' then 'loader' else 'transformer' end)
from pg_class
where relkind = 'r' and relnamespace::regnamespace::text in ('raw', 'staging', 'intermediate', 'marts', 'rules')
"""


@pytest.fixture
def logins(database: Warehouse) -> Iterator[dict[str, Warehouse]]:
    """Addresses: `lands` may land and judge, `builds` may do the rest. As in docs/operations.md."""
    name = database.parameters["dbname"]
    roles = {"lands": "loader", "builds": "loader, transformer, publisher"}
    with psycopg.connect(database.address, autocommit=True) as admin:
        for step, granted in roles.items():
            admin.execute(f"create role {step}_{name} login password 'test' in role {granted}".encode())
    yield {step: database.at(username=f"{step}_{name}", password="test") for step in roles}
    with psycopg.connect(database.address, autocommit=True) as admin:
        for step in roles:
            admin.execute(f"drop role {step}_{name}".encode())  # fails where it owns anything


def test_every_step_of_a_run_acts_as_its_role(
    database: Warehouse, logins: dict[str, Warehouse], tmp_path: Path
) -> None:
    inbox = tmp_path / "inbox"
    generate(inbox, residents=400, seed=7, days=2)
    make_hostile(database)  # what a step does rests on no setting of others
    prepare(database)
    with database.connect() as connection:
        for (statement,) in connection.execute(HAND_OVER.encode()).fetchall():
            connection.execute(statement.encode())

    assert {delivery.outcome for delivery in land(logins["lands"], inbox)} == {"landed"}
    assert gate_deliveries(logins["lands"]) == []
    with pytest.raises(psycopg.errors.InsufficientPrivilege), logins["lands"].connect() as connection:
        connection.execute("update pub.current_generation set generation = 1")

    run = build_gate_publish(logins["builds"])
    assert run.publication is not None
    assert run.publication.generation == 1
    with database.connect() as connection:
        assert dict(connection.execute(OWNERS.encode()).fetchall()) == {
            "raw": "loader", "staging": "transformer", "intermediate": "transformer",
            "marts": "transformer", "rules": "transformer",
        }  # fmt: skip
        served = connection.execute(
            "select count(*), bool_and(reltuples > 0) from pub.current_resident, pg_class"
            " where oid = 'pub.resident'::regclass"
        ).fetchone()
        assert served is not None
        assert served[0] > 0
        assert served[1], "the planner knows nothing of what was published"
        # Dates are what the numbers say, whatever order of day and month the database is set to.
        assert connection.execute(
            "select bool_and(to_char(born_on, 'YYYYMMDD') = substr(id_number, 7, 8)) from marts.resident"
            " where length(id_number) = 18"
        ).fetchone() == (True,)
        # An officer's decision is news, and the next build reads it.
        connection.execute(
            """
            insert into ops.finding_decision
                (finding_id, rule_code, decision, reason_code, evidence_digest, decided_by)
            select finding_id, rule_code, 'dismissed', 'other', evidence_digest, 'tester'
            from rules.finding limit 1
            """
        )
        connection.execute("delete from ops.script")
        # What a step writes is noted for the publisher, whoever owns the table.
        assert is_watched(connection, "resident", "marts.resident", ("resident_id",))
    migrate(database)  # all rights are given anew, as in an upgrade
    assert build_gate_publish(logins["builds"]).publication is not None
    assert build_gate_publish(logins["builds"]).publication is None

    for login in logins.values():
        with login.connect() as connection:
            for secret in ("audit.verification_log", 'ops."authorization"'):
                with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                    connection.execute(f"select from {secret}".encode())


def test_a_login_acts_as_a_role_it_has_and_an_administrator_as_itself(
    database: Warehouse, logins: dict[str, Warehouse]
) -> None:
    assert database.acting_as("loader") == database
    assert logins["lands"].acting_as("publisher") == logins["lands"]
    assert logins["lands"].role == ""
    loader = logins["lands"].acting_as("loader")
    assert loader.role == "loader"
    with loader.connect() as connection:
        assert connection.execute("select current_user::text").fetchone() == ("loader",)


def test_a_step_does_not_migrate_with_rights_it_has_not(
    database: Warehouse, logins: dict[str, Warehouse]
) -> None:
    prepare(database)
    migrate(logins["lands"])  # up to date: nothing to do, and nothing tried
    with database.connect() as connection:
        connection.execute("delete from ops.script")
    with pytest.raises(Exception, match="permission denied"):
        migrate(logins["lands"])
