"""How the warehouse stands, as figures for Prometheus: of the operations tables and of the machine, of nobody.

Labels are names of feeds, kinds of alerts, folders and files of the settings. Times are seconds since 1970.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from warehouse.alerting.alerts import KINDS_ZH
from warehouse.alerting.machine import (
    ANCHOR_LATE,
    CERTIFICATE_ENDS,
    CHANGES_LATE,
    UNREADABLE,
    certificate_end,
    watched_certificates,
    whole_late,
)
from warehouse.backup.drill import DRILLS
from warehouse.backup.repository import Repository
from warehouse.database.connection import Warehouse
from warehouse.database.settings import settings

# Metric: what it says, its labels, and the rows: labels, then the value.
OF_TABLES: dict[str, tuple[str, tuple[str, ...], str]] = {
    "minzheng_generation_published_timestamp_seconds": (
        "最近一次发布的时刻",
        (),
        "select extract(epoch from max(published_at)) from ops.generation",
    ),
    "minzheng_generation_business_date_timestamp_seconds": (
        "最近一次发布的业务日期",
        (),
        "select extract(epoch from max(business_date)) from ops.generation",
    ),
    "minzheng_build_under_way_timestamp_seconds": (
        "构建中：最近一步完成的时刻",
        ("reached",),
        "select coalesce(reached, 'begun'), extract(epoch from reached_at) from ops.build_under_way"
        " where reached is distinct from 'publish'",
    ),
    "minzheng_feed_business_date_timestamp_seconds": (
        "来源最近交付的业务日期",
        ("feed",),
        "select feed, extract(epoch from max(business_date)) from ops.delivery where status = 'accepted' group by feed",
    ),
    "minzheng_feed_landed_timestamp_seconds": (
        "来源最近一次落地的时刻",
        ("feed",),
        "select feed, extract(epoch from max(landed_at)) from ops.delivery group by feed",
    ),
    "minzheng_deliveries": (
        "交付份数",
        ("feed", "status"),
        "select feed, status, count(*) from ops.delivery group by feed, status",
    ),
    "minzheng_rejected_lines": (
        "拒收行数",
        ("feed",),
        "select feed, sum(rejected_count) from ops.delivery group by feed",
    ),
    "minzheng_open_alerts": (
        "原因尚在的告警",
        ("kind",),
        # None of a kind is a figure too.
        """
        select kind, count(alert_id) from unnest(%(kinds)s::text[]) as kinds (kind)
        left join (select * from ops.alert where closed_at is null) as alert using (kind) group by kind
        """,
    ),
    "minzheng_database_bytes": ("数据库大小", (), "select pg_database_size(current_database())"),
}
OF_MACHINE: dict[str, tuple[str, tuple[str, ...]]] = {
    "minzheng_disk_free_bytes": ("磁盘可用", ("folder",)),
    "minzheng_disk_size_bytes": ("磁盘大小", ("folder",)),
    "minzheng_backup_whole_timestamp_seconds": ("最近一份整库备份完成的时刻", ("folder",)),
    "minzheng_backup_changes_timestamp_seconds": ("更改最近写下的时刻", ("folder",)),
    "minzheng_backup_gaps": ("更改不连续的整库备份份数", ("folder",)),
    "minzheng_log_anchored_timestamp_seconds": ("核对日志最近一次锚定的时刻", ()),
    "minzheng_restore_drill_timestamp_seconds": ("最近一次恢复演练的时刻", ()),
    "minzheng_certificate_end_timestamp_seconds": ("证书到期的时刻", ("file",)),
    "minzheng_late_after_seconds": ("何时算过期（证书：提前多久）", ("of",)),
    "minzheng_disk_free_least_ratio": ("磁盘可用至少占多少", ()),
}
NAMES = {name: (told, labels) for name, (told, labels, _) in OF_TABLES.items()} | OF_MACHINE

Row = tuple[Sequence[str], float]


def exposition(warehouse: Warehouse) -> str:
    """All figures in the text format of Prometheus. The login needs the role ``vendor_ops``."""
    with warehouse.connect("vendor_ops") as connection:
        rows = dict(_of_tables(connection)) | _of_machine()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Given(rows))
    return generate_latest(registry).decode()


class _Given(Collector):
    def __init__(self, rows: dict[str, list[Row]]) -> None:
        self.rows = rows

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, rows in self.rows.items():
            metric = GaugeMetricFamily(name, NAMES[name][0], labels=NAMES[name][1])
            for labels, value in rows:
                metric.add_metric(labels, value)
            yield metric


def _of_tables(connection: psycopg.Connection) -> Iterator[tuple[str, list[Row]]]:
    for name, (_, _, query) in OF_TABLES.items():
        rows = connection.execute(query.encode(), {"kinds": list(KINDS_ZH)}).fetchall()
        yield name, [(row[:-1], float(row[-1])) for row in rows if row[-1] is not None]


def _of_machine() -> dict[str, list[Row]]:
    chosen = settings()
    found: dict[str, list[Row]] = {name: [] for name in OF_MACHINE}
    folders = {
        "home": chosen.home,
        "backups": chosen.backup_folder,
        "backups_copy": chosen.backup_copy_folder,
    }
    for label, folder in folders.items():
        with suppress(*UNREADABLE):  # here and below: an alert tells of it
            if folder is None or not folder.exists():
                continue
            usage = shutil.disk_usage(folder)
            found["minzheng_disk_free_bytes"].append(((label,), usage.free))
            found["minzheng_disk_size_bytes"].append(((label,), usage.total))
            if label != "home":
                _of_backups(found, label, Repository(folder))
    if chosen.anchors_file.exists():
        found["minzheng_log_anchored_timestamp_seconds"].append(((), chosen.anchors_file.stat().st_mtime))
    drills = chosen.home / DRILLS
    if drills.exists():
        *_, last = drills.read_text(encoding="utf-8").splitlines()
        began = datetime.fromisoformat(json.loads(last)["began_at"])
        found["minzheng_restore_drill_timestamp_seconds"].append(((), began.timestamp()))
    for name in watched_certificates():
        with suppress(*UNREADABLE):
            end = certificate_end(Path(name)).timestamp()
            found["minzheng_certificate_end_timestamp_seconds"].append(((name,), end))
    found["minzheng_late_after_seconds"] = [((of,), late.total_seconds()) for of, late in _late().items()]
    found["minzheng_disk_free_least_ratio"].append(((), chosen.disk_free_percent / 100))
    return found


def _late() -> dict[str, timedelta]:
    """The limits of the alerts, so that Prometheus has the same."""
    return {
        "backup_whole": whole_late(),
        "backup_changes": CHANGES_LATE,
        "log_anchored": ANCHOR_LATE,
        "certificate": CERTIFICATE_ENDS,
    }


def _of_backups(found: dict[str, list[Row]], label: str, repository: Repository) -> None:
    whole, changes = repository.whole(), repository.newest_change()
    if whole:
        found["minzheng_backup_whole_timestamp_seconds"].append(((label,), whole[-1].ended_at.timestamp()))
    if changes:
        found["minzheng_backup_changes_timestamp_seconds"].append(
            ((label,), changes.astimezone(UTC).timestamp())
        )
    found["minzheng_backup_gaps"].append(((label,), sum(repository.gap(base) is not None for base in whole)))
