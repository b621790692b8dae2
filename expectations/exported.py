"""The suites of all gates as files in Great Expectations' own form: to read, compare, or load elsewhere.

What a gate works out from the delivery or the generation before it (how many lines, how much money) stands in
them as it is for a stand-in, which the notes of each suite name.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from expectations.anomalies import anomaly_batches
from expectations.gate import Batch
from expectations.landing import Landed, LandingLimits
from expectations.release import Published, ReleaseLimits
from ingestion.contract import Contract
from ingestion.records import canonical_records

FOLDER = Path("expectations/suites")
ROWS = 1_000
NOTES = {
    "landing": f"Limits as for a full delivery of {ROWS:,} lines after one of as many.",
    "release": f"Limits as after a generation of {ROWS:,} rows a table, and {ROWS:,} subjects judged by each rule.",
    "anomalies": "Counted and told; closes no gate.",
}


def exported_suites(
    contracts: Mapping[str, Contract], served: Mapping[str, str], rule_codes: Sequence[str]
) -> dict[Path, str]:
    """Path (relative to the project) to text of a file per suite, ``<gate>.<batch>.json``.

    served, rule_codes: as the release gate takes them. ``ExpectationSuite(**json.load(file))`` reads a file once
    ``expectations.counting`` is imported, whose expectations it names.
    """
    return {FOLDER / f"{batch.name}.json": _text(batch) for batch in _batches(contracts, served, rule_codes)}


def _batches(
    contracts: Mapping[str, Contract], served: Mapping[str, str], rule_codes: Sequence[str]
) -> Iterator[Batch]:
    from expectations.landing_suite import landing_batch
    from expectations.release_suite import release_batches

    marts = tuple(served.values())
    for contract in contracts.values():
        landed = Landed(
            "DELIVERY", contract.feed, "full", date(2000, 1, 1), ROWS, 0, ROWS, ROWS, "BEFORE", ROWS, marts
        )
        yield landing_batch(contract, landed, LandingLimits())
    subjects = dict.fromkeys(rule_codes, ROWS)
    published = Published(1, dict.fromkeys(served, ROWS), {}, dict.fromkeys(rule_codes, 0), subjects)
    yield from release_batches(served, published, rule_codes, contracts, ReleaseLimits(), canonical_records())
    yield from anomaly_batches()


def _text(batch: Batch) -> str:
    """An expectation a line, so that a change of one shows as one."""
    import great_expectations as gx

    suite: Any = gx.ExpectationSuite(
        name=batch.name, expectations=list(batch.expectations), notes=NOTES[batch.name.partition(".")[0]]
    ).to_json_dict()
    # Neither the library's version nor numbers of a store belong to what is expected.
    expectations = [
        {key: value for key, value in one.items() if key != "id"} for one in suite["expectations"]
    ]
    lines = ",\n".join(f"    {json.dumps(one, ensure_ascii=False, sort_keys=True)}" for one in expectations)
    head = f'  "name": {json.dumps(suite["name"])},\n  "notes": {json.dumps(suite["notes"])},\n'
    return f'{{\n{head}  "expectations": [\n{lines}\n  ]\n}}\n'
