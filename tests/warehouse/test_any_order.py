"""Whatever the order of deliveries: what the runs made of the news is what a full refresh makes of everything."""

import csv
import hashlib
import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fingerprints import fingerprints, served_otherwise

from simulator import generate
from warehouse.database import connect
from warehouse.errors import MinzhengError
from warehouse.pipeline import build_gate_publish, run
from warehouse.publish import PUBLISHED
from warehouse.watch import is_watched

SEED = 20260
# A date that cannot be read in some lines of a later full delivery: the record is named all the same.
SPOILED = {"register/population": "出生日期"}
# Every how many lines one goes: of more the gate would not believe it.
CLOSED = {
    "register/population": 40,
    "shared/vehicle": 25,
    "assistance/entitlement": 25,
    "assistance/aid_household": 25,
}


@pytest.fixture(scope="module")
def town(tmp_path_factory) -> Path:
    """Days of deltas, and full deliveries afterwards in which a few records are gone."""
    inbox = tmp_path_factory.mktemp("town")
    generate(inbox, residents=500, seed=21, days=4, defects=0.3)
    for day in ("20250626", "20250627"):
        _exchange_payees(inbox / "assistance" / "payment" / day)
    for place, step in CLOSED.items():
        first = sorted((inbox / place).iterdir())[0]
        _deliver_again(first, first.with_name("20250630"), step, SPOILED.get(place))
    return inbox


def _exchange_payees(folder: Path) -> None:
    """Every second line is paid to the person of the line before: a guardian or carer of somebody entitled."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    file = folder / manifest["file"]
    with file.open(encoding=manifest["encoding"], newline="") as lines:
        rows = list(csv.DictReader(lines))
    for before, row in zip(rows[::2], rows[1::2], strict=False):
        row |= {column: before[column] for column in ("领款人姓名", "领款人身份证号")}
    with file.open("w", encoding=manifest["encoding"], newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    manifest["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def _deliver_again(folder: Path, later: Path, step: int, spoiled: str | None = None, rest: int = 0) -> None:
    """The full delivery of a folder again on a later day, without every ``step``-th line.

    rest: which of every ``step`` lines. spoiled: column that cannot be read in some of those that stay.
    """
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["mode"] == "full"
    lines = (folder / manifest["file"]).read_bytes().splitlines(keepends=True)
    head = 0 if manifest["format"] == "jsonl" else 1
    kept = [line for number, line in enumerate(lines) if number < head or number % step != rest]
    if spoiled:
        table = [line.decode(manifest["encoding"]).split(",") for line in kept]
        for row in table[10::100]:
            row[table[0].index(spoiled)] = "不详"
        kept = [",".join(row).encode(manifest["encoding"]) for row in table]
    delivery_id = manifest["delivery_id"].replace(folder.name, later.name)
    manifest |= {
        "delivery_id": delivery_id,
        "business_date": f"{later.name[:4]}-{later.name[4:6]}-{later.name[6:]}",
        "file": manifest["file"].replace(folder.name, later.name),
        "rows": len(kept) - head,
        "sha256": hashlib.sha256(b"".join(kept)).hexdigest(),
    }
    later.mkdir()
    (later / manifest["file"]).write_bytes(b"".join(kept))
    (later / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def _in_batches(town: Path, inbox: Path, seed: int, count: int) -> Iterator[list[Path]]:
    """Moves the deliveries of a town into an inbox in a random order; yields what came each time."""
    folders = [path.parent for path in sorted(town.rglob("manifest.json"))]
    random.Random(seed).shuffle(folders)
    shutil.copytree(town / "reference", inbox / "reference")
    for number in range(count):
        batch = folders[number::count]
        for folder in batch:
            shutil.copytree(folder, inbox / folder.relative_to(town))
        yield batch


def _run_and_break(database: str, inbox: Path, table: str) -> None:
    """A run that the database stops in the middle of the marts."""
    with connect(database) as connection:
        connection.execute(
            """
            create function pg_temp.stop() returns trigger language plpgsql as
            $$ begin raise exception 'stopped by the test'; end $$
            """.replace("pg_temp", "public")
        )
        connection.execute(
            f"create trigger stop before insert or delete on {table} for each statement "
            "execute function public.stop()"
        )
    with pytest.raises(MinzhengError, match="last published generation stays"):
        run(database, inbox)
    with connect(database) as connection:
        connection.execute("drop function public.stop() cascade")


@pytest.mark.parametrize("seed", [SEED, SEED + 1])
def test_a_full_refresh_changes_nothing_after_any_order(database, town, tmp_path, seed):
    for number, _ in enumerate(_in_batches(town, tmp_path, seed, 4)):
        if number == 2:
            _run_and_break(database, tmp_path, "marts.benefit_month_person")
        run(database, tmp_path)
        with connect(database) as connection:
            assert served_otherwise(connection) == {}
    with connect(database) as connection:
        gone = connection.execute(
            "select count(*) from marts.registered_household_member where valid_to = '2025-06-30'"
        ).fetchone()
        named, stands = connection.execute(
            """
            select count(*), bool_and(last_seen_order = rejected.delivery_order)
            from intermediate.int_population_latest
            inner join staging.stg_rejected_keys as rejected using (key_hash)
            where rejected.delivery_id = 'population_20250630_full_01'
            """
        ).fetchone()
        before = fingerprints(connection)
    assert gone[0] > 0  # a later full delivery has closed something
    assert named > 0
    assert stands  # but nobody whom a rejected line of it names
    run(database, tmp_path, full_refresh=True)
    with connect(database) as connection:
        after = fingerprints(connection)
    assert {name for name in after if after[name] != before.get(name)} == set()


def test_whom_only_a_rejected_line_names_stands_again(database, town, tmp_path):
    """Closed by a full delivery, named by a line of the next that cannot be read."""
    shutil.copytree(town, tmp_path / "inbox")
    population = tmp_path / "inbox" / "register" / "population"
    shutil.move(population / "20250630", tmp_path / "late")
    _deliver_again(sorted(population.iterdir())[0], population / "20250629", step=100, rest=10)
    closed = "select resident_id from marts.registered_household_member where valid_to = '2025-06-29'"
    run(database, tmp_path / "inbox")
    with connect(database) as connection:
        gone = connection.execute(closed).fetchall()
    shutil.move(tmp_path / "late", population / "20250630")
    run(database, tmp_path / "inbox")
    with connect(database) as connection:
        still_gone = connection.execute(closed).fetchall()
        named = connection.execute(
            """
            select resident_id from marts.person_mention
            inner join intermediate.int_population_latest using (delivery_id, line_number)
            inner join staging.stg_rejected_keys as rejected using (key_hash)
            where role = 'person' and rejected.delivery_id = 'population_20250630_full_01'
            """
        ).fetchall()
    assert set(gone) & set(named)
    assert not set(still_gone) & set(named)


def test_only_what_has_news_is_written(database, town, tmp_path):
    """One delivery of a day: the rows of everybody else are the very same rows, not equal ones."""
    shutil.copytree(town, tmp_path / "inbox")
    late = sorted((tmp_path / "inbox" / "shared" / "vehicle").iterdir())[1]
    shutil.move(late, tmp_path / "late")
    run(database, tmp_path / "inbox")
    tables = ("resident", "benefit_month", "income_item", "property_item", "household_means",
              "household_means_item", "registered_household_member")  # fmt: skip
    count = "select count(*), count(*) filter (where xmin::text::bigint > %s) from marts.{}"
    with connect(database) as connection:
        before = connection.execute("select pg_current_xact_id()::text::bigint").fetchone()[0]
    shutil.move(tmp_path / "late", late)
    run(database, tmp_path / "inbox")
    with connect(database) as connection:
        assert served_otherwise(connection) == {}
        # Publishing is told of every mart that follows.
        watched = {
            item.name for item in PUBLISHED if is_watched(connection, item.name, item.source, item.key)
        }
        assert set(tables) <= watched
        written = {table: connection.execute(count.format(table), [before]).fetchone() for table in tables}
    for table in ("benefit_month", "income_item"):
        assert written[table][1] == 0
    for table in ("property_item", "resident", "household_means"):
        assert 0 < written[table][1] < written[table][0] / 3, written
    everything = build_gate_publish(database, compare_all=True).publication
    assert everything is not None
    assert not everything.is_new  # nothing had gone unpublished
