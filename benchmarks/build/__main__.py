"""`python -m benchmarks.build --residents 100000`: from nothing, a day of deltas, and everything anew.

The same warehouse three times; the seconds are dbt's own, by model, so that linkage, gates and
publishing are left out. Only the ratios of one run mean something.
"""

import argparse
import json
import os
import tempfile
from datetime import date, datetime
from pathlib import Path

from benchmarks.landing.__main__ import scratch_database
from lab.simulator import generate
from warehouse.database.settings import settings
from warehouse.pipeline.runs import run

FIRST_DAY, DAYS = date(2025, 6, 25), 4
FOLLOWING = (
    "person_mention", "resident", "registered_household_member", "aid_household_member", "benefit_month",
    "benefit_month_person", "income_item", "property_item", "household_means", "household_means_item",
)  # fmt: skip


def model_seconds() -> dict[str, float]:
    """Seconds by model of the last build: seeds, staging, intermediate, marts and rules, from its lineage."""
    moments: dict[tuple[str, str], datetime] = {}
    for line in (settings().log_dir / "lineage.jsonl").read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        kind = "start" if event["eventType"] == "START" else "end"
        moments[event["job"]["name"], kind] = datetime.fromisoformat(event["eventTime"])
    return {model: (moments[model, "end"] - moments[model, "start"]).total_seconds() for model, _ in moments}


def measure(residents: int) -> dict[str, dict[str, float]]:
    """Seconds by model for each kind of run."""
    with tempfile.TemporaryDirectory() as folder:
        inbox = Path(folder) / "inbox"
        generate(inbox, residents=residents, seed=5, days=DAYS, first_day=FIRST_DAY)
        os.environ["MINZHENG_HOME"] = str(Path(folder) / "home")
        settings.cache_clear()
        taken = {}
        with scratch_database("minzheng_build") as database:
            run(database, inbox, through=FIRST_DAY.replace(day=FIRST_DAY.day + DAYS - 2))
            taken["first"] = model_seconds()
            run(database, inbox)
            taken["next day"] = model_seconds()
            run(database, inbox, full_refresh=True)
            taken["full refresh"] = model_seconds()
        return taken


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--residents", type=int, nargs="+", default=[100_000])
    for residents in parser.parse_args().residents:
        taken = measure(residents)
        print(f"| {residents:,} residents | " + " | ".join(taken) + " | next day / full refresh |")
        print("|---|" + "---|" * (len(taken) + 1))
        groups = {name: [name] for name in FOLLOWING}
        groups["marts that follow, together"] = list(FOLLOWING)
        groups["all models"] = list(taken["full refresh"])
        for title, models in groups.items():
            seconds = {
                kind: sum(by_model.get(model, 0.0) for model in models) for kind, by_model in taken.items()
            }
            ratio = seconds["next day"] / seconds["full refresh"]
            print(
                f"| {title} | "
                + " | ".join(f"{value:.2f}" for value in seconds.values())
                + f" | {ratio:.2f} |"
            )


if __name__ == "__main__":
    main()
