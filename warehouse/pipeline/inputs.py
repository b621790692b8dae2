"""What a build is made of, and how its parts are told apart from one build to the next."""

import hashlib
from collections.abc import Iterable
from datetime import date

import psycopg

from ingestion.contract import Contract
from ingestion.records import canonical_records
from warehouse.database.settings import PROJECT_ROOT
from warehouse.pipeline.dbt import project

FOLDERS_OF_DBT = ("models", "macros", "seeds")
PROGRAM_FOLDERS = ("warehouse/code", "linkage")
PROGRAM_FILES = (".sql", ".yml", ".csv", ".py", ".json")


def latest_business_date(connection: psycopg.Connection, through: date | None = None) -> date | None:
    """The last day an accepted delivery speaks of; the date the models are built for."""
    row = connection.execute(
        """
        select max(business_date) from ops.delivery
        where status = 'accepted' and business_date <= coalesce(%s::date, 'infinity')
        """,
        [through],
    ).fetchone()
    return row[0] if row else None


def has_withdrawn_lines(connection: psycopg.Connection) -> bool:
    """Whether a model has taken in a delivery that was withdrawn since: nothing can follow that."""
    row = connection.execute(
        """
        select exists (
            select from ops.absorbed_delivery inner join ops.delivery using (delivery_id)
            where status = 'withdrawn'
        )
        """
    ).fetchone()
    return bool(row and row[0])


def models_without_news(connection: psycopg.Connection, contracts: Iterable[Contract]) -> list[str]:
    """Models of single kinds of record that have taken in every delivery of the build under way of whoever tells
    of that kind: what staging and the latest versions hold is all there is."""
    told = {
        (binding.record.kind, version.feed)
        for contract in contracts
        for version in contract.versions
        for binding in version.bindings
    }
    models = {
        model: record.kind
        for record in canonical_records().values()
        for model in (f"stg_{record.name}", *([] if record.part_of else [f"int_{record.name}_latest"]))
    }
    pairs = [(model, feed) for model, kind in models.items() for told_kind, feed in told if told_kind == kind]
    rows = connection.execute(
        """
        select distinct told.model
        from unnest(%s::text[], %s::text[]) as told (model, feed)
        inner join staging.stg_deliveries as delivery on told.feed = delivery.feed
        where
            not exists (
                select from ops.absorbed_delivery as absorbed
                where absorbed.model = told.model and absorbed.delivery_id = delivery.delivery_id
            )
        """,
        [[model for model, _ in pairs], [feed for _, feed in pairs]],
    ).fetchall()
    return sorted(set(models) - {model for (model,) in rows})


def deliveries_digest(connection: psycopg.Connection, business_date: date) -> str:
    """SHA-256 over what is known from outside: the business date, the accepted deliveries up to it, decisions of
    people, reviews, how old a source may be and which divisions it covers. What builds themselves note (mergers) is
    no news for a build."""
    digest = hashlib.sha256(str(business_date).encode())
    for row in connection.execute(
        """
        select delivery_id, sha256 from ops.delivery
        where status = 'accepted' and business_date <= %s order by delivery_id
        """,
        [business_date],
    ).fetchall():
        digest.update("\t".join(row).encode())
    # Decisions and reviews move links and what rules say, the age allowed moves what counts as current:
    # a new one is news like a delivery.
    newest = connection.execute(
        """
        select (select max(decision_id) from ops.identity_decision),
            (select max(decision_id) from ops.finding_decision),
            (select md5(string_agg(review::text, ' ' order by resident_id, aid_type_code))
                from ops.asked_review as review),
            (select md5(string_agg((feed, stale_after_days, divisions)::text, ' ' order by feed)) from ops.feed)
        """
    ).fetchone()
    digest.update(str(newest).encode())
    return digest.hexdigest()


def program_digest() -> str:
    """SHA-256 over everything that decides what the models make of a delivery, a bureau's own folder included."""
    digest = hashlib.sha256()
    place = project()
    folders = [(place.parent, place / name) for name in FOLDERS_OF_DBT]
    folders += [(PROJECT_ROOT, PROJECT_ROOT / name) for name in PROGRAM_FOLDERS]
    for root, folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in PROGRAM_FILES:
                digest.update(path.relative_to(root).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def making_digest(connection: psycopg.Connection) -> str:
    """SHA-256 over the program and how the views of the records read what was landed, as the contracts say."""
    digest = hashlib.sha256(program_digest().encode())
    for row in connection.execute(
        "select relname, obj_description(oid) from pg_class where relnamespace = to_regnamespace('input') order by 1"
    ).fetchall():
        digest.update("\t".join(map(str, row)).encode())
    return digest.hexdigest()
