"""Weigh mentions against candidates with the frozen Splink model, and keep the best link only."""

import hashlib
import json
import logging
import math
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from ingestion.errors import IngestionError
from linkage.records import Candidates, Pair, Record

# Below this many residents, shares of names say little.
SMALLEST_TOWN = 10_000
MODEL = Path(__file__).with_name("model.json")
LINK_FROM, REVIEW_FROM = 0.99, 0.50
# Weight points (powers of two) by which the best candidate must lead.
LEAD = 2.0
MOST_REVIEWED = 5

NAME_SAME = ("姓名相同", "姓名同音")
NAME_NEAR = "姓名差一个字"
NUMBER_NEAR = "号码只差一处（错一位或相邻两位颠倒）"


@dataclass(frozen=True)
class Verdict:
    """What the weighing says of one mention: link is None where it is left to people."""

    link: Pair | None
    review: tuple[Pair, ...] = ()
    kind: str = "grey"


def weigh(candidates: Candidates, spill: Path | None = None) -> list[Pair]:
    """Score every pair that shares a key; spill: as in ``link``. Raises IngestionError where the engine fails."""
    # Two seconds to load, and most commands never weigh.
    import duckdb
    from splink.internals.exceptions import SplinkException

    if not candidates.mentions or not candidates.profiles:
        return []
    settings = json.loads(MODEL.read_text(encoding="utf-8"))
    settings["probability_two_random_records_match"] = prior(candidates.residents)
    labels = _labels(settings)
    try:
        with _spill_folder(spill) as folder:
            found = _predict(settings, candidates, folder)
    except (duckdb.Error, SplinkException) as error:
        # The engine's own words may hold personal values.
        raise IngestionError(
            f"人员识别出错。 Linkage: the scoring engine failed ({type(error).__name__})."
        ) from None
    best: dict[tuple[str, int], Pair] = {}
    for row in found:
        pair = Pair(
            row["unique_id_l"],
            candidates.resident_of_profile[row["unique_id_r"]],
            round(row["match_weight"], 6),
            tuple(
                words[row[f"gamma_{column}"]]
                for column, words in labels.items()
                if row[f"gamma_{column}"] in words
            ),
        )
        key = (pair.mention_id, pair.resident_id)
        if key not in best or (pair.weight, pair.reasons) > (best[key].weight, best[key].reasons):
            best[key] = pair
    return list(best.values())


def prior(residents: int) -> float:
    """The chance that a mention and a resident taken blindly are one person.

    By powers of ten, so that scores do not drift with every birth.
    """
    return 0.1 ** math.ceil(math.log10(max(residents, SMALLEST_TOWN)))


def basis(residents: int) -> str:
    """What every weight rests on beside the evidence: where this changes, all is weighed again."""
    return f"{hashlib.sha256(MODEL.read_bytes()).hexdigest()[:12]} {prior(residents):.0e} "


def judge(pairs: Iterable[Pair], cannot_link: set[tuple[str, int]]) -> dict[str, Verdict]:
    """One verdict per mention that has a candidate worth a look."""
    by_mention: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        if (pair.mention_id, pair.resident_id) not in cannot_link:
            by_mention[pair.mention_id].append(pair)
    verdicts = {}
    for mention, rivals in by_mention.items():
        rivals.sort(key=lambda pair: (-pair.weight, pair.resident_id))
        best = rivals[0]
        leads = len(rivals) == 1 or best.weight - rivals[1].weight >= LEAD
        if best.score >= LINK_FROM and leads and _names_the_person(best):
            verdicts[mention] = Verdict(best)
        elif best.score >= REVIEW_FROM:
            close = [pair for pair in rivals if pair.score >= REVIEW_FROM or best.weight - pair.weight < LEAD]
            verdicts[mention] = Verdict(None, tuple(close[:MOST_REVIEWED]), "grey" if leads else "near_tie")
    return verdicts


def _names_the_person(pair: Pair) -> bool:
    """Twins and brothers share birth date, household and most of the name: another name wants the number."""
    return any(reason in pair.reasons for reason in NAME_SAME) or (
        NAME_NEAR in pair.reasons and NUMBER_NEAR in pair.reasons
    )


def _labels(settings: dict[str, Any]) -> dict[str, dict[int, str]]:
    """Comparison and level (as Splink counts them: from the last level, 0, up) to plain words.

    Levels without weight are no reason, and missing values (level -1) neither.
    """
    labels = {}
    for comparison in settings["comparisons"]:
        levels = [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]
        labels[comparison["output_column_name"]] = {
            place: level["label_for_charts"]
            for place, level in enumerate(reversed(levels))
            if level["m_probability"] != level["u_probability"]
        }
    return labels


def _frame(records: list[Record], source: str) -> pd.DataFrame:
    frame = pd.DataFrame([record.row() for record in records])
    frame.insert(0, "source_dataset", source)
    return frame


@contextmanager
def _spill_folder(place: Path | None) -> Iterator[str]:
    """A folder of its own: what the engine spills is people, and its own choice is where one happens to be.

    What an earlier run was killed over goes first; only one links at a time.
    """
    if place is not None:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(mode=0o700, parents=True)
    with TemporaryDirectory(prefix="minzheng-", dir=place) as folder:  # for its owner alone
        yield folder


def _predict(settings: dict[str, Any], candidates: Candidates, folder: str) -> list[dict[str, Any]]:
    import duckdb
    from splink import DuckDBAPI, Linker

    logging.getLogger("splink").setLevel(logging.ERROR)
    with duckdb.connect(":memory:", config={"temp_directory": folder}) as engine:
        database = DuckDBAPI(connection=engine)
        sides = []
        for name, records in (("a_mention", candidates.mentions), ("b_resident", candidates.profiles)):
            frame = _frame(records, name)  # noqa: F841  DuckDB finds it by its name
            engine.execute(f"create table {name} as select {_COLUMNS} from frame")
            sides.append(database.register(name))
        linker = Linker(sides, settings, log_level=logging.ERROR)
        scored = linker.inference.predict(threshold_match_probability=REVIEW_FROM / 100, warning_mode="never")
        return list(scored.as_pandas_dataframe().to_dict("records"))


# A column without a single value has no type of its own.
_COLUMNS = ", ".join(
    f"{name}::{kind} as {name}"
    for name, kind in {
        "source_dataset": "varchar", "unique_id": "varchar", "name": "varchar", "pinyin": "varchar",
        "surname": "varchar", "near_forms": "varchar[]", "number": "varchar", "first_15": "varchar",
        "born_on": "varchar", "sex": "varchar", "ties": "varchar[]", "tf_name": "double", "keys": "varchar[]",
    }.items()
)  # fmt: skip
