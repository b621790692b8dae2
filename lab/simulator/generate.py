"""Build a city and write what its offices would deliver."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from random import Random

from . import aid, anomalies, changes, circumstances, doubts, feeds, marriages, people, truth, writer
from .faults import break_deliveries
from .identity_numbers import NumberOffice
from .parameters import Settings, Standards
from .world import World

Progress = Callable[[str], None]
#: The folders of a delivery tree; a second run into the same place replaces them.
_FOLDERS = ("register", "marriage", "funeral", "assistance", "eldercare", "shared", "reference", "truth")


@dataclass(slots=True)
class Summary:
    """What was written."""

    out: Path
    as_of: date
    people: int
    lines: dict[str, int] = field(default_factory=dict)  # by feed, all days
    hits: dict[str, int] = field(default_factory=dict)  # by rule code
    near_misses: dict[str, int] = field(default_factory=dict)
    faults: int = 0


def generate(
    out: Path,
    residents: int,
    seed: int,
    days: int = 6,
    first_day: date = date(2025, 6, 25),
    defects: float = 1.0,
    anomalies: float | None = None,
    faults: bool = False,
    doubts: int = 0,
    progress: Progress | None = None,
) -> Summary:
    """Write `days` days of deliveries of a city of about `residents` people, with the truth, to `out`.

    residents: all invented people, the dead of ten years (7.5 %) included.
    defects: multiplies every rate of bad spelling; 0 gives clean numbers, names and dates.
    anomalies: multiplies the number of planted cases; None means 1.
    faults: add a day of broken deliveries after the last one, listed in truth/fault.csv.
    doubts: add so many applications for temporary aid that leave open who applied; the rest stays the same.
    progress: told what is being done.
    The same arguments give the same bytes. Delivery folders of an earlier run are replaced.
    """
    tell = progress or (lambda step: None)
    rates = defects, 1.0 if anomalies is None else anomalies
    settings = Settings(residents, seed, first_day, days, *rates, doubts)
    out = Path(out)
    for folder in _FOLDERS:
        shutil.rmtree(out / folder, ignore_errors=True)
    world = build_world(settings, tell)
    summary = Summary(out, settings.as_of, len(world.people) + len(world.strangers))
    _write_feeds(world, out, summary, tell)
    tell("truth")
    _write_tables(world, out, summary)
    if faults:
        tell("faults")
        summary.faults = break_deliveries(out, settings)
    return summary


def build_world(settings: Settings, tell: Progress = lambda step: None) -> World:
    """The city before anybody writes about it."""

    def chance(step: str) -> Random:
        tell(step)
        return Random(f"{settings.seed}:{step}")

    world = World(settings, Standards(settings), NumberOffice(Random(f"{settings.seed}:numbers")))
    people.add_residents(world, chance("residents"))
    marriages.marry(world, chance("marriages"))
    marriages.separate(world, chance("divorces"))
    marriages.marry_again(world, chance("second marriages"))
    people.assign_parents(world, chance("parents"))
    people.name_and_number(world, chance("names"))
    people.form_households(world, chance("households"))
    marriages.reissue(world, chance("re-issued certificates"))
    circumstances.issue_cards(world, chance("disability cards"))
    circumstances.lodge(world, chance("institutions"))
    anomalies.plant(world, chance("planted cases"))
    aid.assist(world, chance("aid households"))
    changes.happen(world, chance("changes"))
    people.settle_heads(world)
    circumstances.insure(world, chance("insurance"))
    aid.grant(world, chance("entitlements"))
    aid.mishandle_payments(world, chance("payments"))
    circumstances.cremate(world, chance("cremations"))
    circumstances.own(world, chance("property"))
    circumstances.help_in_need(world, chance("temporary aid"))
    doubts.write_doubtfully(world, chance("doubts"))
    marriages.number_certificates(world)
    aid.number_benefits(world)
    return world


def _write_feeds(world: World, out: Path, summary: Summary, tell: Progress) -> None:
    (out / "truth").mkdir(parents=True)
    links = writer.LinkFile(out / "truth" / "link.csv")
    for feed, deliver in feeds.FEEDS.items():
        tell(feed)
        full, deltas = deliver(world)
        rows = writer.write_delivery(out, feed, world.settings.first_day, "full", full, links)
        for day, lines in deltas.items():
            rows += writer.write_delivery(out, feed, day, "delta", lines, links)
        summary.lines[feed] = rows
    links.close()


def _write_tables(world: World, out: Path, summary: Summary) -> None:
    writer.write_table(
        out / "reference" / "benefit_standard.csv",
        ["division_code", "standard_code", "amount_yuan_per_month", "valid_from", "valid_to"],
        world.standards.rows(),
    )
    writer.write_table(
        out / "truth" / "person.csv",
        [
            "person_uid",
            "id_number",
            "name",
            "sex",
            "birth_date",
            "died_on",
            "register_household_no",
            "division_code",
        ],
        truth.person_rows(world),
    )
    writer.write_table(
        out / "truth" / "marriage.csv",
        ["certificate_no", "husband_uid", "wife_uid", "registered_on", "ended_on", "ended_by"],
        truth.marriage_rows(world),
    )
    anomaly_rows = truth.anomaly_rows(world)
    writer.write_table(
        out / "truth" / "anomaly.csv",
        ["rule_code", "label", "person_uid", "aid_household_no", "from", "to", "note"],
        anomaly_rows,
    )
    for rule, label, *_ in anomaly_rows:
        counts = summary.hits if label == "hit" else summary.near_misses
        counts[rule] = counts.get(rule, 0) + 1
