"""Units for systemd say what docker-compose.yml says, and are closed to what they do not need. No systemd runs: its own
programs read the units, where they are installed. Three seconds."""

import re
import shutil
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from loading import loaded

from warehouse.database.settings import PROJECT_ROOT

SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(
    (PROJECT_ROOT / "docker-compose.yml").read_text(encoding="utf-8")
)["services"]
OURS = sorted(SERVICES.keys() - {"postgres"})
VALUES = """
MINZHENG_INBOX=/srv/exchange
MINZHENG_INBOX_MODE=rw
MINZHENG_BUREAU=/srv/bureau
MINZHENG_TLS_CERTIFICATE=/opt/bureau/rest.pem
MINZHENG_BACKUP_FOLDER=/srv/backups
MINZHENG_ANCHORS=/srv/anchors
WORK_MEMORY=10g
MINZHENG_ALERT_EMAIL_TO=["duty%1@example.cn"]
MINZHENG_ALERT_EMAIL_FROM="minzheng@example.cn"
MINZHENG_DESK_HOSTS='["desk.example.cn"]'
MINZHENG_CERTIFICATES=["/opt/bureau/proxy.pem"]
"""
ANALYZE = shutil.which("systemd-analyze")
NEEDS_SYSTEMD = pytest.mark.skipif(not ANALYZE, reason="systemd-analyze is not installed")


@pytest.fixture(scope="module")
def make_units() -> ModuleType:
    return loaded(PROJECT_ROOT / "deploy" / "make_units.py")


@pytest.fixture(scope="module")
def folder(make_units: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("units")
    (place / "minzheng.env").write_text(VALUES)
    make_units.make(place, place / "minzheng.env")
    return place


def said(folder: Path, name: str, word: str) -> list[str]:
    (file,) = [path for path in folder.glob("*.service") if re.fullmatch(rf"minzheng-{name}@?", path.stem)]
    return re.findall(rf"^{word}=(.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)


def variables(folder: Path, name: str) -> dict[str, str]:
    quoted = (each[1:-1].replace('\\"', '"') for each in said(folder, name, "Environment"))
    return dict(each.split("=", 1) for each in quoted)


def test_there_is_a_unit_for_each_service_and_for_nothing_else(folder: Path) -> None:
    there = sorted(path.stem.removeprefix("minzheng-").rstrip("@") for path in folder.glob("*.service"))
    assert there == OURS


def test_a_unit_has_the_settings_secrets_and_limits_of_its_service(folder: Path) -> None:
    for name in OURS:
        service, given = SERVICES[name], variables(folder, name)
        assert service["environment"].keys() - {"MINZHENG_MACHINE"} <= given.keys(), name
        secrets = [
            (each["target"], each["source"]) if isinstance(each, dict) else (each, each)
            for each in service["secrets"]
        ]
        assert said(folder, name, "LoadCredential") == [
            f"{target}:/etc/minzheng/secrets/{source}" for target, source in secrets
        ], name
        assert len(said(folder, name, "MemoryMax")) == 1, name
        restart = {"unless-stopped": "always", "on-failure:3": "on-failure"}[service["restart"]]
        assert said(folder, name, "Restart") == [restart], name
        assert said(folder, name, "Requires") == [], name  # what failed once is tried again, by all
        text = "\n".join([*given.values(), *said(folder, name, "ExecStart")])
        # Nothing of a container is left: its paths, its network, what Compose fills in.
        assert (
            re.findall(
                r"/opt/(?:inbox|bureau|backups|anchors)|/run/secrets|airflow-api|0\.0\.0\.0|\$\{", text
            )
            == []
        )


def test_what_the_operator_chose_is_in_the_units(folder: Path) -> None:
    work, backup = variables(folder, "airflow-scheduler"), variables(folder, "backup")
    assert work["MINZHENG_ALERT_EMAIL_TO"] == '["duty%%1@example.cn"]'  # a percent sign for systemd
    assert (work["MINZHENG_INBOX"], work["MINZHENG_BUREAU"]) == ("/srv/exchange", "/srv/bureau")
    assert said(folder, "airflow-scheduler", "MemoryMax") == ["10G"]
    assert "-/srv/exchange" in said(folder, "airflow-scheduler", "ReadWritePaths")
    assert "MINZHENG_INBOX" not in variables(folder, "desk")
    assert {variables(folder, name)["MINZHENG_AUDIT_ANCHORS"] for name in ("airflow-scheduler", "desk")} == {
        "/srv/anchors/audit_anchors.jsonl"
    }
    assert "-/srv/anchors" in said(folder, "airflow-scheduler", "ReadWritePaths")
    assert "-/srv/anchors" in said(folder, "desk", "ReadOnlyPaths")
    assert backup["MINZHENG_BACKUP_FOLDER"] == "/srv/backups"
    assert backup["MINZHENG_BACKUP_COPY_FOLDER"] == ""
    assert variables(folder, "serving")["MINZHENG_TLS_CERTIFICATE"] == "/srv/bureau/rest.pem"
    # Quotes around a value are none of it; whoever looks for alerts knows which certificates to watch.
    assert work["MINZHENG_ALERT_EMAIL_FROM"] == "minzheng@example.cn"
    assert variables(folder, "desk")["MINZHENG_DESK_HOSTS"] == '["desk.example.cn"]'
    assert work["MINZHENG_CERTIFICATES"] == '["/srv/bureau/proxy.pem"]'


def test_a_setting_that_would_reach_no_service_is_refused(make_units: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "minzheng.env").write_text("MINZHENG_INBOX=/srv/exchange\nMINZHENG_API_CONECTIONS=5\n")
    with pytest.raises(SystemExit, match="no MINZHENG_API_CONECTIONS"):
        make_units.make(tmp_path, tmp_path / "minzheng.env")
    assert list(tmp_path.glob("*.service")) == []


def test_services_with_a_login_of_their_own_have_an_account_and_a_state_of_their_own(folder: Path) -> None:
    accounts = {name: said(folder, name, "User")[0] for name in OURS}
    logins = {name: said(folder, name, "LoadCredential")[0].rpartition("/")[2] for name in OURS}
    assert len(set(accounts.values())) == len(set(logins.values())) == 5
    assert {accounts[name] for name in OURS if name.startswith("airflow-")} == {"minzheng-work"}
    made = (folder / "minzheng.sysusers.conf").read_text(encoding="utf-8")
    assert set(re.findall(r"^u (\S+) ", made, re.MULTILINE)) == set(accounts.values())
    for name, account in accounts.items():
        sharing = {
            other
            for other in OURS
            if said(folder, other, "StateDirectory") == said(folder, name, "StateDirectory")
        }
        assert {accounts[other] for other in sharing} == {account}


def test_two_instances_answer_at_the_ports_that_the_proxy_knows(folder: Path) -> None:
    proxy = (PROJECT_ROOT / "deploy" / "haproxy" / "minzheng.cfg").read_text(encoding="utf-8")
    for name in ("serving", "desk"):
        (command,) = said(folder, name, "ExecStart")
        for instance in "01":
            words = command.replace("%i", instance).split()
            port, watch_port = (words[words.index(option) + 1] for option in ("--port", "--watch-port"))
            assert f"127.0.0.1:{port} check port {watch_port}" in proxy
        assert said(folder, name, "Type") == ["notify"]


def test_a_unit_asks_in_the_words_of_its_service(folder: Path) -> None:
    """Which the programs know: tests/test_deployment.py. The places differ."""
    for name in OURS:
        service, (command,) = SERVICES[name], said(folder, name, "ExecStart")
        asked = " ".join([*service.get("entrypoint", ["minzheng"]), *service.get("command", [])]).split()
        words = command.replace("%i", "0").replace('"', "").split()
        assert words[0] in (f"/opt/minzheng/current/venv/bin/{asked[0]}", f"/usr/bin/{asked[0]}"), name
        here = {
            "0.0.0.0": "127.0.0.1",
            "/opt/minzheng/dags/pools.json;": "/opt/minzheng/current/dags/pools.json;",
        }
        assert words[1:] == [here.get(word, word) for word in asked[1:]], name


@NEEDS_SYSTEMD
def test_systemd_reads_the_units_and_finds_them_closed(folder: Path, tmp_path: Path) -> None:
    """Programs that the units name are put there as files that do nothing."""
    for name in OURS:
        two = folder / f"minzheng-{name}@.service"
        instance = tmp_path / (f"minzheng-{name}@0.service" if two.exists() else f"minzheng-{name}.service")
        text = (two if two.exists() else folder / instance.name).read_text(encoding="utf-8")
        instance.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", text, flags=re.MULTILINE))
    (tmp_path / "postgresql.service").write_text("[Service]\nExecStart=/bin/true\n")
    units = sorted(tmp_path.glob("minzheng-*.service"))
    read = subprocess.run(
        [str(ANALYZE), "verify", "--man=no", *units], capture_output=True, text=True,
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:/lib/systemd/system"},
    )  # fmt: skip
    assert (read.returncode, read.stderr) == (0, "")
    # Of ten, as systemd weighs what a unit may still do: 20 stands for 2.0.
    closed = [str(ANALYZE), "security", "--offline=yes", "--threshold=20", "--no-pager", *units]
    assert subprocess.run(closed, capture_output=True, text=True).returncode == 0


def test_what_compose_fills_in_is_filled_in_alike(make_units: ModuleType) -> None:
    values = {"A": "said", "EMPTY": ""}
    for text, wanted in {
        "${A:-other}": "said", "${B:-other}": "other", "${EMPTY:-other}": "other", "${A:+/there}": "/there",
        "${B:+/there}": "", "${B:-}": "", "${B:-[]}": "[]", '${B:-["x", "y"]}': '["x", "y"]', "x${A}y": "xsaidy",
        "${B:-./a}:/b:${C:-ro}": "./a:/b:ro",
    }.items():  # fmt: skip
        assert make_units.filled(text, values) == wanted, text
