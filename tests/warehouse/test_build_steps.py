"""The steps of a build, asked one by one: killed, repeated, overtaken, they never publish a mixture."""

import os
import subprocess
import sys
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from fingerprints import fingerprints

from simulator import generate
from warehouse import build
from warehouse.build import STEPS, build_gate_publish, build_under_way
from warehouse.config import settings
from warehouse.database import connect
from warehouse.errors import GateClosed, OutOfTurn, UsageError
from warehouse.pipeline import accept, gate_deliveries, land
from warehouse.publish import publish

HELD = "payment_20250626_delta_01"
FUNCTIONS = {"link": build.link, "derive": build.derive, "judge": build.judge, "publish": build.publish}
# At which of the steps the program dies, and whether before or after it is noted as done.
KILLS = [("stage", "after"), ("link", "before"), ("link", "after"), ("derive", "before"), ("judge", "after")]
DEADLY = """
import os, signal, sys
from warehouse import build
url, step, when = sys.argv[1:]
note = build._reach
def deadly(url, under_way, done, **more):
    if (done, when) == (step, "before"):
        os.kill(os.getpid(), signal.SIGKILL)
    note(url, under_way, done, **more)
    if done == step:
        os.kill(os.getpid(), signal.SIGKILL)
build._reach = deadly
build.build_gate_publish(url)
"""


@pytest.fixture(scope="module")
def landed(new_database, tmp_path_factory) -> str:
    """Two days of a town are accepted but for one delivery, which is held."""
    inbox = tmp_path_factory.mktemp("town")
    generate(inbox, residents=300, seed=21, days=2)
    url = new_database(None)
    land(url, inbox)
    assert gate_deliveries(url) == []
    with connect(url) as connection:
        held = connection.execute(
            "update ops.delivery set status = 'held' where delivery_id = %s", [HELD]
        ).rowcount
    assert held == 1
    return url


@pytest.fixture(scope="module")
def after(landed, new_database, tmp_path_factory) -> dict[str, str]:
    """A database for each step of one build, as the step left it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINZHENG_HOME", str(tmp_path_factory.mktemp("home")))
        settings.cache_clear()
        urls = {"stage": new_database(landed)}
        begun = build.stage(urls["stage"])
        for former, step in pairwise(STEPS):
            urls[step] = new_database(urls[former])
            FUNCTIONS[step](urls[step], begun.build_no)
    settings.cache_clear()
    return urls


def under_way(url: str) -> build.Build:
    with connect(url) as connection:
        found = build_under_way(connection)
    assert found is not None
    return found


def begin(url: str) -> build.Build:
    """Another builder begins, and gets no further."""
    with connect(url) as connection:
        begun = build._begin(connection, None, False)
    assert begun is not None
    return begun


def served(url: str) -> tuple[int | None, bool]:
    """The generation readers see, and whether the delivery once held is part of it."""
    with connect(url) as connection:
        return connection.execute(
            """
            select max(generation), coalesce(bool_or(last_delivery_id = %s), false)
            from pub.current_generation
            left join pub.current_source_freshness on feed = 'payment'
            """,
            [HELD],
        ).fetchone()


def test_every_step_is_noted_and_the_last_one_publishes(after):
    assert {step: under_way(url).reached for step, url in after.items()} == {step: step for step in STEPS}
    assert {under_way(url).build_no for url in after.values()} == {1}
    assert {step: served(url)[0] for step, url in after.items()} == dict.fromkeys(STEPS) | {"publish": 1}


def test_a_published_build_has_nothing_left_to_do(after, new_database):
    url = new_database(after["publish"])
    with connect(url) as connection:
        before = fingerprints(connection)
    assert [step(url, 1) for step in FUNCTIONS.values()] == [None] * 4
    assert build.stage(url) is None
    with connect(url) as connection:
        assert fingerprints(connection) == before


@pytest.mark.parametrize(
    ("reached", "asked"), [("stage", "derive"), ("link", "judge"), ("derive", "publish")]
)
def test_no_step_is_done_before_its_turn(after, new_database, reached, asked):
    url = new_database(after[reached])
    missing = list(STEPS)[list(STEPS).index(asked) - 1]
    with pytest.raises(UsageError, match=rf"has not passed `{missing}` yet.*clear the task `{missing}`"):
        FUNCTIONS[asked](url, 1)
    assert (under_way(url).reached, served(url)[0]) == (reached, None)


@pytest.mark.parametrize(("reached", "following"), list(pairwise(STEPS)))
def test_a_second_builder_goes_on_where_the_first_is(after, new_database, reached, following):
    url = new_database(after[reached])
    assert begin(url) == under_way(url)
    if reached != "judge":
        assert reached == "stage" or FUNCTIONS[reached](url, 1) is None
    if following in ("judge", "publish"):
        assert build_gate_publish(url).publication.generation == 1
        assert FUNCTIONS[following](url, 1) is None
        assert served(url)[0] == 1


@pytest.mark.parametrize(("reached", "following"), list(pairwise(STEPS)))
def test_a_builder_with_news_overtakes_at_every_border(after, new_database, reached, following):
    url = new_database(after[reached])
    accept(url, HELD, "确认")
    assert begin(url).build_no == 2
    with pytest.raises(OutOfTurn, match="Build 1 is no longer the one under way: build 2 was begun"):
        FUNCTIONS[following](url, 1)
    assert (under_way(url).reached, served(url)[0]) == (None, None)


def test_what_is_accepted_between_two_steps_belongs_to_the_next_build(after, new_database):
    url = new_database(after["link"])
    accept(url, HELD, "确认")
    for step in ("derive", "judge", "publish"):
        FUNCTIONS[step](url, 1)
    assert served(url) == (1, False)
    assert build_gate_publish(url).publication.generation == 2
    assert served(url) == (2, True)


def test_who_is_overtaken_on_the_way_joins_the_other(after, new_database, monkeypatch):
    """Between two of its steps another builder with news goes all the way."""
    url = new_database(after["link"])
    derive = build.derive

    def overtaken(*arguments, **named):
        monkeypatch.setattr(build, "derive", derive)
        accept(url, HELD, "确认")
        assert build_gate_publish(url).publication.generation == 1
        return derive(*arguments, **named)

    monkeypatch.setattr(build, "derive", overtaken)
    assert build_gate_publish(url).publication is None
    assert served(url) == (1, True)
    assert under_way(url).build_no == 2


def test_a_build_killed_again_and_again_comes_to_the_same_end(landed, after, new_database, tmp_path):
    url = new_database(landed)
    environment = os.environ | {"MINZHENG_HOME": str(tmp_path / "killed")}
    for step, when in KILLS:
        child = subprocess.run(
            [sys.executable, "-c", DEADLY, url, step, when], env=environment, cwd=Path(__file__).parents[2],
            stdout=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        assert child.returncode == -9, (step, when)
        assert served(url)[0] is None
    assert under_way(url).build_no == 1
    assert build_gate_publish(url).publication.generation == 1
    with connect(url) as killed, connect(after["publish"]) as whole:
        assert fingerprints(killed) == fingerprints(whole)


def test_a_closed_gate_is_asked_again_and_tells_of_news(after, new_database):
    url = new_database(after["derive"])
    with connect(url) as connection:
        connection.execute("update marts.resident set masked_id_number = id_number")
    with pytest.raises(GateClosed) as closed:
        build.judge(url, 1)
    assert "there is news" not in str(closed.value)
    accept(url, HELD, "确认")
    with pytest.raises(GateClosed, match=r"Since it began there is news.*clear the task `stage`"):
        build.judge(url, 1)
    with pytest.raises(UsageError, match="has not passed `judge`"):
        build.publish(url, 1)
    with connect(url) as connection:
        connection.execute("update marts.resident set masked_id_number = clean.mask_id_number(id_number)")
    assert build_gate_publish(url).publication.generation == 1
    assert served(url) == (1, True)


def test_the_last_answer_of_the_gate_counts(after, new_database):
    """Passed first, closed when asked again: what it passed is no longer what would be published."""
    url = new_database(after["judge"])
    with connect(url) as connection:
        connection.execute("update marts.resident set masked_id_number = id_number")
    with pytest.raises(GateClosed):
        build.judge(url, 1)
    with pytest.raises(UsageError, match="has not passed `judge`"):
        build.publish(url, 1)
    assert served(url)[0] is None


def test_who_is_overtaken_joins_though_there_is_news_again(after, new_database, monkeypatch):
    """Otherwise two builders would overtake each other for as long as reviews come in."""
    url = new_database(after["stage"])
    link = build.link

    def overtaken(*arguments, **named):
        monkeypatch.setattr(build, "link", link)
        accept(url, HELD, "确认")
        assert build.stage(url).build_no == 2
        monkeypatch.setattr(build, "deliveries_digest", lambda *_: "news again")
        return link(*arguments, **named)

    monkeypatch.setattr(build, "link", overtaken)
    assert build_gate_publish(url).publication.generation == 1
    assert under_way(url).build_no == 2
    assert served(url) == (1, True)


def test_what_two_programs_made_is_not_mixed(after, new_database, monkeypatch):
    url = new_database(after["link"])
    monkeypatch.setattr(build, "program_digest", lambda: "another")
    with pytest.raises(UsageError, match="The program has changed since build 1 began"):
        build.derive(url, 1)
    begun = begin(url)
    assert (begun.build_no, begun.is_full_refresh) == (2, True)


def test_a_number_used_by_somebody_else_is_not_used_twice(after, new_database):
    url = new_database(after["judge"])
    with connect(url) as connection:
        publish(connection, date(2025, 6, 26), "by hand")
    with pytest.raises(
        OutOfTurn, match="Generation 1, for which build 1 was made, was published by somebody"
    ):
        build.publish(url, 1)
    assert begin(url).generation == 2


def test_after_a_rollback_the_gates_are_asked_again(after, new_database):
    url = new_database(after["judge"])
    with connect(url) as connection:  # as if the gates had compared with a generation since taken back
        connection.execute("update ops.build_under_way set judged_against = 7")
    with pytest.raises(OutOfTurn, match=r"another generation is served.*clear the task `judge`"):
        build.publish(url, 1)
    assert served(url)[0] is None
    build.judge(url, 1)
    assert build.publish(url, 1).generation == 1
