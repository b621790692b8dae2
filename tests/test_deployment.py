"""The compose file, the image's commands and the server's settings, as far as they can be tried without Docker."""

import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
import typer
import yaml
from sqlalchemy.engine import make_url

from cli.main import app
from serving.desk.app import OWN_CONNECTIONS
from serving.listening import LONGEST_ANSWER_SECONDS
from warehouse.database.connection import Warehouse
from warehouse.database.logins import LOGINS
from warehouse.database.server import find_binaries
from warehouse.database.settings import PROJECT_ROOT, Settings

COMPOSE_TEXT = (PROJECT_ROOT / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SIZES = sorted(path.stem for path in (PROJECT_ROOT / "deploy" / "postgresql").glob("*g.conf"))
MADE_BY_THE_OPERATOR = (
    "./secrets/",
    "${MINZHENG_ANCHORS",
    "${MINZHENG_INBOX",
    "${MINZHENG_BUREAU",
    "${MINZHENG_BACKUP",
)


def words(service: dict[str, Any]) -> list[str]:
    """What a service runs; the image's own program where it names none."""
    return [*service.get("entrypoint", ["minzheng"]), *service.get("command", [])]


def source(secret: str | dict[str, str]) -> str:
    return secret if isinstance(secret, str) else secret["source"]


def make_secrets(folder: Path) -> str:
    script = PROJECT_ROOT / "deploy" / "make_secrets.py"
    return subprocess.run([sys.executable, script, folder], check=True, capture_output=True, text=True).stdout


def test_the_file_holds_to_the_schema_of_compose_files() -> None:
    command = ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"]
    subprocess.run([Path(sys.executable).with_name(command[0]), *command[1:]], cwd=PROJECT_ROOT, check=True)


def test_every_file_named_exists() -> None:
    named = [volume.split(":")[0] for service in SERVICES.values() for volume in service["volumes"]]
    named += [
        word for service in SERVICES.values() for word in service.get("healthcheck", {}).get("test", [])
    ]
    named += re.findall(r"/opt/minzheng/(\S+\.\w+)", COMPOSE_TEXT)
    files = [name for name in named if "/" in name and "//" not in name and " " not in name]
    files = [name for name in files if not name.startswith(MADE_BY_THE_OPERATOR)]
    assert {"deploy/healthy.py", "dags/pools.json"} <= set(files)
    assert [name for name in files if not (PROJECT_ROOT / name).exists()] == []


def test_the_account_of_a_container_can_read_what_a_closed_umask_cloned() -> None:
    """Copied and mounted files keep their modes: so every copy sets them, and only the operator's files are mounted."""
    for name in ("Dockerfile", "deploy/postgresql/Dockerfile"):
        copies = re.findall(r"^(?:COPY|ADD) .*$", (PROJECT_ROOT / name).read_text(encoding="utf-8"), re.M)
        assert copies, name
        for copy in copies:
            modes = re.findall(r" --chmod=(\d+) ", copy)
            assert [int(mode, 8) & 0o055 for mode in modes] == [0o055], copy  # folders must be entered too
    sources = [volume.split(":")[0] for service in SERVICES.values() for volume in service["volumes"]]
    mounted = [source for source in sources if source not in COMPOSE["volumes"]]
    assert [source for source in mounted if not source.startswith(MADE_BY_THE_OPERATOR)] == []


def test_the_image_of_postgresql_has_every_settings_file_and_the_second_database() -> None:
    folder = PROJECT_ROOT / SERVICES["postgres"]["build"]
    patterns = re.findall(r"^COPY --\S+ (\S+) ", (folder / "Dockerfile").read_text(encoding="utf-8"), re.M)
    copied = {path.name for pattern in patterns for path in folder.glob(pattern)}
    assert copied == {path.name for path in folder.iterdir()} - {"Dockerfile"}


def test_each_image_is_built_once_and_no_registry_is_asked_for_it() -> None:
    built = [service["image"] for service in SERVICES.values() if "build" in service]
    assert sorted(built) == sorted({service["image"] for service in SERVICES.values()})
    assert {service["pull_policy"] for service in SERVICES.values()} == {"never"}


def test_every_setting_is_explained_in_the_example_and_no_secret_is_one() -> None:
    asked = set(re.findall(r"\$\{(\w+)", COMPOSE_TEXT))
    example = (PROJECT_ROOT / ".env.example").read_text(encoding="utf-8")
    assert asked == set(re.findall(r"^(\w+)=", example, re.MULTILINE))
    # The one of TLS is the path of a file.
    assert [name for name in asked if re.search("PASSWORD|SECRET|KEY|TOKEN", name)] == ["MINZHENG_TLS_KEY"]


def test_what_the_guide_has_an_operator_set_for_a_service_reaches_it() -> None:
    """What stands in no environment of the file can be written into .env to no effect."""
    wanted = {
        "serving": {"TLS_CERTIFICATE", "TLS_KEY", "STOP_SECONDS", "API_REQUESTS_PER_MINUTE", "API_CHECKS_PER_MINUTE",
                    "API_CONNECTIONS"},
        "desk": {"TLS_CERTIFICATE", "TLS_KEY", "STOP_SECONDS", "DESK_CONNECTIONS"},
        "airflow-scheduler": {"CERTIFICATES"},  # alerts are looked for there; not TLS_CERTIFICATE (deploy/healthy.py)
    }  # fmt: skip
    for name, settings in wanted.items():
        assert {f"MINZHENG_{setting}" for setting in settings} <= SERVICES[name]["environment"].keys(), name
    assert "MINZHENG_TLS_CERTIFICATE" not in SERVICES["airflow-api"]["environment"]


def test_a_service_that_stops_is_not_killed_before_its_longest_answer() -> None:
    (most,) = [rule.le for rule in Settings.model_fields["stop_seconds"].metadata if hasattr(rule, "le")]
    for name in ("serving", "desk"):
        assert most + LONGEST_ANSWER_SECONDS < int(SERVICES[name]["stop_grace_period"].removesuffix("s"))


def test_two_of_a_service_have_connections_enough() -> None:
    """Of each one more than its pool, for who looks by hand."""
    assert LOGINS["dw_serve"].connections >= 2 * (Settings().api_connections + 1)
    assert LOGINS["dw_door"].connections >= 2 * (OWN_CONNECTIONS + 1)


def test_no_password_is_sent_in_the_clear_to_make_logins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_secrets(tmp_path)
    for path in tmp_path.glob("*_database_url"):
        path.chmod(0o644)
        path.write_text(
            f"postgresql://minzheng:x@{'192.0.2.1' if 'door' in path.name else '127.0.0.1:1'}/minzheng"
        )
    monkeypatch.setenv("MINZHENG_REQUIRE_TLS", "true")
    ran = subprocess.run(
        [sys.executable, "-c", f"from deploy.make_logins import main, Path; main(Path({str(tmp_path)!r}))"],
        cwd=PROJECT_ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert "The addresses in door_database_url are not over a TLS" in ran.stderr.splitlines()[-1]


def test_every_part_of_the_program_reads_the_same_folder_of_the_bureau() -> None:
    for name, service in SERVICES.items():
        if service["image"] == "minzheng:latest":
            assert service["environment"]["MINZHENG_BUREAU"] == "${MINZHENG_BUREAU:+/opt/bureau}", name
            assert "${MINZHENG_BUREAU:-./bureau}:/opt/bureau:ro" in service["volumes"], name


def test_the_log_in_the_clear_and_the_state_are_mounted_where_they_are_needed_alone() -> None:
    """All containers of the program run under one account: what is mounted, it reads. Deliveries of all divisions lie
    in the inbox in the clear, and the anchors are what an auditor holds the log against."""
    for name in ("serving", "desk", "backup"):
        assert not any(":/opt/inbox" in volume for volume in SERVICES[name]["volumes"]), name
    written = "${MINZHENG_ANCHORS:-./anchors}:/opt/anchors"
    assert written in SERVICES["airflow-scheduler"]["volumes"]
    assert f"{written}:ro" in SERVICES["desk"]["volumes"]
    mounted: dict[str, set[str]] = {}
    for name, service in SERVICES.items():
        for volume in service["volumes"]:
            source, place = volume.split(":")[:2] if not volume.startswith("$") else ("", "")
            mounted.setdefault(source, set()).add(f"{name} {place}")
    assert mounted["backup_spool"] == {"backup /var/lib/minzheng/backup_spool"}
    assert mounted["serving_state"] == {"serving /var/lib/minzheng"}
    assert mounted["desk_state"] == {"desk /var/lib/minzheng"}
    assert not any(mount.split()[0] in ("serving", "desk") for mount in mounted["state"])
    # A new volume takes the owner of the folder in the image.
    assert "mkdir -p /var/lib/minzheng/backup_spool" in (PROJECT_ROOT / "Dockerfile").read_text(
        encoding="utf-8"
    )


def test_every_secret_is_made_read_by_the_settings_and_left_alone_afterwards(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir(mode=0o755)  # made by hand
    make_secrets(folder)
    assert {path.name for path in folder.iterdir()} == set(COMPOSE["secrets"])
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    password = (folder / "postgres_password").read_text()
    read = Settings(_secrets_dir=folder, _env_file=None)
    assert make_url(read.database_url).password == password
    places = {path.name: make_url(path.read_text()) for path in folder.glob("*_database_url*")}
    assert len({place.username for place in places.values()}) == len(places) - 1, "Airflow has two addresses"
    assert len({place.password for place in places.values()}) == len(places) - 1
    assert places["airflow_database_url"].password == places["airflow_database_url_async"].password
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert make_secrets(folder) == ""
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_a_service_gets_no_secret_it_does_not_know() -> None:
    given = {name: [source(secret) for secret in service["secrets"]] for name, service in SERVICES.items()}
    for name, secrets in given.items():
        assert set(secrets) <= set(COMPOSE["secrets"]), name
    assert given["postgres"] == ["postgres_password"]
    assert given["serving"] == ["serve_database_url", "minzheng_api_tokens", "minzheng_api_callback_key"]
    assert given["desk"] == ["door_database_url", "minzheng_desk_oidc_client_secret"]
    assert [name for name, secrets in given.items() if "minzheng_backup_sender_key" in secrets] == ["backup"]
    # The administrator's address is known where the databases are prepared and nowhere else.
    assert [name for name, secrets in given.items() if "minzheng_database_url" in secrets] == ["init"]
    for name, service in SERVICES.items():
        if name not in ("postgres", "init"):
            targets = [secret["target"] for secret in service["secrets"] if isinstance(secret, dict)]
            assert targets == ["minzheng_database_url"], name


def test_each_service_has_a_login_of_its_own_with_the_rights_of_its_work(
    database: Warehouse, tmp_path: Path, server: Warehouse
) -> None:
    folder = tmp_path / "secrets"
    make_secrets(folder)
    name, place = database.parameters["dbname"], make_url(database.address)
    logins = {}
    for path in folder.glob("*_database_url"):
        address = make_url(path.read_text()).set(host=place.host, port=place.port)
        if path.name == "minzheng_database_url":
            address = place
        else:  # of this test alone: logins belong to the whole server
            logins[path.name] = f"{address.username}_{name}"
            address = address.set(
                username=logins[path.name], database=f"{name}_airflow" if "airflow" in path.name else name
            )
        path.chmod(0o644)
        path.write_text(address.render_as_string(hide_password=False))
    with psycopg.connect(server.address, autocommit=True) as admin:
        admin.execute(f"create database {name}_airflow".encode())
    airflow = (folder / "airflow_database_url").read_text()
    try:
        # Where Airflow keeps its records as the administrator, the other logins are made all the same.
        for given in (place.render_as_string(hide_password=False), airflow, airflow):
            (folder / "airflow_database_url").write_text(given)
            subprocess.run(
                [sys.executable, "-c", f"from deploy.make_logins import main, Path; main(Path({str(folder)!r}))"],
                cwd=PROJECT_ROOT, check=True,
            )  # fmt: skip
            with psycopg.connect(database.address) as admin:
                # What an administrator raised stays.
                admin.execute(f"alter role {logins['serve_database_url']} connection limit 99".encode())
                backup = [logins["backup_database_url"]]
                assert admin.execute("select from pg_roles where rolname = %s", backup).rowcount == 1
        with psycopg.connect(database.address) as admin:
            granted = dict(
                admin.execute(
                    "select login.rolname::text, array_agg(granted.rolname::text order by 1) from pg_roles as login"
                    " left join pg_auth_members on member = login.oid"
                    " left join pg_roles as granted on granted.oid = roleid"
                    " where login.rolname = any(%s) and login.rolconnlimit > 0 group by 1",
                    [list(logins.values())],
                ).fetchall()
            )
            limits = dict(admin.execute("select rolname::text, rolconnlimit from pg_roles").fetchall())
        assert limits[logins["serve_database_url"]] == 99
        assert limits[logins["door_database_url"]] == LOGINS["dw_door"].connections
        assert granted[logins["serve_database_url"]] == ["approval_api"]
        assert granted[logins["door_database_url"]] == ["desk"]
        assert sorted(granted[logins["work_database_url"]]) == [
            "auditor", "loader", "publisher", "retention", "transformer",
        ]  # fmt: skip
        assert granted[logins["airflow_database_url"]] == granted[logins["backup_database_url"]] == [None]
        with psycopg.connect(database.address) as admin:
            replicating = admin.execute(
                "select rolname from pg_roles where rolreplication and rolname = any(%s)",
                [list(logins.values())],
            )
            assert replicating.fetchall() == [(logins["backup_database_url"],)]
    finally:
        with psycopg.connect(database.address, autocommit=True) as admin:
            admin.execute(f"drop database {name}_airflow".encode())
            for login in logins.values():
                admin.execute(f"drop role {login}".encode())


def test_every_part_is_watched_limited_and_open_to_this_machine_alone() -> None:
    for name, service in SERVICES.items():
        assert "mem_limit" in service, name
        assert "healthcheck" in service or name == "init", name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
    dockerfile = (PROJECT_ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert re.findall(r"^USER (\w+)$", dockerfile, re.MULTILINE) == ["minzheng"]


@pytest.mark.parametrize(
    "name", [name for name, service in SERVICES.items() if words(service)[0] == "airflow"]
)
def test_airflow_knows_what_it_is_asked(name: str) -> None:
    from airflow.cli.cli_parser import get_parser

    parsed = get_parser().parse_args(words(SERVICES[name])[1:])
    assert parsed.subcommand == words(SERVICES[name])[1]


def test_the_first_start_and_the_health_checks_use_commands_that_exist() -> None:
    from airflow.cli.cli_parser import get_parser

    lines = [line.strip() for line in SERVICES["init"]["command"][0].split(";")]
    lines += [
        service["healthcheck"]["test"][1].replace("$$HOSTNAME", "host")
        for service in SERVICES.values()
        if "airflow jobs" in str(service.get("healthcheck"))
    ]
    assert [line.split()[0] for line in lines] == [
        "python",
        "airflow",
        "airflow",
        "minzheng",
        "airflow",
        "airflow",
    ]
    for line in lines:
        if line.startswith("airflow"):
            get_parser().parse_args(line.split()[1:])


@pytest.mark.parametrize(
    "name",
    [name for name, service in SERVICES.items() if name != "postgres" and words(service)[0] == "minzheng"],
)
def test_our_command_line_knows_what_it_is_asked(name: str) -> None:
    command = typer.main.get_command(app)
    first, *rest = words(SERVICES[name])[1:]
    command.commands[first].make_context(first, rest)  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", SIZES)
def test_postgresql_takes_the_settings_for_each_size(size: str, connection: psycopg.Connection) -> None:
    """The memory is asked of the program itself, without starting a server."""
    data = connection.execute("show data_directory").fetchone()[0]  # type: ignore[index]
    config = PROJECT_ROOT / "deploy" / "postgresql" / f"{size}.conf"
    command = [
        find_binaries() / "postgres",
        "-C",
        "shared_buffers",
        "-D",
        data,
        "-c",
        f"config_file={config}",
    ]
    asked = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(asked.stdout) * 8192 * 3 < int(size.removesuffix("g")) * 2**30  # well below the memory


def test_the_sizes_of_the_example_exist() -> None:
    example = (PROJECT_ROOT / ".env.example").read_text(encoding="utf-8")
    assert sorted(set(re.findall(r"SERVER_MEMORY=(\w+)", example))) == SIZES
