"""The steps of a build, asked one by one: repeated, cleared, overtaken, they never publish a mixture."""

from datetime import date
from itertools import pairwise

import pytest
from fingerprints import fingerprints
from town import FUNCTIONS

from warehouse.database.connection import connect
from warehouse.database.errors import GateClosed, OutOfTurn, UsageError
from warehouse.database.settings import settings
from warehouse.pipeline import build
from warehouse.pipeline.build import STEPS, build_gate_publish, build_under_way
from warehouse.pipeline.runs import accept, gate_deliveries, land
from warehouse.publishing.publish import publish

pytestmark = pytest.mark.builds

# The build looked at follows a published one, and the payments of a day are its news. Those of the next day
# are held. Few models are built: what lies between payments and the mentions of people in them.
BUILD, SERVED, NEXT = 2, 1, 2
HELD = "payment_20250628_delta_01"
STAGING = ("--select", "stg_deliveries", "stg_payment", "int_person_mentions")
MARTS = ("--select", "int_fresh_deliveries", "int_senders", "person_mention", "source_freshness")


def build_few_models(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(build, "STAGING", STAGING)
    patch.setattr(build, "MARTS", MARTS)


@pytest.fixture(autouse=True)
def few_models(monkeypatch) -> None:
    build_few_models(monkeypatch)


@pytest.fixture(scope="module")
def after(templates, town) -> dict[str, str]:
    """A template for each step of one build, as the step left it."""

    def land_payments(url: str) -> None:
        land(url, town.later, feeds={"payment"}, since=date(2025, 6, 27))
        assert gate_deliveries(url) == []
        with connect(url) as connection:
            held = connection.execute(
                "update ops.delivery set status = 'held' where delivery_id = %s", [HELD]
            ).rowcount
        assert held == 1

    urls, published = {}, town.after("publish")
    with pytest.MonkeyPatch.context() as patch:
        build_few_models(patch)
        former = templates.made_once("steps_land", land_payments, published)
        for step, take in FUNCTIONS.items():
            former = urls[step] = templates.made_once(
                f"steps_{step}", lambda url, take=take: take(url, BUILD), former
            )
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


def test_every_step_is_noted_and_the_last_one_publishes(after, new_database):
    urls = {step: new_database(url) for step, url in after.items()}
    builds = {step: under_way(url) for step, url in urls.items()}
    generations = {step: served(url)[0] for step, url in urls.items()}
    assert {step: build.reached for step, build in builds.items()} == {step: step for step in STEPS}
    assert {build.build_no for build in builds.values()} == {BUILD}
    assert generations == dict.fromkeys(STEPS, SERVED) | {"publish": NEXT}


def test_a_published_build_has_nothing_left_to_do(after, new_database):
    url = new_database(after["publish"])
    with connect(url) as connection:
        before = fingerprints(connection)
    assert [step(url, BUILD) for step in FUNCTIONS.values()] == [None] * 5
    with connect(url) as connection:
        assert fingerprints(connection) == before


@pytest.mark.parametrize(
    ("reached", "asked"), [("stage", "derive"), ("link", "judge"), ("derive", "publish")]
)
def test_no_step_is_done_before_its_turn(after, new_database, reached, asked):
    url = new_database(after[reached])
    missing = list(STEPS)[list(STEPS).index(asked) - 1]
    with pytest.raises(UsageError, match=rf"has not passed `{missing}` yet.*clear the task `{missing}`"):
        FUNCTIONS[asked](url, BUILD)
    assert (under_way(url).reached, served(url)[0]) == (reached, SERVED)


@pytest.mark.parametrize(("reached", "following"), list(pairwise(STEPS)))
def test_a_second_builder_goes_on_where_the_first_is(after, new_database, reached, following):
    url = new_database(after[reached])
    assert begin(url) == under_way(url)
    if reached != "judge":
        assert reached == "stage" or FUNCTIONS[reached](url, BUILD) is None
    if following in ("judge", "publish"):
        assert build_gate_publish(url).publication.generation == NEXT
        assert FUNCTIONS[following](url, BUILD) is None
        assert served(url)[0] == NEXT


@pytest.mark.parametrize(("reached", "following"), list(pairwise(STEPS)))
def test_a_builder_with_news_overtakes_at_every_border(after, new_database, reached, following):
    url = new_database(after[reached])
    accept(url, HELD, "确认")
    assert begin(url).build_no == BUILD + 1
    with pytest.raises(OutOfTurn, match="Build 2 is no longer the one under way: build 3 was begun"):
        FUNCTIONS[following](url, BUILD)
    assert (under_way(url).reached, served(url)[0]) == (None, SERVED)


def test_what_is_accepted_between_two_steps_belongs_to_the_next_build(after, new_database):
    url = new_database(after["link"])
    accept(url, HELD, "确认")
    for step in ("derive", "judge", "publish"):
        FUNCTIONS[step](url, BUILD)
    assert served(url) == (NEXT, False)
    assert build_gate_publish(url).publication.generation == NEXT + 1
    assert served(url) == (NEXT + 1, True)


def test_who_is_overtaken_on_the_way_joins_the_other(after, new_database, monkeypatch):
    """Between two of its steps another builder with news goes all the way."""
    url = new_database(after["link"])
    derive = build.derive

    def overtaken(*arguments, **named):
        monkeypatch.setattr(build, "derive", derive)
        accept(url, HELD, "确认")
        assert build_gate_publish(url).publication.generation == NEXT
        return derive(*arguments, **named)

    monkeypatch.setattr(build, "derive", overtaken)
    assert build_gate_publish(url).publication is None
    assert served(url) == (NEXT, True)
    assert under_way(url).build_no == BUILD + 1


def test_a_closed_gate_is_asked_again_and_tells_of_news(after, new_database):
    url = new_database(after["derive"])
    with connect(url) as connection:
        connection.execute("update marts.resident set masked_id_number = id_number")
    with pytest.raises(GateClosed, match="former generation stays") as closed:
        build.judge(url, BUILD)
    assert "there is news" not in str(closed.value)
    assert served(url)[0] == SERVED
    assert (settings().docs_dir / "index.html").exists()
    with connect(url) as connection:
        bare = connection.execute(
            "select count(*) from pub.current_resident where masked_id_number = id_number"
        )
        assert bare.fetchone() == (0,)
    accept(url, HELD, "确认")
    with pytest.raises(GateClosed, match=r"Since it began there is news.*clear the task `stage`"):
        build.judge(url, BUILD)
    with pytest.raises(UsageError, match="has not passed `judge`"):
        build.publish(url, BUILD)
    with connect(url) as connection:
        connection.execute("update marts.resident set masked_id_number = clean.mask_id_number(id_number)")
    assert build_gate_publish(url).publication.generation == NEXT
    assert served(url) == (NEXT, True)


def test_the_last_answer_of_the_gate_counts(after, new_database):
    """Passed first, closed when asked again: what it passed is no longer what would be published."""
    url = new_database(after["judge"])
    with connect(url) as connection:
        connection.execute("update marts.resident set masked_id_number = id_number")
    with pytest.raises(GateClosed):
        build.judge(url, BUILD)
    with pytest.raises(UsageError, match="has not passed `judge`"):
        build.publish(url, BUILD)
    assert served(url)[0] == SERVED


def test_who_is_overtaken_joins_though_there_is_news_again(after, new_database, monkeypatch):
    """Otherwise two builders would overtake each other for as long as reviews come in."""
    url = new_database(after["stage"])
    link = build.link

    def overtaken(*arguments, **named):
        monkeypatch.setattr(build, "link", link)
        accept(url, HELD, "确认")
        assert build.stage(url).build_no == BUILD + 1
        monkeypatch.setattr(build, "deliveries_digest", lambda *_: "news again")
        return link(*arguments, **named)

    monkeypatch.setattr(build, "link", overtaken)
    assert build_gate_publish(url).publication.generation == NEXT
    assert under_way(url).build_no == BUILD + 1
    assert served(url) == (NEXT, True)


def test_what_two_programs_made_is_not_mixed(after, new_database, monkeypatch):
    url = new_database(after["link"])
    monkeypatch.setattr(build, "making_digest", lambda connection: "another")
    with pytest.raises(UsageError, match="The program has changed since build 2 began"):
        build.derive(url, BUILD)
    begun = begin(url)
    assert (begun.build_no, begun.is_full_refresh) == (BUILD + 1, True)


def test_a_number_used_by_somebody_else_is_not_used_twice(after, new_database):
    url = new_database(after["judge"])
    with connect(url) as connection:
        publish(connection, date(2025, 6, 27), "by hand")
    with pytest.raises(
        OutOfTurn, match="Generation 2, for which build 2 was made, was published by somebody"
    ):
        build.publish(url, BUILD)
    assert begin(url).generation == NEXT + 1


def test_after_a_rollback_the_gates_are_asked_again(after, new_database):
    url = new_database(after["judge"])
    with connect(url) as connection:  # as if the gates had compared with a generation since taken back
        connection.execute("update ops.build_under_way set judged_against = 7")
    with pytest.raises(OutOfTurn, match=r"another generation is served.*clear the task `judge`"):
        build.publish(url, BUILD)
    assert served(url)[0] == SERVED
    build.judge(url, BUILD)
    assert build.publish(url, BUILD).generation == NEXT
