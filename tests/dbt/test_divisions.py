"""The list of divisions, and the mart and the function made of it."""

import psycopg
import pytest

from lab.simulator.parameters import HUZHOU
from warehouse.database.settings import settings
from warehouse.pipeline.dbt import run_dbt
from warehouse.pipeline.runs import prepare
from warehouse.seeds import seed

LISTED = seed("divisions/gb2260_division")
IN_FORCE = {row["code"] for row in LISTED if not row["valid_to"]}


@pytest.mark.parametrize(
    ("code", "valid_to", "successors"),
    [
        ("420221", "1994-01-01", "420281"),  # 大冶县, by way of a code of two years
        ("610321", "2003-01-01", "610304"),  # 宝鸡县, another name
        ("330501", "2003-01-01", "330502 330503"),  # Huzhou, until it had districts
        ("310103", "2011-01-01", ""),  # 卢湾区, joined with another
        ("432523", "1983-01-01", "430582"),  # 邵东县, by way of a code that was another county's a year later
        ("372102", "1983-01-01", ""),  # 威海市, which rose to a prefecture
    ],
)
def test_a_former_code_leads_to_what_certainly_follows_it(code, valid_to, successors):
    (row,) = (row for row in LISTED if row["code"] == code)
    assert (row["valid_to"], row["successor_codes"]) == (valid_to, successors)
    assert {*successors.split()} <= IN_FORCE


def test_the_list_is_whole():
    levels = [row["level"] for row in LISTED if not row["valid_to"]]
    # As many as the Ministry counts at the end of 2024; beside the counties stand zones and islands.
    assert (levels.count("province"), levels.count("prefecture")) == (34, 333)
    assert (
        sum(row["source"] == "民政部" and row["level"] == "county" for row in LISTED if not row["valid_to"])
        == 2846
    )


@pytest.mark.parametrize("name", ["rules/rule_parameter", "means/means_parameter"])
def test_parameters_are_of_divisions_in_force(name):
    assert {row["division_code"] for row in seed(name)} <= IN_FORCE


def test_the_simulator_invents_no_division():
    assert {division.code for division in HUZHOU.divisions} <= IN_FORCE
    assert {*HUZHOU.elsewhere} <= {row["code"] for row in LISTED}  # where people were born, long ago


@pytest.mark.builds
def test_a_code_is_told_by_its_names_and_the_function_knows_the_same(database, tmp_path, monkeypatch):
    monkeypatch.setenv("MINZHENG_HOME", str(tmp_path))
    settings.cache_clear()
    prepare(database)
    ran = run_dbt(database, "build", "--select", "path:seeds/divisions", "stg_divisions", "division")
    assert {
        "division__names_lead_from_the_nation_to_a_village",
        "divisions_in_force_lie_in_one_in_force",
    } <= {*ran}
    with psycopg.connect(database.address) as connection:
        named = connection.execute(
            "select division_code, name_zh, full_name_zh, successor_code, valid_to is null from marts.division"
        ).fetchall()
        known = connection.execute("select code, is_former from clean.known_division()").fetchall()
    names = {code: told for code, *told in named}
    assert names["000000"] == ["全国", "全国", None, True]
    assert names["420000"] == ["湖北省", "湖北省", None, True]
    assert names["420203"] == ["西塞山区", "湖北省黄石市西塞山区", None, True]  # formerly 石灰窑区
    assert names["110108"] == ["海淀区", "北京市海淀区", None, True]
    assert names["429005"] == ["潜江市", "湖北省潜江市", None, True]
    assert names["330501"] == ["湖州市市辖区", "浙江省湖州市市辖区", None, False]
    assert names["420221"] == ["大冶县", "湖北省黄石市大冶县", "420281", False]
    assert sorted(known) == sorted((code, not told[-1]) for code, told in names.items())
    settings.cache_clear()
