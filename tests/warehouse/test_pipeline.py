"""The whole job on invented towns: nothing lost, nothing twice, the same from any order."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import pytest
from fingerprints import fingerprints
from psycopg import sql
from psycopg.types.json import Jsonb

from ingestion.cleaning import key_hash
from ingestion.contract import load_contracts
from ingestion.errors import RequestError
from ingestion.raw_table import table
from lab.scoring.evaluate import evaluate
from lab.simulator import generate
from warehouse.database.connection import Warehouse
from warehouse.database.errors import UsageError
from warehouse.database.settings import BUREAU_TIME, PROJECT_ROOT
from warehouse.pipeline.runs import accept, run
from warehouse.publishing.served import PUBLISHED
from warehouse.verification import authorization

pytestmark = pytest.mark.builds


@pytest.fixture(scope="module")
def city(templates) -> Path:
    """A town large enough to count shares in, with all defects, three days of deliveries."""
    return templates.folder("city", lambda inbox: generate(inbox, residents=1200, seed=11, days=3))


@pytest.fixture(scope="module")
def published_city(city, templates) -> Warehouse:
    """A template into which the city's deliveries were run at once."""

    def publish(database: Warehouse) -> None:
        assert run(database, city).publication.generation == 1

    return templates.made_once("city", publish)


@pytest.fixture(scope="module")
def published(published_city, new_database) -> Warehouse:
    """The city for tests that only read."""
    return new_database(published_city)


@pytest.fixture
def copy(published_city, new_database) -> Warehouse:
    return new_database(published_city)


@pytest.fixture(scope="module")
def clean_town(tmp_path_factory) -> Path:
    """A town whose numbers, names and dates are all well written."""
    inbox = tmp_path_factory.mktemp("clean_town")
    generate(inbox, residents=1500, seed=12, days=3, defects=0)
    return inbox


def test_of_marts_that_follow_the_news_a_key_is_found_by_index_on_both_sides(published):
    models = PROJECT_ROOT / "dbt_project" / "models" / "marts"
    follow = {path.stem for path in models.glob("*.sql") if "strategy='touched'" in path.read_text()}
    indexed = """
        select count(*) from pg_index
        where indrelid = %s::regclass and pg_get_expr(indexprs, indrelid) = %s
    """
    key_types = """
        select array_agg(format_type(atttypid, atttypmod) order by attname) from pg_attribute
        where attrelid = %s::regclass and attname = any(%s)
    """
    with published.connect() as connection:
        for item in PUBLISHED:
            if item.name in follow:
                key_hash_taken = f"hash_record_extended(ROW({', '.join(item.key)}), (0)::bigint)"
                found = [
                    (
                        connection.execute(indexed, [relation, key_hash_taken]).fetchone(),
                        connection.execute(key_types, [relation, list(item.key)]).fetchone(),
                    )
                    for relation in (item.source, f"pub.{item.name}")
                ]
                # of another type a column would be hashed after a cast, which the index knows nothing of
                assert found == [((1,), found[0][1])] * 2, item.name


def test_of_the_missed_those_told_as_not_assessable_are_counted(copy, city):
    with copy.connect() as connection:
        ids = [
            finding
            for (finding,) in connection.execute(
                "select finding_id from rules.finding where rule_code = 'A03' and outcome = 'hit' order by 1 limit 3"
            ).fetchall()
        ]
        connection.execute("delete from rules.finding where finding_id = %s", [ids[0]])
        connection.execute(
            "update rules.finding set outcome = 'not_assessable' where finding_id = %s", [ids[1]]
        )
        # Known by the line alone.
        connection.execute(
            """
            update marts.person_mention as mentions set resident_id = null, method = 'unresolved'
            from rules.finding as findings
            where findings.finding_id = %s and mentions.role = 'deceased'
                and mentions.resident_id = findings.subject_resident_id
            """,
            [ids[2]],
        )
        connection.execute(
            "update rules.finding set outcome = 'not_assessable', subject_resident_id = null where finding_id = %s",
            [ids[2]],
        )
        score = next(
            score for score in evaluate(connection, city / "truth").rules if score.rule_code == "A03"
        )
    assert (score.missed, score.missed_but_told) == (3, 2)


def test_every_line_is_accounted_for_and_every_mention_is_there(published, city):
    with published.connect() as connection:
        lost = connection.execute(
            "select count(*) from ops.delivery where received_count <> landed_count + rejected_count + repeated_count"
        ).fetchone()
        rejected = connection.execute("select count(*) from ops.rejected_row").fetchone()
        evaluation = evaluate(connection, city / "truth")
    assert lost == (0,)
    assert evaluation.linkage.missing == rejected[0]
    assert evaluation.linkage.unexpected == 0
    assert evaluation.linkage.precision == 1.0
    assert evaluation.linkage.recall > 0.994
    scores = {(score.kind, score.slice): score for score in evaluation.slices}
    whole = scores["all", "all"]
    assert (whole.precision, whole.recall) == pytest.approx((1.0, evaluation.linkage.recall))
    assert whole.b_cubed_f1 > 0.997
    assert scores["method", "probabilistic"].precision == 1.0
    calibration = evaluation.calibration
    # Strangers who are paid under a faulty number (E07) are known to no other source: nobody can link them.
    assert calibration.recall_at_precision > 0.88
    right = [score.right for score in calibration.thresholds]
    assert right == sorted(right, reverse=True)
    assert calibration.bins[-1].share_right > 0.99  # what the model is sure of is so


@pytest.mark.parametrize("feed", sorted(load_contracts()))
def test_landing_and_staging_agree_on_the_hash_of_a_business_key(published, feed):
    """Else a full delivery would close what a rejected line of it names."""
    contract = load_contracts()[feed]
    query = sql.SQL(
        """
        select count(landing_hash), count(landing_hash) filter (where landing_hash is distinct from line_key)
        from (select _delivery_id, _line_number, {} as landing_hash from {}) as received
        inner join {} as latest on _delivery_id = latest.delivery_id and _line_number = latest.line_number
        """
    ).format(key_hash(contract), table(contract), sql.Identifier("intermediate", f"int_{feed}_latest"))
    with published.connect() as connection:
        named, otherwise = connection.execute(query).fetchone()
    assert named > 0
    assert otherwise == 0


def test_new_residents_have_an_id_but_no_rule_judges_them(published):
    with published.connect() as connection:
        new = connection.execute(
            """
            select count(*), count(residents.resident_id), count(residents.is_registered)
            from marts.person_mention as mentions
            left join marts.resident as residents using (resident_id)
            where mentions.method = 'unresolved' and mentions.resident_id is not null
            """
        ).fetchone()
        judged = connection.execute(
            """
            select count(*) from rules.finding
            inner join ops.resident_identity as identities on subject_resident_id = identities.resident_id
            where identities.id_number is null
            """
        ).fetchone()
    assert new[0] == new[1] > 0
    assert new[2] == judged[0] == 0


def test_a_second_run_changes_nothing_and_a_full_refresh_neither(published_town, town):
    with published_town.connect() as connection:
        before = fingerprints(connection)
    assert run(published_town, town.inbox).publication is None
    rebuilt = run(published_town, town.inbox, full_refresh=True)
    assert rebuilt.publication.generation == 1
    assert (rebuilt.publication.inserted, rebuilt.publication.closed) == (0, 0)
    with published_town.connect() as connection:
        assert fingerprints(connection) == before


def test_a_review_asked_today_is_known_to_the_next_build(copy, city):
    found = """
        select evidence -> 'facts' ->> 'reason' from pub.current_finding
        where rule_code = 'G02' and aid_household_no = %s
    """
    with copy.connect() as connection:
        household, aid_type, members = connection.execute(
            """
            select aid_household_no, aid_type_code, jsonb_agg(jsonb_build_object(
                'name', resident.name, 'id_number', resident.id_number, 'relation', member.relation
            ) order by member_no)
            from pub.current_finding as finding
            inner join pub.current_aid_household as household using (aid_household_no)
            inner join pub.current_aid_household_member as member using (aid_household_no)
            left join pub.current_resident as resident using (resident_id)
            where rule_code = 'G02' and member.valid_to is null
            group by aid_household_no, aid_type_code
            having count(*) = count(resident.id_number)
            order by aid_household_no limit 1
            """
        ).fetchone()
        assert connection.execute(found, [household]).fetchone() == ("no_review_known",)
        today = datetime.now(BUREAU_TIME).date()
        authorization.add(
            connection, "SQ-REVIEW", [member["id_number"] for member in members], today, today, "王五",
        )  # fmt: skip
        request = {
            "request_id": "R1", "authorization_no": "SQ-REVIEW", "purpose": "review", "operator": "王五",
            "aid_type": aid_type, "members": members,
        }  # fmt: skip
        answer = connection.execute("select api_v1.verify(%s)", [Jsonb(request)]).fetchone()[0]
        assert answer["status"] == "answered"
    before = rule_coverage(copy, "G02")
    assert run(copy, city).publication.is_new
    with copy.connect() as connection:
        assert connection.execute(found, [household]).fetchone() is None
    assert rule_coverage(copy, "G02") == (before[0] + 1, before[1], before[2] - 1)
    assert run(copy, city).publication is None


def rule_coverage(database: Warehouse, rule_code: str) -> tuple[int, int, int]:
    """Assessed, hits and not assessable of a rule, over all divisions."""
    with database.connect() as connection:
        return connection.execute(
            """
            select sum(assessed), sum(hits), sum(not_assessable) from pub.current_coverage where rule_code = %s
            """,
            [rule_code],
        ).fetchone()


def test_time_does_not_run_backwards_unless_asked(published, copy, city):
    """And day by day gives what one run gives."""
    assert run(copy, city, through=date(2025, 6, 25)).publication is None
    earlier = run(copy, city, through=date(2025, 6, 25), full_refresh=True)
    assert earlier.business_date == date(2025, 6, 25)
    with copy.connect() as connection:
        latest = connection.execute("select max(delivery_date) from marts.person_mention").fetchone()
    assert latest == (date(2025, 6, 25),)
    again = run(copy, city)
    assert again.business_date == date(2025, 6, 27)
    with copy.connect() as connection, published.connect() as other:
        assert fingerprints(connection) == fingerprints(other)
    with copy.connect() as connection:
        assert evaluate(connection, city / "truth").linkage.unexpected == 0
        missing = evaluate(connection, city / "truth").linkage.missing
        rejected = connection.execute("select count(*) from ops.rejected_row").fetchone()
    assert (missing,) == rejected


def test_two_runs_at_once_end_with_one_generation(published_town, town):
    """Both see what came since, and land, build and publish it once."""
    command = [sys.executable, "-m", "cli.main", "run", "--inbox", str(town.later)]
    environment = os.environ | {"MINZHENG_DATABASE_URL": published_town.address}
    both = [subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait(timeout=300) for process in both] == [0, 0]
    with published_town.connect() as connection:
        assert connection.execute("select max(generation) from ops.generation").fetchone() == (2,)
        accepted = connection.execute(
            "select delivery_id from ops.delivery where status = 'accepted' and feed <> 'benefit_standard'"
        ).fetchall()
        lines = connection.execute("select sum(landed_count + repeated_count) from ops.delivery").fetchone()
        assert connection.execute("select count(*) from raw.payment").fetchone()[0] < lines[0]
    manifests = [path for place in (town.inbox, town.later) for path in place.rglob("manifest.json")]
    delivered = [json.loads(path.read_text(encoding="utf-8"))["delivery_id"] for path in manifests]
    assert sorted(number for (number,) in accepted) == sorted(delivered)


def test_every_true_hit_and_nothing_else_where_numbers_are_clean(database, clean_town):
    run(database, clean_town)
    with database.connect() as connection:
        evaluation = evaluate(connection, clean_town / "truth")
    assert evaluation.linkage.recall == evaluation.linkage.precision == 1.0
    wrong = {
        rule.rule_code: (rule.true_hits, rule.reported, rule.correct, rule.near_misses_reported)
        for rule in evaluation.rules
        # F04 is a work list; the truth of the towns does not look for its households.
        if rule.rule_code != "F04"
        and not (rule.true_hits == rule.reported == rule.correct and rule.near_misses_reported == 0)
    }
    assert wrong == {}


def test_an_unbelievable_delivery_is_held_not_used_and_may_be_accepted(database, town, tmp_path):
    delivery_id = "social_insurance_20250625_full_01"
    inbox = tmp_path / "inbox"
    shutil.copytree(town.inbox, inbox)
    folder = inbox / "shared" / "social_insurance" / "20250625"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    spoiled = (folder / manifest["file"]).read_bytes()
    spoiled = spoiled.replace("|在缴|".encode(), "|不明|".encode())
    (folder / manifest["file"]).write_bytes(spoiled)
    manifest["sha256"] = hashlib.sha256(spoiled).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")

    result = run(database, inbox)
    assert [report.subject for report in result.held] == [delivery_id]
    with database.connect() as connection:
        staged = connection.execute("select count(*) from staging.stg_social_insurance").fetchone()
        assert staged == (0,)
        # D05 cannot say that anybody is clear while nobody's insurance is known.
        assert connection.execute(
            "select count(*) from rules.d05_on_public_payroll where outcome = 'clear'"
        ).fetchone() == (0,)
    with pytest.raises(RequestError, match="No reason is given"):
        accept(database, delivery_id, "\u3000\u200b")
    accept(database, delivery_id, "the sender confirmed the new codes")
    assert run(database, inbox).held == []
    with database.connect() as connection:
        staged, landed = connection.execute(
            "select (select count(*) from staging.stg_social_insurance),"
            " (select count(*) from raw.social_insurance)"
        ).fetchone()
    assert staged == landed > 0
    with pytest.raises(UsageError, match="is not held"):
        accept(database, delivery_id, "again")


def test_the_anomalies_come_to_as_many_subjects_as_the_findings(published):
    """Stated twice, apart: by the rule's model with its evidence, and by one expectation over the marts."""
    with published.connect() as connection:
        compared = connection.execute(
            """
            select
                result.rule_code,
                result.unexpected_count,
                count(distinct coalesce(
                    subject_resident_id::text, aid_household_no, evidence -> 'facts' ->> 'case_no'
                )) filter (
                    -- Two payments of one case stand in no mart.
                    where result.rule_code <> 'E06' or evidence -> 'facts' ->> 'other_case_no' is not null
                )
            from ops.gate_result as result
            left join rules.finding as finding on finding.rule_code = result.rule_code and outcome = 'hit'
            where gate = 'anomalies' and subject = 'generation:1'
            group by result.rule_code, result.unexpected_count
            """
        ).fetchall()
    assert len(compared) == 23
    assert all(counted > 0 for _, counted, _ in compared)
    assert [row for row in compared if row[1] != row[2]] == []


def test_every_column_of_every_layer_is_explained_in_chinese(published):
    with published.connect() as connection:
        silent = connection.execute(
            """
            select attrelid::regclass::text, attname::text
            from pg_attribute inner join pg_class on pg_class.oid = attrelid
            where relnamespace::regnamespace::text in ('raw', 'staging', 'intermediate', 'marts', 'rules')
                and relkind = 'r' and attnum > 0 and not attisdropped
                and col_description(attrelid, attnum) ~ '[一-龥]' is not true
            order by 1, 2
            """
        ).fetchall()
    assert silent == []
