"""The given case of a child under the father's number, where it lies; of our own kind: test_traps."""

import csv
from pathlib import Path

import pytest

from linkage.linking import link

CASE = Path(__file__).parents[3] / "shared" / "cases" / "number_of_another_in_the_family"
FATHER, MOTHER, CHILD = "420203196712210619", "410105196802177029", "420203199809150150"
NOBODYS = "420202197708080813"  # three people of different surnames write it


@pytest.mark.skipif(not CASE.exists(), reason="the given case is not there; test_traps covers its kind")
def test_the_number_of_another_in_the_family_settles_nothing(connection, mention, links):
    book = {"feed": "population", "role": "person", "group_no": "book:4202030000058", "case_no": None}
    address = "胜利巷216号6栋1174室"
    for number, name, born_on, sex in (
        (FATHER, "余杰", "1967-12-21", "1"),
        (MOTHER, "李芳娟", "1968-02-17", "2"),
        (CHILD, "余晨梓", "1998-09-15", "1"),
    ):  # fmt: skip
        mention(number, name, born_on=born_on, sex_code=sex, address=address, **book)
    (file,) = CASE.glob("inbox/*/*/*/*.csv")
    with file.open(encoding="gb18030", newline="") as rows:
        given = [
            (mention(row["身份证号"], row["姓名"], feed="temporary_aid", case_no=f"aid:{row['救助编号']}",
                     delivery_id="d2", delivery_order=2), row["姓名"], row["身份证号"])
            for row in csv.DictReader(rows)
        ]  # fmt: skip
    link(connection)
    found = links()
    (child,) = [line for line, name, number in given if (name, number) == ("余晨梓", FATHER)]
    assert found[child] != (FATHER, "id_number")
    assert found[child][0] in (None, CHILD)
    waits = connection.execute("select 1 from ops.identity_review where line_number = %s", [child]).fetchone()
    assert found[child][0] == CHILD or waits
    # Verification is asked by the same names: the child's is not one the father is known by.
    known = connection.execute(
        "select array_agg(name) from ops.holder_name inner join ops.resident_identity using (resident_id)"
        " where id_number = %s",
        [FATHER],
    ).fetchone()
    assert known == (["余杰"],)
    others = [found[line] for line, _, number in given if number == NOBODYS]
    assert others == [(None, "unresolved")] * 3
    # A placeholder joins nobody.
    assert {found[line][0] for line, _, number in given if number == "1" * 15} == {None}
