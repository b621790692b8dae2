"""``minzheng alert``: what somebody should look at."""

from typing import Annotated

import typer

from cli.console import console
from cli.opened import connected, opened_warehouse

app = typer.Typer(
    help="What somebody should look at: late, held, refused, closed, failed.", no_args_is_help=True
)


@app.command("list")
def list_alerts(
    closed: Annotated[bool, typer.Option("--all", help="Closed ones too, the newest first.")] = False,
) -> None:
    """The alerts whose cause still stands, the gravest first."""
    from cli import report
    from warehouse.alerting.alerts import all_alerts, open_alerts

    with connected() as connection:
        alerts = all_alerts(connection) if closed else open_alerts(connection)
    if not alerts:
        console.print("没有告警 no alerts")
        return
    report.print_alerts(console, alerts)


@app.command("send")
def send_alerts() -> None:
    """Look for causes now, and send what is new; a timer may call it between runs."""
    from warehouse.alerting.alerts import update
    from warehouse.pipeline.runs import prepare

    with opened_warehouse() as warehouse:
        prepare(warehouse)
        sent = update(warehouse)
    console.print(f"已发送 messages sent: {sent}")


@app.command("remind")
def send_reminders() -> None:
    """Remind officers by mail of what is due on the desk; a timer calls it once a day."""
    from warehouse.alerting.reminders import remind
    from warehouse.database.migrate import migrate

    with opened_warehouse() as warehouse:
        migrate(warehouse)
        sent, failed = remind(warehouse.acting_as("loader"))
    console.print(f"已提醒 reminded: {sent}")
    if failed:
        raise typer.Exit(1)
