"""One build in five steps: stage, link, derive (marts and rules), judge, publish.

The command line and the Airflow DAG call the same functions, one after another. Each step takes the
build lock for itself, and what the next one must know stands in ``ops.build_under_way``: so a step may
fail, be killed and be asked again alone, and two builders share the steps of one build. A step whose
turn it is not, or whose build has been overtaken, refuses before it touches anything.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import psycopg
from psycopg.rows import class_row
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from expectations.anomalies import gate_anomalies
from expectations.data_docs import render
from expectations.gate import GateReport
from expectations.release import COUNTED, gate_release
from ingestion.contract import load_contracts
from ingestion.input_views import ensure_views
from ingestion.overlong import overlong_lines
from linkage.linking import Linkage
from linkage.linking import link as link_people
from warehouse.alerting import alerts
from warehouse.database.connection import Warehouse
from warehouse.database.errors import (
    TOLD_BY_KIND,
    GateClosed,
    MinzhengError,
    OutOfTurn,
    UsageError,
    without_values,
)
from warehouse.database.ownership import refuse_strange_inputs
from warehouse.database.settings import settings
from warehouse.pipeline.dbt import ModelFailed, run_dbt
from warehouse.pipeline.inputs import (
    deliveries_digest,
    has_withdrawn_lines,
    latest_business_date,
    making_digest,
    models_without_news,
)
from warehouse.pipeline.progress import Progress, no_progress
from warehouse.pipeline.timings import note, timed
from warehouse.publishing import publish as publishing
from warehouse.publishing.served import SOURCES
from warehouse.publishing.watch import forget

LOCK = "build"
SPILL = "linkage_spill"  # below MINZHENG_HOME
# In their order, with the titles under which they are shown.
STEPS = {
    "stage": "清洗 staging",
    "link": "人员识别 link",
    "derive": "集市与规则 marts and rules",
    "judge": "发布检查 gate",
    "publish": "发布 publish",
}
# Made first and alone: what else is made, and what is left out, is asked of it and not of the ledger.
FROZEN = ("--select", "stg_deliveries")
STAGING = ("--select", "path:models/staging", "int_person_mentions", "--exclude", "stg_deliveries")
# Each model guards its key itself, as it is made (dbt_project/macros/dialect/materialize.sql).
KEY_TESTS = "test_name:unique_combination,path:models"
SEEDS = ("path:seeds",)  # of the program: they change with it alone
MARTS = ("--select", "path:models/intermediate", "path:models/marts", "path:models/rules",
         "--exclude", "int_person_mentions", KEY_TESTS)  # fmt: skip


@dataclass(frozen=True)
class Build:
    """The row of ``ops.build_under_way``: the build begun last.

    generation: the number it is meant for. reached: the last step done, null before the first.
    judged_against: the generation readers saw when the gates judged.
    """

    build_no: int
    business_date: date
    deliveries_digest: str
    program_digest: str
    generation: int
    is_full_refresh: bool
    reached: str | None
    judged_against: int | None
    begun_at: datetime

    @property
    def done(self) -> int:
        """The number of steps done."""
        return list(STEPS).index(self.reached) + 1 if self.reached else 0

    @property
    def is_published(self) -> bool:
        return self.reached == "publish"


@dataclass(frozen=True)
class LastBuild:
    """The last build that went all the way to publishing."""

    business_date: date
    deliveries_digest: str
    program_digest: str


@dataclass(frozen=True)
class MartsMark:
    """For which day, and by which program, all marts were last built."""

    business_date: date
    program_digest: str


@dataclass(frozen=True, kw_only=True)
class Built:
    """What the steps of a build did; null where there was nothing to do or another builder did it."""

    business_date: date
    linkage: Linkage | None = None
    anomalies: GateReport | None = None
    release: GateReport | None = None
    publication: publishing.Publication | None = None


def build_under_way(connection: psycopg.Connection) -> Build | None:
    """The build begun last, published or not; null before the first."""
    with connection.cursor(row_factory=class_row(Build)) as cursor:
        return cursor.execute(
            """
            select build_no, business_date, deliveries_digest, program_digest, generation, is_full_refresh,
                reached, judged_against, begun_at
            from ops.build_under_way
            """
        ).fetchone()


def last_build(connection: psycopg.Connection) -> LastBuild | None:
    with connection.cursor(row_factory=class_row(LastBuild)) as cursor:
        return cursor.execute(
            "select business_date, deliveries_digest, program_digest from ops.build order by build_id desc limit 1"
        ).fetchone()


def marts_mark(connection: psycopg.Connection) -> MartsMark | None:
    with connection.cursor(row_factory=class_row(MartsMark)) as cursor:
        return cursor.execute("select business_date, program_digest from ops.marts_mark").fetchone()


def build_gate_publish(
    warehouse: Warehouse,
    through: date | None = None,
    full_refresh: bool = False,
    progress: Progress = no_progress,
    compare_all: bool = False,
) -> Built:
    """All steps, where there is anything new; else nothing. Whoever is overtaken joins who went ahead.

    compare_all: build and publish also without news, and compare every row with what is served.

    ``through`` limits what is taken in; without a full refresh time never runs backwards, so
    late deliveries of an earlier day change the picture of the last day built. Raises GateClosed
    where the release gate does not pass: the former generation stays.
    """
    build = stage(warehouse, through, full_refresh, progress, compare_all)
    while build:
        try:
            return _remaining_steps(warehouse, build, progress)
        except OutOfTurn:
            # What went ahead was begun later, so it has seen at least as much. Begun again for every bit
            # of news since, two builders would overtake each other for ever.
            build = _ahead(warehouse) or stage(warehouse, through, progress=progress)
    with warehouse.connect() as connection:
        published = last_build(connection)
    assert published is not None
    return Built(business_date=published.business_date)


def _ahead(warehouse: Warehouse) -> Build | None:
    """The build now under way, where its inputs are taken and it can still be published."""
    with warehouse.exclusive(LOCK), warehouse.connect() as connection:
        build = build_under_way(connection)
        is_due = build and build.generation == publishing.next_generation(connection)
    return build if build and is_due and build.reached and not build.is_published else None


def _remaining_steps(warehouse: Warehouse, build: Build, progress: Progress) -> Built:
    linked = link(warehouse, build.build_no, progress)
    derive(warehouse, build.build_no, progress)
    anomalies, release = judge(warehouse, build.build_no, progress) or (None, None)
    publication = publish(warehouse, build.build_no, progress)
    return Built(
        business_date=build.business_date,
        linkage=linked,
        anomalies=anomalies,
        release=release,
        publication=publication,
    )


def stage(
    warehouse: Warehouse,
    through: date | None = None,
    full_refresh: bool = False,
    progress: Progress = no_progress,
    compare_all: bool = False,
) -> Build | None:
    """Begin a build, or go on with the one under way where it is of the same inputs; null without news.

    compare_all: begin one also without news; whoever publishes next compares every row.

    What is accepted from here on belongs to the next build: ``staging.stg_deliveries`` is made here
    and is all that the other steps know of the ledger.
    """
    with warehouse.exclusive(LOCK), _telling(warehouse, "stage"):
        if compare_all:
            with warehouse.connect("publisher") as connection:
                forget(connection)
        with warehouse.connect("loader") as connection:
            ensure_views(connection, load_contracts())
            refuse_strange_inputs(connection)
        with warehouse.connect() as connection:
            build = _begin(connection, through, full_refresh, is_wanted=compare_all)
        if build is None or build.reached:
            return build
        with timed(warehouse, build.build_no, "stage"):
            if build.is_full_refresh:
                with warehouse.connect("transformer") as connection:
                    _forget_marts(connection)
            _run_models(warehouse, build, "stage", FROZEN, progress)
            selection = (STAGING[0], *(SEEDS if build.is_full_refresh else ()), *STAGING[1:])
            _run_models(warehouse, build, "stage", selection, progress, spares_idle=True)
            _reach(warehouse, build, "stage")
        return build


def link(warehouse: Warehouse, build_no: int, progress: Progress = no_progress) -> Linkage | None:
    """Person mentions to residents; null where it was done before."""
    with _turn(warehouse, build_no, "link") as build:
        if build is None:
            return None
        progress(STEPS["link"], 0, 0)
        with warehouse.connect("loader") as connection:
            linked = link_people(connection, anew=build.is_full_refresh, spill=settings().home / SPILL)
        _reach(warehouse, build, "link")
        return linked


def derive(warehouse: Warehouse, build_no: int, progress: Progress = no_progress) -> None:
    """Marts and rules from what is staged and linked."""
    with _turn(warehouse, build_no, "derive") as build:
        if build is None:
            return
        with warehouse.connect("transformer") as connection:
            can_follow = _marts_can_follow(connection)
        _run_models(warehouse, build, "derive", MARTS, progress, anew=not can_follow, spares_idle=True)
        with warehouse.connect("transformer") as connection:
            _mark_marts(connection, build)
        _reach(warehouse, build, "derive")


def judge(
    warehouse: Warehouse, build_no: int, progress: Progress = no_progress
) -> tuple[GateReport, GateReport] | None:
    """The anomalies suite (flags only) and the release suite. Asked anew until the build is published.

    Raises GateClosed where the release suite does not pass: the former generation stays.
    """
    with _turn(warehouse, build_no, "judge") as build:
        if build is None:
            return None
        _reach(warehouse, build, "derive")  # what was judged before does not stand for what is judged now
        database = warehouse.engine("loader")
        with warehouse.connect() as connection:
            served = publishing.current_generation(connection)
        progress(STEPS["judge"], 0, 2)
        anomalies = gate_anomalies(database, build.generation)
        progress(STEPS["judge"], 1, 2)
        release = gate_release(database, build.generation, SOURCES)
        write_data_docs(warehouse)
        progress(STEPS["judge"], 2, 2)
        alerts.update(warehouse)
        if not release.passed:
            raise GateClosed(_why_closed(warehouse, build))
        with warehouse.connect("loader") as connection:
            _note_taken_in(connection, COUNTED)
        _reach(warehouse, build, "judge", judged_against=served)
        return anomalies, release


def publish(
    warehouse: Warehouse, build_no: int, progress: Progress = no_progress
) -> publishing.Publication | None:
    """What was judged becomes what readers see; null where it was published before.

    The publication, the record of the build and the end of its being under way are one transaction.
    """
    with _turn(warehouse, build_no, "publish") as build:
        if build is None:
            return None
        progress(STEPS["publish"], 0, 1)
        with warehouse.connect("publisher") as connection:
            publishing.take_turn(connection)
            if publishing.current_generation(connection) != build.judged_against:
                raise OutOfTurn(
                    f"第 {build_no} 次构建检查之后，读者所见的世代变了（有人回退），未发布。 "
                    f"Since the gates judged build {build_no}, another generation is served (a rollback). "
                    f"Nothing was published. {_again('judge')}"
                )
            publication = publishing.publish(connection, build.business_date, build.deliveries_digest)
            connection.execute(
                """
                insert into ops.build (business_date, deliveries_digest, program_digest, generation)
                values (%s, %s, %s, %s)
                """,
                [build.business_date, build.deliveries_digest, build.program_digest, publication.generation],
            )
            connection.execute("update ops.build_under_way set reached = 'publish', reached_at = now()")
        progress(STEPS["publish"], 1, 1)
        return publication


def _begin(
    connection: psycopg.Connection, through: date | None, full_refresh: bool, is_wanted: bool = False
) -> Build | None:
    """The build that is now under way; null where there is nothing new and none is wanted all the same.
    Raises UsageError where nothing was ever accepted."""
    business_date = latest_business_date(connection, through)
    if business_date is None:
        raise UsageError(
            "没有可供构建的已接受交付。 "
            "No accepted delivery to build from. Look at `minzheng status`: deliveries may be missing, "
            "rejected or held."
        )
    former, mark, begun = last_build(connection), marts_mark(connection), build_under_way(connection)
    program = making_digest(connection)
    is_withdrawn = has_withdrawn_lines(connection)
    if not full_refresh:
        # Of a build that got stuck, too: what it staged is of its day.
        days = [known.business_date for known in (former, mark, begun) if known]
        if is_withdrawn:  # a day that only a withdrawn delivery spoke of has never come
            days = [latest_business_date(connection, day) or business_date for day in days]
        business_date = max([business_date, *days])
    digest = deliveries_digest(connection, business_date)
    generation = publishing.next_generation(connection)
    # Rows made by another program, or of what was withdrawn, must not stand beside new ones.
    is_anew = full_refresh or is_withdrawn or mark is None or mark.program_digest != program
    if (
        not (is_anew or is_wanted)
        and former
        and (former.deliveries_digest, former.program_digest) == (digest, program)
    ):
        return None
    if (
        begun
        and not begun.is_published
        and not full_refresh
        and begun.is_full_refresh >= is_anew
        and (begun.deliveries_digest, begun.program_digest, begun.generation) == (digest, program, generation)
    ):
        return begun
    connection.execute("delete from ops.build_under_way")
    connection.execute(
        """
        insert into ops.build_under_way
            (business_date, deliveries_digest, program_digest, generation, is_full_refresh)
        values (%s, %s, %s, %s, %s)
        """,
        [business_date, digest, program, generation, is_anew],
    )
    return build_under_way(connection)


@contextmanager
def _turn(warehouse: Warehouse, build_no: int, step: str) -> Iterator[Build | None]:
    """Alone with the build, whose step is due; null where it is done already.

    Raises OutOfTurn where the build is no longer the one under way or its number was used, and
    UsageError where a step before is not done or the program has changed since the build began.
    """
    with warehouse.exclusive(LOCK), _telling(warehouse, step):
        with warehouse.connect() as connection:
            build = build_under_way(connection)
            next_generation = publishing.next_generation(connection)
            program = making_digest(connection)
        if build is None or build.build_no != build_no:
            ahead = f": build {build.build_no} was begun at {build.begun_at:%Y-%m-%d %H:%M}" if build else ""
            raise OutOfTurn(
                f"第 {build_no} 次构建已被更新的构建取代，本步骤什么也未做。 "
                f"Build {build_no} is no longer the one under way{ahead}. "
                f"This step did nothing. {_again('stage')}"
            )
        if build.is_published:
            yield None
            return
        if build.program_digest != program:
            raise UsageError(
                f"第 {build_no} 次构建开始后程序换了版本，两个版本的结果不可混用，本步骤什么也未做。 "
                f"The program has changed since build {build_no} began, and what two programs made must not "
                f"be mixed. This step did nothing. {_again('stage')}"
            )
        if build.generation != next_generation:
            raise OutOfTurn(
                f"第 {build_no} 次构建所要的第 {build.generation} 世代已由他人发布，本步骤什么也未做。 "
                f"Generation {build.generation}, for which build {build_no} was made, was published by somebody "
                f"else. This step did nothing. {_again('stage')}"
            )
        due = list(STEPS).index(step)
        if build.done < due:
            missing = list(STEPS)[build.done]
            raise UsageError(
                f"第 {build_no} 次构建还没有过 {_title(missing)} 一步，轮不到 {_title(step)}。 "
                f"Build {build_no} has not passed `{missing}` yet, so it is not the turn of `{step}`. "
                f"{_again(missing)}"
            )
        if build.done > due and step != "judge":
            yield None
            return
        with warehouse.connect("loader") as connection:
            refuse_strange_inputs(connection)
        with timed(warehouse, build_no, step):
            yield build


@contextmanager
def _telling(warehouse: Warehouse, step: str) -> Iterator[None]:
    """An error of the database names the step, the model or table, and deliveries and lines that no index
    takes, where these can be known; never a value."""
    try:
        yield
    except (psycopg.Error, SQLAlchemyError, ModelFailed) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if getattr(cause, "sqlstate", None) in TOLD_BY_KIND:
            with without_values():
                raise
        lines = _overlong(warehouse)
        suspects = (
            " 有的行过长，索引存不下，撤回其交付后可收更正。 "
            f"No index takes {'; '.join(lines)}: `minzheng withdraw DELIVERY --reason ...` lets a corrected "
            "delivery come."
            if lines
            else ""
        )
        raise MinzhengError(f"步骤 {_title(step)} Step `{step}`：{_what_failed(cause)}{suspects}") from None


def _what_failed(cause: BaseException | None) -> str:
    if not isinstance(cause, psycopg.Error):
        return str(cause) if isinstance(cause, ModelFailed) else type(cause).__name__
    named = [cause.diag.schema_name, cause.diag.table_name, cause.diag.constraint_name]
    place = f" on {'.'.join(name for name in named if name)}" if any(named) else ""
    return (
        "数据库拒绝了一条语句，已发布的不变。 "
        f"The database refused a statement{place} ({type(cause).__name__}, SQLSTATE {cause.sqlstate or 'none'}). "
        "What was published stays. Run again; if it comes back, report it with this line."
    )


def _title(step: str) -> str:
    return STEPS[step].partition(" ")[0]


def _overlong(warehouse: Warehouse) -> list[str]:
    try:
        with warehouse.connect() as connection:
            return overlong_lines(connection, load_contracts())
    except (MinzhengError, psycopg.Error):  # the error that is told is the first one
        return []


def _again(step: str) -> str:
    return (
        f"请重新运行 `minzheng build`，或在 Airflow 中清除任务 `{step}` 及其后各步。 "
        f"Run `minzheng build` again, or clear the task `{step}` in Airflow with all that follow."
    )


def _reach(warehouse: Warehouse, build: Build, step: str, judged_against: int | None = None) -> None:
    with warehouse.connect() as connection:
        connection.execute(
            """
            update ops.build_under_way set reached = %s, judged_against = %s, reached_at = now()
            where build_no = %s
            """,
            [step, judged_against, build.build_no],
        )


def _run_models(
    warehouse: Warehouse,
    build: Build,
    step: str,
    selection: tuple[str, ...],
    progress: Progress,
    anew: bool = False,
    spares_idle: bool = False,
) -> None:
    follows = not (anew or build.is_full_refresh)
    extent = [] if follows else ["--full-refresh"]
    if follows and spares_idle:
        with warehouse.connect() as connection:
            idle = models_without_news(connection, load_contracts().values())
        extent = ["--exclude", *idle] if idle else []
    seconds = run_dbt(
        warehouse.acting_as("transformer"),
        "build", "--exclude-resource-type", "unit_test",
        *selection,
        *extent,
        variables={
            "business_date": build.business_date,
            "generation": build.generation,
            "follows": "yes" if follows else "no",
        },
        progress=lambda done, total: progress(STEPS[step], done, total),
    )  # fmt: skip
    with warehouse.connect() as connection:
        note(connection, build.build_no, step, seconds)


def _forget_marts(connection: psycopg.Connection) -> None:
    """Until all marts are built once more there is nothing to follow."""
    connection.execute("delete from ops.marts_mark")
    connection.execute("delete from ops.absorbed_delivery where model = any(%s)", [["marts", COUNTED]])


def _marts_can_follow(connection: psycopg.Connection) -> bool:
    """May the marts work out only what has news? Not before they were complete once, nor after a run
    that broke off among them: some would have followed, and others not."""
    row = connection.execute("select is_under_way from ops.marts_mark").fetchone()
    connection.execute("update ops.marts_mark set is_under_way = true")
    return row == (False,)


def _mark_marts(connection: psycopg.Connection, build: Build) -> None:
    """The marts have taken in everything linked so far, for this day."""
    with connection.transaction():
        connection.execute("delete from ops.marts_mark")
        connection.execute(
            """
            insert into ops.marts_mark (event_id, business_date, program_digest)
            select coalesce(max(event_id), 0), %s, %s from ops.identity_event
            """,
            [build.business_date, build.program_digest],
        )
        _note_taken_in(connection, "marts")


def _note_taken_in(connection: psycopg.Connection, taker: str) -> None:
    connection.execute(
        """
        insert into ops.absorbed_delivery (model, delivery_id)
        select %s, delivery_id from staging.stg_deliveries
        on conflict do nothing
        """,
        [taker],
    )


WHY_CLOSED = """
select string_agg(
    ops.measured(description, observed, element_count, unexpected_count), '；' order by gate_result_id
)
from ops.gate_result
where gate = 'release' and subject = %(subject)s and not success and severity = 'critical'
    and checked_at = (
        select max(checked_at) from ops.gate_result where gate = 'release' and subject = %(subject)s
    )
"""


def _why_closed(warehouse: Warehouse, build: Build) -> str:
    with warehouse.connect() as connection:
        subject = {"subject": f"generation:{build.generation}"}
        ((failed,),) = connection.execute(WHY_CLOSED, subject).fetchall()
        day = latest_business_date(connection)
        assert day is not None
        has_news = deliveries_digest(connection, max(day, build.business_date)) != build.deliveries_digest
    news = f" 其间已有新内容。 Since it began there is news. {_again('stage')}" if has_news else ""
    return (
        f"第 {build.generation} 世代未通过发布检查，仍用原来的世代：{failed}。 "
        f"The release gate is closed for generation {build.generation}: {failed}. The former generation stays. "
        f"Details: {settings().docs_dir / 'index.html'} or ops.gate_result.{news}"
    )


def write_data_docs(warehouse: Warehouse) -> Path:
    """Render the results of all gates as one page that needs no network."""
    with warehouse.connect() as connection:
        return render(connection, settings().docs_dir, settings().docs_deliveries)
