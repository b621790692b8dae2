"""The steps of a build, asked one by one: repeated, cleared, overtaken, they never publish a mixture."""

from datetime import date
from itertools import pairwise

import pytest
from fingerprints import fingerprints
from town import FUNCTIONS

from warehouse.database.connection import Warehouse
from warehouse.database.errors import GateClosed, MinzhengError, OutOfTurn, UsageError
from warehouse.database.settings import settings
from warehouse.pipeline import build
from warehouse.pipeline.build import STEPS, build_gate_publish, build_under_way
from warehouse.pipeline.dbt import run_command
from warehouse.pipeline.runs import accept, gate_deliveries, land
from warehouse.pipeline.timings import KEPT, WHOLE, note, timings
from warehouse.publishing.publish import publish

pytestmark = pytest.mark.builds

# The build looked at follows a published one, and the payments of a day are its news. Those of the next day
# are held. Few models are built: what lies between payments and the mentions of people in them.
BUILD, SERVED, NEXT = 2, 1, 2
HELD = "payment_20250628_delta_01"
STAGING = ("--select", "stg_payment", "int_person_mentions")
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

    def land_payments(database: Warehouse) -> None:
        land(database, town.later, feeds={"payment"}, since=date(2025, 6, 27))
        assert gate_deliveries(database) == []
        with database.connect() as connection:
            held = connection.execute(
                "update ops.delivery set status = 'held' where delivery_id = %s", [HELD]
            ).rowcount
        assert held == 1

    databases, published = {}, town.after("publish")
    with pytest.MonkeyPatch.context() as patch:
        build_few_models(patch)
        former = templates.made_once("steps_land", land_payments, published)
        for step, take in FUNCTIONS.items():
            former = databases[step] = templates.made_once(
                f"steps_{step}", lambda database, take=take: take(database, BUILD), former
            )
    return databases


def under_way(database: Warehouse) -> build.Build:
    with database.connect() as connection:
        found = build_under_way(connection)
    assert found is not None
    return found


def begin(database: Warehouse) -> build.Build:
    """Another builder begins, and gets no further."""
    with database.connect() as connection:
        begun = build._begin(connection, None, False)
    assert begun is not None
    return begun


def served(database: Warehouse) -> tuple[int | None, bool]:
    """The generation readers see, and whether the delivery once held is part of it."""
    with database.connect() as connection:
        return connection.execute(
            """
            select max(generation), coalesce(bool_or(last_delivery_id = %s), false)
            from pub.current_generation
            left join pub.current_source_freshness on feed = 'payment'
            """,
            [HELD],
        ).fetchone()


def test_every_step_is_noted_and_the_last_one_publishes(after, new_database):
    databases = {step: new_database(database) for step, database in after.items()}
    builds = {step: under_way(database) for step, database in databases.items()}
    generations = {step: served(database)[0] for step, database in databases.items()}
    assert {step: build.reached for step, build in builds.items()} == {step: step for step in STEPS}
    assert {build.build_no for build in builds.values()} == {BUILD}
    assert generations == dict.fromkeys(STEPS, SERVED) | {"publish": NEXT}


def test_what_steps_and_models_took_is_kept_of_the_last_builds(after, new_database):
    """A step that is asked again counts as it was last; a step that failed has no time."""
    with new_database(after["derive"]).connect() as connection:
        taken = {(each.step, each.model): set(each.seconds) for each in timings(connection)}
        assert all(BUILD in taken[step, WHOLE] for step in ("stage", "link", "derive"))
        assert all(BUILD not in builds for (step, _), builds in taken.items() if step in ("judge", "publish"))
        assert BUILD in taken["stage", "stg_payment"] & taken["derive", "person_mention"]
        for seconds in (7, 3):
            note(connection, BUILD, "derive", {WHOLE: seconds})
        last = BUILD + KEPT - 1
        for build_no in range(BUILD + 1, last + 1):
            note(connection, build_no, "derive", {WHOLE: 1})
        (derived,) = [
            each.seconds for each in timings(connection) if (each.step, each.model) == ("derive", WHOLE)
        ]
    assert derived == {BUILD: 3} | dict.fromkeys(range(BUILD + 1, last + 1), 1)


def test_a_published_build_has_nothing_left_to_do(after, new_database):
    database = new_database(after["publish"])
    with database.connect() as connection:
        before = fingerprints(connection)
    assert [step(database, BUILD) for step in FUNCTIONS.values()] == [None] * 5
    with database.connect() as connection:
        assert fingerprints(connection) == before


@pytest.mark.parametrize(
    ("reached", "asked"), [("stage", "derive"), ("link", "judge"), ("derive", "publish")]
)
def test_no_step_is_done_before_its_turn(after, new_database, reached, asked):
    database = new_database(after[reached])
    missing = list(STEPS)[list(STEPS).index(asked) - 1]
    with pytest.raises(UsageError, match=rf"has not passed `{missing}` yet.*clear the task `{missing}`"):
        FUNCTIONS[asked](database, BUILD)
    assert (under_way(database).reached, served(database)[0]) == (reached, SERVED)


@pytest.mark.parametrize(("reached", "following"), list(pairwise(STEPS)))
def test_a_second_builder_goes_on_where_the_first_is(after, new_database, reached, following):
    database = new_database(after[reached])
    assert begin(database) == under_way(database)
    if reached != "judge":
        assert reached == "stage" or FUNCTIONS[reached](database, BUILD) is None
    if following in ("judge", "publish"):
        assert build_gate_publish(database).publication.generation == NEXT
        assert FUNCTIONS[following](database, BUILD) is None
        assert served(database)[0] == NEXT


@pytest.mark.parametrize(("reached", "following"), list(pairwise(STEPS)))
def test_a_builder_with_news_overtakes_at_every_border(after, new_database, reached, following):
    database = new_database(after[reached])
    accept(database, HELD, "确认")
    assert begin(database).build_no == BUILD + 1
    with pytest.raises(OutOfTurn, match="Build 2 is no longer the one under way: build 3 was begun"):
        FUNCTIONS[following](database, BUILD)
    assert (under_way(database).reached, served(database)[0]) == (None, SERVED)


def test_what_is_accepted_between_two_steps_belongs_to_the_next_build(after, new_database):
    database = new_database(after["link"])
    accept(database, HELD, "确认")
    for step in ("derive", "judge", "publish"):
        FUNCTIONS[step](database, BUILD)
    assert served(database) == (NEXT, False)
    assert build_gate_publish(database).publication.generation == NEXT + 1
    assert served(database) == (NEXT + 1, True)


def test_what_is_accepted_while_a_build_begins_belongs_to_the_next_whole(after, new_database, monkeypatch):
    """Models of its kind had no news when they were asked, and others must not note that they took it in."""
    database = new_database(after["publish"])
    asked = build.models_without_news

    def accepted_meanwhile(*arguments):
        idle = asked(*arguments)
        monkeypatch.setattr(build, "models_without_news", asked)
        assert "stg_payment" in idle
        accept(database, HELD, "确认")
        return idle

    monkeypatch.setattr(build, "models_without_news", accepted_meanwhile)
    build_gate_publish(database, compare_all=True)
    assert served(database) == (NEXT, False), "the same again"
    build_gate_publish(database)
    assert served(database) == (NEXT + 1, True)
    with database.connect() as connection:
        assert connection.execute(
            "select (select count(*) from raw.payment where _delivery_id = %s) <="
            " (select count(*) from intermediate.int_person_mentions where delivery_id = %s)",
            [HELD, HELD],
        ).fetchone() == (True,)


def test_who_is_overtaken_on_the_way_joins_the_other(after, new_database, monkeypatch):
    """Between two of its steps another builder with news goes all the way."""
    database = new_database(after["link"])
    derive = build.derive

    def overtaken(*arguments, **named):
        monkeypatch.setattr(build, "derive", derive)
        accept(database, HELD, "确认")
        assert build_gate_publish(database).publication.generation == NEXT
        return derive(*arguments, **named)

    monkeypatch.setattr(build, "derive", overtaken)
    assert build_gate_publish(database).publication is None
    assert served(database) == (NEXT, True)
    assert under_way(database).build_no == BUILD + 1


def test_a_closed_gate_is_asked_again_and_tells_of_news(after, new_database):
    database = new_database(after["derive"])
    with database.connect() as connection:
        connection.execute("update marts.resident set masked_id_number = id_number")
    with pytest.raises(GateClosed, match="former generation stays") as closed:
        build.judge(database, BUILD)
    assert "there is news" not in str(closed.value)
    assert served(database)[0] == SERVED
    assert (settings().docs_dir / "index.html").exists()
    with database.connect() as connection:
        bare = connection.execute(
            "select count(*) from pub.current_resident where masked_id_number = id_number"
        )
        assert bare.fetchone() == (0,)
    accept(database, HELD, "确认")
    with pytest.raises(GateClosed, match=r"Since it began there is news.*clear the task `stage`"):
        build.judge(database, BUILD)
    with pytest.raises(UsageError, match="has not passed `judge`"):
        build.publish(database, BUILD)
    with database.connect() as connection:
        connection.execute("update marts.resident set masked_id_number = clean.mask_id_number(id_number)")
    assert build_gate_publish(database).publication.generation == NEXT
    assert served(database) == (NEXT, True)


def test_the_last_answer_of_the_gate_counts(after, new_database):
    """Passed first, closed when asked again: what it passed is no longer what would be published."""
    database = new_database(after["judge"])
    with database.connect() as connection:
        connection.execute("update marts.resident set masked_id_number = id_number")
    with pytest.raises(GateClosed):
        build.judge(database, BUILD)
    with pytest.raises(UsageError, match="has not passed `judge`"):
        build.publish(database, BUILD)
    assert served(database)[0] == SERVED


def test_who_is_overtaken_joins_though_there_is_news_again(after, new_database, monkeypatch):
    """Otherwise two builders would overtake each other for as long as reviews come in."""
    database = new_database(after["stage"])
    link = build.link

    def overtaken(*arguments, **named):
        monkeypatch.setattr(build, "link", link)
        accept(database, HELD, "确认")
        assert build.stage(database).build_no == BUILD + 1
        monkeypatch.setattr(build, "deliveries_digest", lambda *_: "news again")
        return link(*arguments, **named)

    monkeypatch.setattr(build, "link", overtaken)
    assert build_gate_publish(database).publication.generation == NEXT
    assert under_way(database).build_no == BUILD + 1
    assert served(database) == (NEXT, True)


def test_what_two_programs_made_is_not_mixed(after, new_database, monkeypatch):
    database = new_database(after["link"])
    monkeypatch.setattr(build, "making_digest", lambda connection: "another")
    with pytest.raises(UsageError, match="The program has changed since build 2 began"):
        build.derive(database, BUILD)
    begun = begin(database)
    assert (begun.build_no, begun.is_full_refresh) == (BUILD + 1, True)


def test_a_number_used_by_somebody_else_is_not_used_twice(after, new_database):
    database = new_database(after["judge"])
    with database.connect() as connection:
        publish(connection, date(2025, 6, 27), "by hand")
    with pytest.raises(
        OutOfTurn, match="Generation 2, for which build 2 was made, was published by somebody"
    ):
        build.publish(database, BUILD)
    assert begin(database).generation == NEXT + 1


def test_what_was_judged_is_what_is_published(after, new_database):
    """Models made by hand between two steps are no part of the build: it begins again. 15 s."""
    database = new_database(after["judge"])
    assert run_command(database, ["run", "--quiet", "-s", "source_freshness"]) == 0
    with pytest.raises(UsageError, match="has not passed `stage`"):
        build.publish(database, BUILD)
    assert served(database)[0] == SERVED
    with database.connect() as connection:
        assert connection.execute("select is_under_way from ops.marts_mark").fetchone() == (True,)
    begun = build.stage(database)
    assert begun is not None
    assert (begun.build_no, begun.reached) == (BUILD, None)
    assert under_way(database).reached == "stage"


def test_nothing_is_read_past_what_landing_does_not_make(after, new_database):
    """Whoever lands could have the login that builds run what they made."""
    database = new_database(after["link"])
    with database.connect() as connection:
        connection.execute("create view raw.trap as select 1")
    for step in (lambda: build.derive(database, BUILD), lambda: build.stage(database)):
        with pytest.raises(MinzhengError, match=r"raw\.trap \(relkind v\)"):
            step()
    assert under_way(database).reached == "link"


def test_after_a_rollback_the_gates_are_asked_again(after, new_database):
    database = new_database(after["judge"])
    with database.connect() as connection:  # as if the gates had compared with a generation since taken back
        connection.execute("update ops.build_under_way set judged_against = 7")
    with pytest.raises(OutOfTurn, match=r"another generation is served.*clear the task `judge`"):
        build.publish(database, BUILD)
    assert served(database)[0] == SERVED
    build.judge(database, BUILD)
    assert build.publish(database, BUILD).generation == NEXT
