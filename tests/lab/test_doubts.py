"""Applications that leave open who applied: added to a town that is otherwise the same."""

import csv
from pathlib import Path

from stdnum.cn import ric
from test_generate import digest

from lab.simulator import generate

FEED = "assistance/temporary_aid/20250625/temporary_aid_20250625_full_01.csv"


def lines(root: Path) -> list[list[str]]:
    with (root / FEED).open(encoding="gb18030", newline="") as file:
        return list(csv.reader(file))


def test_doubts_are_added_and_nothing_else_changes(tmp_path: Path) -> None:
    plain, doubtful = tmp_path / "plain", tmp_path / "doubtful"
    generate(plain, 1000, seed=1, days=2)
    generate(doubtful, 1000, seed=1, days=2, doubts=4)
    before, after = digest(plain), digest(doubtful)
    changed = {name for name in before | after if before.get(name) != after.get(name)}
    assert changed == {FEED, str(Path(FEED).with_name("manifest.json")), "truth/link.csv"}
    known = lines(plain)
    assert lines(doubtful)[: len(known)] == known
    with (doubtful / "truth" / "person.csv").open(encoding="utf-8") as file:
        people = {row["person_uid"]: row for row in csv.DictReader(file)}
    numbers = {person["id_number"] for person in people.values()}
    with (doubtful / "truth" / "link.csv").open(encoding="utf-8") as file:
        meant = [row["person_uid"] for row in csv.DictReader(file) if row["feed"] == "temporary_aid"]
    added = list(zip(lines(doubtful)[len(known) :], meant[len(known) - 1 :], strict=True))
    assert len(added) == 4
    for place, (cells, uid) in enumerate(added):
        name, number = cells[2], cells[3]
        assert number != people[uid]["id_number"]
        if place % 2 == 0:
            assert name == people[uid]["name"]
            assert number in numbers, "somebody else's"
        else:
            assert not ric.is_valid(number)
            assert number[:14] == people[uid]["id_number"][:14]
            assert name[0] == people[uid]["name"][0]
            assert not set(name[1:]) & set(people[uid]["name"])
