"""Every feature of the model on its own, and the rules by which a link is kept."""

import json
import math
from pathlib import Path

import duckdb
import pytest
from id_numbers import check, mistyped, swapped
from pypinyin import Style, lazy_pinyin

from linkage.compare import full_form
from linkage.records import Candidates, Pair, Record
from linkage.score import LINK_FROM, MODEL, _spill_folder, judge, prior, weigh

NUMBER = check("42020319681203291")
RESIDENT = {
    "name": "周荣生", "number": NUMBER, "first_15": NUMBER[:15], "born_on": "19681203", "sex": "1",
    "ties": ["resident:7"], "tf_name": 1e-4,
}  # fmt: skip
NOTHING = {"name": "吴芳", "number": None, "first_15": None, "born_on": None, "sex": None,
           "ties": ["resident:7"], "tf_name": 1e-4}  # fmt: skip

# What is said beside the tie that makes the pair a candidate, and the reason it must give.
FEATURES = {
    "same name": ({"name": "周荣生"}, "姓名相同"),
    "same sound": ({"name": "周蓉升"}, "姓名同音"),
    "one character": ({"name": "周荣福", "born_on": "19681203"}, "姓名差一个字"),
    "surname only": ({"name": "周小明", "born_on": "19681203"}, "仅姓氏相同"),
    "other name": ({"born_on": "19681203"}, "姓名不同"),
    "birth date": ({"name": "周荣生", "born_on": "19681203"}, "出生日期相同"),
    "birth date swapped": ({"name": "周荣生", "born_on": "19681230"}, "出生日期差一位或数字颠倒"),
    "birth month": ({"name": "周荣生", "born_on": "19681219"}, "出生年月或月日相同"),
    "other birth date": ({"name": "周荣生", "born_on": "19550610"}, "出生日期不同"),
    "mistyped": ({"name": "周荣生", "number": mistyped(NUMBER)}, "号码只差一处（错一位或相邻两位颠倒）"),
    "swapped": ({"name": "周荣生", "number": swapped(NUMBER)}, "号码只差一处（错一位或相邻两位颠倒）"),
    "fifteen, mistyped": (
        {"name": "周荣生", "number": full_form(mistyped(NUMBER[:6] + NUMBER[8:17], 13))},
        "号码只差一处（错一位或相邻两位颠倒）",
    ),
    "two slips": ({"name": "周荣生", "number": mistyped(mistyped(NUMBER, 9), 14)}, "号码差两处"),
    "spreadsheet": ({"name": "周荣生", "first_15": NUMBER[:15]}, "表格软件保留的前15位号码一致"),
    "sex": ({"name": "周荣生", "sex": "1"}, "性别相同"),
    "other sex": ({"name": "周荣生", "sex": "2"}, "性别不同"),
    "tie": ({"name": "周荣生"}, "旁证一致（同一业务、配偶或家人、地址、电话或账号）"),
}  # fmt: skip


def record(unique_id: str, said: dict) -> Record:
    sound = " ".join(lazy_pinyin(said["name"], style=Style.NORMAL))
    return Record(unique_id=unique_id, sound=sound, keys=["1"], **said)


@pytest.fixture(scope="module")
def reasons() -> dict[str, tuple[str, ...]]:
    mentions = [record(case, {**NOTHING, **said}) for case, (said, _) in FEATURES.items()]
    pairs = weigh(Candidates(mentions, [record("r", RESIDENT)], {"r": 1}, 20_000))
    return {pair.mention_id: pair.reasons for pair in pairs}


def test_what_is_spilled_lies_in_a_folder_closed_to_others_and_goes(tmp_path):
    spill = tmp_path / "spill"
    spill.mkdir(mode=0o755)
    (spill / "of_a_killed_run").write_text(NUMBER)
    with _spill_folder(spill) as folder:
        assert [path.name for path in spill.iterdir()] == [Path(folder).name]
        assert {path.stat().st_mode & 0o777 for path in (spill, Path(folder))} == {0o700}
        with duckdb.connect(":memory:", config={"temp_directory": folder, "memory_limit": "40MB"}) as engine:
            engine.execute(
                "create table people as select range::varchar || repeat('x', 90) from range(1000000)"
            )
            assert list(Path(folder).iterdir())
    assert list(spill.iterdir()) == []


@pytest.mark.parametrize("case", FEATURES)
def test_a_feature_gives_its_reason(reasons, case):
    assert FEATURES[case][1] in reasons[case]


def test_missing_values_are_no_reason(reasons):
    assert reasons["same name"] == (FEATURES["same name"][1], FEATURES["tie"][1])


def test_the_model_weighs_for_what_agrees_and_against_what_differs():
    for comparison in json.loads(MODEL.read_text(encoding="utf-8"))["comparisons"]:
        levels = [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]
        weights = [math.log2(level["m_probability"] / level["u_probability"]) for level in levels]
        assert weights == sorted(weights, reverse=True)
        assert weights[0] > 0 >= weights[-1]


def test_the_prior_moves_only_with_the_order_of_magnitude():
    assert prior(3) == prior(10_000) > prior(10_001) == prior(99_000) > prior(1_000_000)


def pair(resident: int, weight: float, *reasons: str) -> Pair:
    return Pair("m", resident, weight, reasons or ("姓名相同",))


def test_the_best_link_needs_a_lead():
    assert judge([pair(1, 12.0), pair(2, 9.9)], set())["m"].link.resident_id == 1
    tie = judge([pair(1, 12.0), pair(2, 10.1)], set())["m"]
    assert (tie.link, tie.kind, [rival.resident_id for rival in tie.review]) == (None, "near_tie", [1, 2])


def test_a_pair_decided_different_leaves_the_race():
    assert judge([pair(1, 12.0), pair(2, 11.0)], {("m", 1)})["m"].link.resident_id == 2


def test_between_a_half_and_the_threshold_people_decide_and_below_nobody():
    assert pair(1, 5.0).score < LINK_FROM
    assert judge([pair(1, 5.0)], set())["m"].kind == "grey"
    assert judge([pair(1, -1.0)], set()) == {}


def test_another_name_is_never_linked_without_the_number():
    assert judge([pair(1, 20.0, "姓名差一个字", "出生日期相同")], set())["m"].link is None
    number = FEATURES["mistyped"][1]
    assert judge([pair(1, 20.0, "姓名差一个字", number)], set())["m"].link.resident_id == 1
    assert judge([pair(1, 20.0, "仅姓氏相同", number)], set())["m"].link is None
