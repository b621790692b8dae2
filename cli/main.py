"""The command line ``minzheng``: thin, every command calls one function of the program."""

import logging
import os
import sys
import traceback
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.text import Text

from cli import (
    alert_commands,
    audit_commands,
    authorization_commands,
    backup_commands,
    bureau_commands,
    contract_commands,
    emergency_commands,
    finding_commands,
    inbox_commands,
    officer_commands,
    report_file,
    staff_commands,
    statistics_commands,
    token_commands,
)
from cli.command_groups import GroupedHelp
from cli.console import complaints, console
from cli.log_lines import LineHandler
from cli.opened import connected, opened_warehouse
from expectations.errors import CheckFault
from ingestion.contract_faults import kind_zh
from ingestion.errors import ContractError, IngestionError, RequestError
from warehouse.database.errors import (
    GateClosed,
    MinzhengError,
    MissingRight,
    UsageError,
    given_path,
    without_values,
)

if TYPE_CHECKING:
    import psycopg

    from ingestion.landing import DeliveryResult
    from linkage.review import Case

app = typer.Typer(
    cls=GroupedHelp,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(alert_commands.app, name="alert")
app.add_typer(audit_commands.app, name="audit")
app.add_typer(authorization_commands.app, name="authorization")
app.add_typer(backup_commands.app, name="backup")
app.add_typer(bureau_commands.app, name="bureau")
app.add_typer(contract_commands.app, name="contract")
app.add_typer(emergency_commands.app, name="emergency")
app.add_typer(inbox_commands.app, name="inbox")
app.command("report")(report_file.write_report)
app.add_typer(officer_commands.app, name="officer")
app.add_typer(staff_commands.app, name="staff")
app.add_typer(statistics_commands.app, name="statistics")
app.add_typer(token_commands.app, name="token")

LARGEST_INTEGER = 2**31 - 1  # of the database

Inbox = Annotated[
    Path,
    typer.Option(
        "--inbox", envvar="MINZHENG_INBOX", help="Folder of deliveries: <system>/<feed>/<YYYYMMDD>."
    ),
]
Through = Annotated[
    datetime | None, typer.Option("--through", formats=["%Y-%m-%d"], help="Last business date to take in.")
]
Purpose = Annotated[
    str | None,
    typer.Option("--purpose", help="For what people are looked at; MINZHENG_PURPOSE where none is given."),
]
WatchPort = Annotated[
    int | None,
    typer.Option(
        "--watch-port",
        min=1,
        max=65535,
        help="Tell metrics and health there, for who watches; at the same address.",
    ),
]
FullRefresh = Annotated[bool, typer.Option("--full-refresh", help="Rebuild all models from raw.")]


def _tell_version(is_wanted: bool) -> None:
    if is_wanted:
        from importlib.metadata import version

        typer.echo(f"minzheng {version('minzheng')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help="版本号 Tell the version."),
    ] = False,
) -> None:
    """民政共享数据仓库 shared data warehouse of a civil-affairs bureau."""


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


@app.command()
def run(inbox: Inbox, through: Through = None, full_refresh: FullRefresh = False) -> None:
    """Land, gate, build, link, apply the rules, gate and publish all that is complete and new."""
    from cli import report
    from cli.progress import progress_bar
    from warehouse.alerting.alerts import failure_raises_alert
    from warehouse.pipeline import runs as pipeline
    from warehouse.pipeline.build import build_gate_publish

    with opened_warehouse() as warehouse, failure_raises_alert(warehouse, "minzheng run"):
        with progress_bar(console) as progress:
            deliveries = pipeline.land(warehouse, inbox, _day(through), progress=progress)
            held = pipeline.gate_deliveries(warehouse, progress=progress)
        report.print_deliveries(console, deliveries)
        with progress_bar(console) as progress:
            result = build_gate_publish(warehouse, _day(through), full_refresh, progress)
        if result.publication is None:
            console.print(f"没有新内容 nothing new up to {result.business_date}: 0 rows changed.")
        else:
            with warehouse.connect() as connection:
                report.print_run(console, connection, result)
    _complain(deliveries, [report.subject for report in held])


def _complain(deliveries: "list[DeliveryResult]", held_by_gate: list[str]) -> None:
    """All else is done, but somebody must see what was refused whole (exit 2), held or found astray (exit 1)."""
    refused = [result.delivery_id for result in deliveries if result.outcome == "rejected"]
    if refused:
        raise UsageError(
            "整份拒收，原因见上。 "
            f"Refused whole: {', '.join(refused)}. The reasons stand above and in `minzheng alert list`."
        )
    held = [result.delivery_id for result in deliveries if result.outcome == "held"] + held_by_gate
    if held:
        raise GateClosed(
            f"暂扣未用，确认无误的可以接受。 Held and not used: {', '.join(held)}. See `minzheng alert list`; "
            "`minzheng accept DELIVERY` where it is right after all."
        )
    strays = [result.delivery_id for result in deliveries if result.outcome == "stray"]
    if strays:
        raise GateClosed(
            "交换目录中有无人读取的内容，请移走或认可。 "
            f"Lies in the inbox and is read by nothing: {', '.join(strays)}. Told this once, then by an alert "
            "until it is gone or acknowledged (`minzheng inbox ignore PATH --reason ...`)."
        )


@app.command()
def demo(
    residents: Annotated[int, typer.Option(min=200, help="Size of the invented town.")] = 10_000,
    seed: Annotated[int, typer.Option(help="Another seed, another town.")] = 1,
    source: Annotated[
        Literal["mariadb"] | None,
        typer.Option(help="Let the vehicles stand in a MariaDB of this machine, and fetch them from there."),
    ] = None,
) -> None:
    """Make an invented town, run the whole job on it and show what comes out."""
    from cli.demo import demo_warehouse, print_demo, run_demo
    from cli.progress import progress_bar
    from cli.report import print_pulled

    with demo_warehouse() as warehouse:
        with progress_bar(console) as progress:
            result, pulled = run_demo(warehouse, residents, seed, progress, fetches=source is not None)
        if pulled is not None:
            print_pulled(console, pulled)
        print_demo(console, warehouse, result)


@app.command()
def land(
    inbox: Inbox,
    feeds: Annotated[list[str] | None, typer.Argument(help="Feeds to land; all where none is named.")] = None,
    through: Through = None,
    replay: Annotated[
        str | None, typer.Option("--replay", help="Land this held or refused delivery again, and only it.")
    ] = None,
) -> None:
    """Only land: every line into raw or into the list of rejected lines."""
    from cli import report
    from cli.progress import progress_bar
    from warehouse.alerting.alerts import failure_raises_alert
    from warehouse.pipeline import runs as pipeline

    with opened_warehouse() as warehouse, failure_raises_alert(warehouse, "minzheng land"):
        with progress_bar(console) as progress:
            if replay is not None:
                results = [pipeline.replay(warehouse, inbox, replay)]
            else:
                results = pipeline.land(
                    warehouse, inbox, _day(through), set(feeds) if feeds else None, progress
                )
        report.print_deliveries(console, results)
    _complain(results, [])


@app.command()
def pull(
    feed: Annotated[str, typer.Argument(help="The feed to fetch.")],
    inbox: Inbox,
    day: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Business date of the delivery, where it is not today."),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--from", help="Fetch a span of the cursor again, from this value on.")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", help="Up to this one.")] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Fetch everything, whatever was fetched before.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only ask: columns and rows; nothing is laid down.")
    ] = False,
) -> None:
    """Fetch what is new of one feed from the system that holds it, into the inbox."""
    from cli.report import print_pulled
    from ingestion.pulling.pull import Wish
    from warehouse.alerting.alerts import failure_raises_alert
    from warehouse.pipeline.pulling import pull as fetch

    wish = Wish(_day(day), since=since, until=until, is_full=full, is_dry_run=dry_run)
    with opened_warehouse() as warehouse:
        if dry_run:
            print_pulled(console, fetch(warehouse, inbox, feed, wish))
            return
        with failure_raises_alert(warehouse, f"minzheng pull {feed}"):
            print_pulled(console, fetch(warehouse, inbox, feed, wish))


@app.command()
def backfill(
    feed: Annotated[str, typer.Argument(help="The feed to fill up.")],
    inbox: Inbox,
    since: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First business date.")],
    through: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last business date.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be landed.")] = False,
) -> None:
    """Land what a span of days left out of one feed; days landed before are skipped."""
    from cli import report
    from cli.progress import progress_bar
    from warehouse.pipeline import runs as pipeline

    if through < since:
        raise UsageError("--to 早于 --from。 --to lies before --from. Nothing was landed.")
    with opened_warehouse() as warehouse:
        with progress_bar(console) as progress:
            results = pipeline.land(
                warehouse, inbox, through.date(), {feed}, progress, since=since.date(), is_dry_run=dry_run
            )
        report.print_deliveries(console, results)
    _complain(results, [])


@app.command("return-list")
def return_list(
    out: Annotated[Path, typer.Option("--out", help="Folder for the workbooks, one per sender.")],
    since: Annotated[
        datetime | None,
        typer.Option("--since", formats=["%Y-%m-%d"], help="Only lines of this business date or later."),
    ] = None,
    feed: Annotated[str | None, typer.Option("--feed", help="Only lines of this feed.")] = None,
) -> None:
    """Write the return lists: rejected lines not corrected yet, with their reason, values masked."""
    from ingestion.contract import load_contracts
    from ingestion.return_list import write_return_lists
    from warehouse.bureau.letterhead import letterhead

    heading = letterhead()
    with connected() as connection, given_path(out):
        written = write_return_lists(connection, load_contracts(), out, _day(since), feed, heading)
    for path in written:
        console.print(str(path))
    if not written:
        console.print("没有待整改的行 no lines to correct")


@app.command()
def gate() -> None:
    """Only judge the landed deliveries that wait for it. Exit 1 where one is held."""
    from warehouse.alerting.alerts import failure_raises_alert
    from warehouse.pipeline import runs as pipeline

    with opened_warehouse() as warehouse, failure_raises_alert(warehouse, "minzheng gate"):
        held = pipeline.gate_deliveries(warehouse)
    _complain([], [report.subject for report in held])
    console.print("没有暂扣的交付 no delivery held")


@app.command()
def accept(
    delivery: Annotated[str, typer.Argument(help="Id of a held delivery.")],
    reason: Annotated[
        str, typer.Option("--reason", help="Why it is right after all; kept with the gate's results.")
    ],
    said_by: Annotated[
        str | None, typer.Option("--by", help="Who lets it through; the login where nobody is named.")
    ] = None,
) -> None:
    """Let a held delivery through: the next build uses it."""
    from warehouse.pipeline import runs as pipeline

    with opened_warehouse() as warehouse:
        pipeline.accept(warehouse, delivery, reason, said_by)
    console.print(f"已接受 accepted {delivery}")


@app.command()
def withdraw(
    delivery: Annotated[str, typer.Argument(help="Id of a landed delivery.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it must not be used; kept for ever.")],
    said_by: Annotated[
        str | None, typer.Option("--by", help="Who withdraws it; the login where nobody is named.")
    ] = None,
) -> None:
    """Take a delivery out of use: the next build computes as if it had never come. Its lines stay in raw."""
    from cli import report
    from warehouse.pipeline import runs as pipeline

    with opened_warehouse() as warehouse:
        withdrawal = pipeline.withdraw(warehouse, delivery, reason, said_by)
    if withdrawal.is_withdrawn:
        console.print(
            f"已撤回 withdrawn {delivery}，下次构建生效 in force from the next build"
            f"{report.one_login(withdrawal.people, withdrawal.logins)}"
        )
    else:
        console.print(f"已记录，待第二人 noted, waits for a second person: {delivery}")


@app.command()
def build(
    through: Through = None,
    full_refresh: FullRefresh = False,
    compare_all: Annotated[
        bool,
        typer.Option("--compare-all", help="Compare every row with what is served, news or not."),
    ] = False,
) -> None:
    """Only build, gate and publish what has been accepted."""
    from cli import report
    from cli.progress import progress_bar
    from warehouse.alerting.alerts import failure_raises_alert
    from warehouse.pipeline.build import build_gate_publish

    with (
        opened_warehouse() as warehouse,
        failure_raises_alert(warehouse, "minzheng build"),
        progress_bar(console) as progress,
    ):
        result = build_gate_publish(warehouse, _day(through), full_refresh, progress, compare_all)
    report.print_gates(console, result.anomalies, result.release)
    published = result.publication
    console.print(
        f"已发布 published generation {published.generation}"
        if published
        else "没有新内容 nothing new: 0 rows changed."
    )


@app.command()
def rollback(
    generation: Annotated[int, typer.Argument(max=LARGEST_INTEGER, help="A published generation.")],
    moved_by: Annotated[
        str | None, typer.Option("--by", help="Who says so; the login where nobody is named.")
    ] = None,
) -> None:
    """Let readers see an earlier generation again, at once."""
    from warehouse.publishing.publish import rollback_to

    with connected() as connection:
        rollback_to(connection, generation, moved_by)
    console.print(f"现为 now serving generation {generation}")


@app.command()
def status(
    show_url: Annotated[
        bool, typer.Option("--database-url", help="Only print the connection in use.")
    ] = False,
    service_file: Annotated[
        Path | None,
        typer.Option(
            "--service-file",
            dir_okay=False,
            help="Only write the connection in use to this file, for PostgreSQL's own programs (PGSERVICEFILE).",
        ),
    ] = None,
    show_timings: Annotated[
        bool, typer.Option("--timings", help="Only what the last builds took, by step and model.")
    ] = False,
) -> None:
    """Generation in force, freshness of the sources, what is rejected or held."""
    from cli import report
    from warehouse.database.chosen import known_warehouse
    from warehouse.database.settings import settings

    if service_file:
        with given_path(service_file):
            known_warehouse(settings()).write_service_file(service_file)
        return
    if show_url:
        typer.echo(known_warehouse(settings()).address)
        return
    from warehouse.database.migrate import migrate

    with opened_warehouse() as warehouse:
        migrate(warehouse)
        if show_timings:
            from cli.timings import print_timings

            with warehouse.connect() as connection:
                print_timings(console, connection)
            return
        from warehouse.alerting.alerts import update

        update(warehouse)
        with warehouse.connect() as connection:
            report.print_status(console, connection)


@app.command()
def retention(
    apply: Annotated[bool, typer.Option("--apply", help="Drop it; without, only count.")] = False,
) -> None:
    """Drop what the settings MINZHENG_KEEP_* no longer keep: old generations, rejected lines, logs."""
    from cli import report
    from warehouse.database.settings import BUREAU_TIME
    from warehouse.publishing.retention import retain

    with opened_warehouse() as warehouse:
        dropped = retain(warehouse, datetime.now(BUREAU_TIME), is_dry_run=not apply)
    report.print_dropped(console, dropped, is_dry_run=not apply)


@app.command("migrate")
def migrate_database(
    back_to: Annotated[
        str | None,
        typer.Option("--back-to", help="Go back to this revision, before installing an older version."),
    ] = None,
) -> None:
    """Bring the database to this version; every run does it too. Tells the revision."""
    from warehouse.database.migrate import current_revision, downgrade, migrate

    with opened_warehouse() as warehouse:
        if back_to:
            downgrade(warehouse, back_to)
        else:
            migrate(warehouse)
        console.print(f"数据库版本 revision {current_revision(warehouse)}")


@app.command()
def findings(
    rule: Annotated[str | None, typer.Option(help="Rule code, for example A01.")] = None,
    division: Annotated[str | None, typer.Option(help="Division code or its beginning.")] = None,
    state: Annotated[
        str | None, typer.Option(help="new, confirmed, cleared, dismissed or expired; 待处理 ... will do.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=LARGEST_INTEGER)] = 30,
    purpose: Purpose = None,
) -> None:
    """List findings, the undecided and gravest first."""
    from cli import report
    from warehouse.casework.findings import finding_list
    from warehouse.verification.purposes import stated_purpose

    # Shown once the log holds that it was.
    with connected() as connection:
        stated = stated_purpose(connection, purpose)
        rows, total = finding_list(connection, stated, rule, division, state, limit)
    report.print_finding_list(console, rows, total)


@app.command()
def explain(
    finding: Annotated[str | None, typer.Argument(help="Finding id, or its first characters.")] = None,
    mention: Annotated[
        str | None, typer.Option("--mention", help="A person named in a line: DELIVERY:LINE:ROLE.")
    ] = None,
    household: Annotated[
        str | None, typer.Option("--household", help="A household: 家庭编号, 户号 or legal family.")
    ] = None,
    purpose: Purpose = None,
) -> None:
    """One finding, whom a mention was taken for, or a household's means line by line, with the sources."""
    from cli import report
    from cli.household import print_household
    from linkage.review import mention_key
    from warehouse.casework.explain import explain as look_up
    from warehouse.casework.explain import explain_mention
    from warehouse.casework.explain_household import explain_household
    from warehouse.verification.purposes import stated_purpose

    if sum(map(bool, (finding, mention, household))) != 1:
        raise UsageError(
            "请指明一条疑点、一处提及或一户，三者取一。 "
            "Name a finding, a mention (--mention DELIVERY:LINE:ROLE) or a --household."
        )
    if mention is not None:
        mention_key(mention)  # bad use is told before a purpose is asked for
    # Shown once the log holds that it was.
    with connected() as connection:
        stated = stated_purpose(connection, purpose)
        sheets = explain_household(connection, household, stated) if household else []
        named = explain_mention(connection, mention, stated) if mention else None
        found = look_up(connection, finding, stated) if finding else None
    for sheet in sheets:
        print_household(console, sheet)
    if named:
        report.print_mention(console, named)
    if found:
        report.print_explanation(console, found)


@app.command()
def evaluate(
    truth: Annotated[Path, typer.Option("--truth", help="Folder with link.csv and anomaly.csv.")],
    plot: Annotated[
        Path | None, typer.Option("--plot", dir_okay=False, help="Write a calibration plot (SVG).")
    ] = None,
) -> None:
    """Score linkage and rules of the last build against a ground truth."""
    from cli import report
    from lab.scoring.calibration import calibration_plot
    from lab.scoring.evaluate import evaluate as score

    with connected() as connection:
        evaluation = score(connection, truth)
    report.print_evaluation(console, evaluation)
    if plot:
        with given_path(plot):
            plot.write_text(calibration_plot(evaluation.calibration.bins), encoding="utf-8")


@app.command()
def doctor(
    bureau: Annotated[
        bool, typer.Option("--bureau", help="Check only the bureau's own folder, without a database.")
    ] = False,
) -> None:
    """Check machine, database, the bureau's own folder and derived files."""
    from warehouse.database.doctor import examine

    if bureau:
        bureau_commands.tell_of_bureau()
        return
    checks = list(examine())
    for check in checks:
        mark, style = (
            ("注意", "yellow") if check.is_notice else ("好", "green") if check.good else ("坏", "bold red")
        )
        console.print(Text(mark, style), f"{check.title}: {check.detail}")
    if not all(check.good for check in checks):
        raise MinzhengError("本机尚不适用，见上。 The machine is not fit yet, see above.")


@app.command()
def sync(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 where files drifted.")
    ] = False,
) -> None:
    """Write the files derived from the contracts (dbt sources, data dictionary ...).

    Those of the project are of the example bureau; those of a bureau's own folder are written below MINZHENG_HOME.
    """
    from ingestion.bureau import own_folder, shown
    from warehouse.database.settings import IS_CHECKOUT
    from warehouse.derived import sync as derived

    if not IS_CHECKOUT and (check or own_folder() is None):
        raise UsageError(
            "`minzheng sync` 写的是本项目自己的文件，请在其代码目录中运行。 "
            "`minzheng sync` writes files of the project's own: run it in a clone of it."
        )
    if check:
        changed = derived.drifted()
    elif IS_CHECKOUT:
        changed = derived.write() + derived.write_own()
    else:
        changed = derived.write_own()
    names = ", ".join(map(shown, changed))
    if check and changed:
        raise GateClosed(
            f"派生文件与来源不一致。 Derived files differ from their source: {names}. Run `minzheng sync`."
        )
    console.print(f"已写出 written: {names}" if changed else "派生文件一致 derived files are up to date")


@app.command()
def docs() -> None:
    """Write the pages on the models: lineage, columns, who relies on them (one file, no network)."""
    from warehouse.pipeline.dbt import write_model_docs

    with opened_warehouse() as warehouse:
        console.print(f"模型文档 model docs: {write_model_docs(warehouse)}", soft_wrap=True)


@app.command("dbt", context_settings={"ignore_unknown_options": True})
def run_any_dbt(arguments: Annotated[list[str], typer.Argument(help="Passed on to dbt.")]) -> None:
    """Run any command of dbt on the warehouse (docs/working_with_dbt.md)."""
    from warehouse.pipeline.dbt import run_command

    with opened_warehouse() as warehouse:
        status = run_command(warehouse, arguments)
    raise typer.Exit(status)


@app.command()
def psql(arguments: Annotated[list[str] | None, typer.Argument(help="Passed on to psql.")] = None) -> None:
    """Open psql on the warehouse (starts the embedded server while it is open)."""
    import subprocess

    from warehouse.database.server import find_binaries

    with opened_warehouse() as warehouse:
        command = [str(find_binaries() / "psql"), *(arguments or [])]
        status = subprocess.run(command, env=os.environ | warehouse.environment, check=False)
    raise typer.Exit(status.returncode)


@app.command()
def metrics(
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", dir_okay=False, help="Write them there, whole (textfile collector of node_exporter)."
        ),
    ] = None,
) -> None:
    """Tell how the warehouse stands as figures for Prometheus: generations, feeds, alerts, disks, backups."""
    from warehouse.alerting.figures import exposition

    with opened_warehouse() as warehouse:
        told = exposition(warehouse)
    if out is None:
        typer.echo(told, nl=False)
        return
    with given_path(out):
        unfinished = out.with_name(f"{out.name}.unfinished")
        unfinished.write_text(told, encoding="utf-8")
        unfinished.chmod(0o644)
        unfinished.replace(out)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address; behind a proxy that ends TLS, leave it.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    watch_port: WatchPort = None,
    client: Annotated[
        str | None,
        typer.Option(
            "--new-token",
            help="Only make a token that stands in a setting; `minzheng token` needs no restart.",
        ),
    ] = None,
    demo: Annotated[
        bool,
        typer.Option(
            "--demo", help="Serve the town of `minzheng demo`, with a token and a question to type."
        ),
    ] = False,
) -> None:
    """Serve api_v1 to the approval system over HTTP (OpenAPI at /openapi.json)."""
    import json

    from serving.app import create_app
    from serving.listening import Door
    from warehouse.database.logins import require_door
    from warehouse.database.migrate import migrate

    if client:
        from warehouse.verification.clients import new_token

        token, digest = new_token()
        typer.echo(f"token (shown once): {token}\nMINZHENG_API_TOKENS='{json.dumps({client: digest})}'")
        typer.echo("令牌也可随时增撤，不必重启 added and withdrawn without a restart: `minzheng token`")
        return
    if demo:
        from cli.demo import use_demo
        from cli.serving_demo import open_to_try, require_demo

        use_demo()
        require_demo()
    door = Door(host, port, watch_port)
    with opened_warehouse() as warehouse:
        migrate(warehouse)
        require_door(warehouse)
        if demo:
            for line in open_to_try(warehouse, f"http://{host}:{port}"):
                typer.echo(line)
        door.serve(create_app())


@app.command()
def desk(
    host: Annotated[str, typer.Option(help="Address; behind a proxy that ends TLS, leave it.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8010,
    watch_port: WatchPort = None,
    demo: Annotated[
        bool,
        typer.Option("--demo", help="Open it on the town of `minzheng demo`, with an officer to sign in as."),
    ] = False,
) -> None:
    """Open the officers' desk: pages to work on findings, each officer by a login of his or her own."""
    from serving.desk.app import create_app
    from serving.desk.officers import require_desk
    from serving.listening import Door
    from warehouse.database.migrate import migrate

    if demo:
        from cli.demo import use_demo
        from cli.desk_demo import open_to_try
        from cli.serving_demo import require_demo

        use_demo()
        require_demo()
    door = Door(host, port, watch_port)
    with opened_warehouse() as warehouse:
        migrate(warehouse)
        require_desk(warehouse)
        if demo:
            for line in open_to_try(warehouse, f"http://{host}:{port}"):
                typer.echo(line)
        door.serve(create_app())


review = typer.Typer(help="Cases of identity for people to decide.", no_args_is_help=True)
app.add_typer(review, name="review")


@review.command("list")
def list_cases(
    limit: Annotated[int, typer.Option(min=1, max=LARGEST_INTEGER)] = 30,
    sheet: Annotated[
        Path | None, typer.Option("--sheet", dir_okay=False, help="Write a CSV file to be filled in.")
    ] = None,
    purpose: Purpose = None,
) -> None:
    """Mentions that could be a resident, the likeliest first, with the reasons."""
    from cli import report
    from linkage.review import write_sheet

    # Shown once the log holds that it was.
    with connected() as connection:
        waiting = _looked_at_cases(connection, limit, purpose)
    if sheet:
        with given_path(sheet):
            write_sheet(sheet, waiting)
        console.print(f"已写出 written: {sheet}，{len(waiting)} 条", soft_wrap=True)
    else:
        report.print_cases(console, waiting)


def _looked_at_cases(connection: "psycopg.Connection", limit: int, purpose: str | None) -> "list[Case]":
    """Cases of identity, the reading logged with its purpose."""
    from linkage.review import cases
    from warehouse.verification.purposes import note_lookup, stated_purpose

    stated = stated_purpose(connection, purpose)
    waiting = cases(connection, limit)
    note_lookup(connection, "review", stated, {"limit": str(limit)}, [case.resident_id for case in waiting])
    return waiting


@review.command("decide")
def decide_cases(
    decided_by: Annotated[str, typer.Option("--by", help="Who decides.")],
    sheet: Annotated[
        Path | None,
        typer.Argument(exists=True, dir_okay=False, help="The filled-in file; else you are asked."),
    ] = None,
    purpose: Purpose = None,
) -> None:
    """Record decisions: same, different or undecided. They hold from the next run on, for ever."""
    from cli import report
    from linkage.review import (
        DECISIONS,
        Decision,
        decide,
        decision_code,
        read_decisions,
    )

    with connected() as connection:
        if sheet:
            count = decide(connection, read_decisions(sheet), decided_by)
        else:
            count = 0
            waiting = _looked_at_cases(connection, 1000, purpose)
            connection.commit()
            for case in waiting:
                if case.decision not in (None, "undecided"):
                    continue
                report.print_case(console, case)
                answer = typer.prompt(
                    " / ".join((*(f"{code} {title}" for code, title in DECISIONS.items()), "stop 停止")),
                    default="undecided",
                )
                if answer == "stop":
                    break
                count += decide(
                    connection, [Decision(case.mention, case.resident_id, decision_code(answer))], decided_by
                )
        console.print(
            f"已记录 decisions recorded: {count}，下次运行生效 in force from the next `minzheng run`"
        )


app.add_typer(finding_commands.app, name="finding")

server = typer.Typer(help="The embedded PostgreSQL.", no_args_is_help=True)
app.add_typer(server, name="server")


@server.command("start")
def start_server() -> None:
    """Start it and leave it running."""
    from warehouse.database.server import EmbeddedServer
    from warehouse.database.settings import settings

    embedded = EmbeddedServer(settings().home)
    embedded.start_to_stay()
    console.print("运行中 running; `minzheng status --database-url` prints the connection")


@server.command("stop")
def stop_server() -> None:
    """Stop it."""
    from warehouse.database.server import EmbeddedServer
    from warehouse.database.settings import settings

    EmbeddedServer(settings().home).stop()


def main() -> None:
    """Exit 0 good, 1 gate closed or mismatch, 2 bad input or use, 3 our fault."""
    # Great Expectations would ask the network; an offline bureau must not wait for it.
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    if not (sys.stdout.isatty() and sys.stderr.isatty()):
        # Nobody watches a bar: a line per delivery and step for the log of cron or a service.
        logging.getLogger("minzheng").handlers = [LineHandler()]
        logging.getLogger("minzheng").setLevel(logging.INFO)
        # A library that finds no handler at the root puts one there, which would say every line again.
        others = LineHandler()
        others.setLevel(logging.WARNING)
        others.addFilter(lambda record: not record.name.startswith("minzheng"))
        logging.getLogger().addHandler(others)
    try:
        with without_values():
            app()
    except SystemExit as stopped:
        # Typer's own code for a question that nobody answered says that a gate is closed.
        sys.exit(UsageError.exit_code if isinstance(stopped.__context__, typer.Abort) else stopped.code)
    except MissingRight as error:
        from warehouse.database.logins import who_may

        complaints.print(f"错误 error: {error} {who_may(sys.argv[1:])}", style="red", soft_wrap=True)
        sys.exit(error.exit_code)
    except (MinzhengError, IngestionError, CheckFault) as error:
        is_contract = isinstance(error, ContractError)
        subject = f"契约有误（{kind_zh(str(error))}）contract" if is_contract else "错误 error"
        complaints.print(f"{subject}: {error}", style="red", soft_wrap=True)
        if isinstance(error, (ContractError, RequestError)):
            sys.exit(UsageError.exit_code)
        sys.exit(getattr(error, "exit_code", MinzhengError.exit_code))
    except Exception as error:
        # Only where it happened: what a foreign error says may be a value. Python's own code would say that
        # a gate is closed.
        traceback.print_tb(error.__traceback__)
        complaints.print(
            f"错误 error: {type(error).__name__}，程序有误，请报告以上各行。 "
            "A fault of ours: please report the lines above.",
            style="red",
        )
        sys.exit(MinzhengError.exit_code)


if __name__ == "__main__":
    main()
