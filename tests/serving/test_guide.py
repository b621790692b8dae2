"""What another system's developer is told to type works: the demo's line, the guide's client, a generated one."""

import json
import os
import re
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest
import uvicorn
from door import TOKEN
from fastapi import FastAPI
from hand_made_family import Family
from pydantic import SecretStr

from cli.serving_demo import open_to_try
from serving.app import create_app
from serving.callbacks import secrets_of, signed, told_secret
from serving.database import Database
from warehouse.database.connection import Warehouse
from warehouse.database.errors import UsageError
from warehouse.database.server import free_port
from warehouse.database.settings import PROJECT_ROOT, Settings, settings

GUIDE = (PROJECT_ROOT / "docs" / "approval_system.md").read_text(encoding="utf-8")

PROGRAMS = re.findall(r"^```python\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def service(app: FastAPI) -> Iterator[str]:
    """The address of the application, served."""
    yield from served(app)


def served(app: FastAPI) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
    door = threading.Thread(target=server.run, daemon=True)
    door.start()
    until = time.monotonic() + 60
    while not server.started and time.monotonic() < until:
        time.sleep(0.05)
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    yield f"http://{host}:{port}"
    server.should_exit = True
    door.join()


def test_the_client_of_the_guide_runs_as_written(service: str, family: Family, tmp_path: Path) -> None:
    client, _ = PROGRAMS
    (typed,) = re.findall(r"^```sh\nSERVICE=\S+ TOKEN=\S+ python3 (.*?)\n```$", GUIDE, re.MULTILINE)
    (tmp_path / "client.py").write_text(client, encoding="utf-8")
    (tmp_path / "request.json").write_text(json.dumps(family.request()), encoding="utf-8")

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *typed.split()],
            cwd=tmp_path,
            env=os.environ | {"SERVICE": service, "TOKEN": TOKEN},
            capture_output=True,
            text=True,
            check=False,
        )

    done = run()
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert re.fullmatch(r"HD\S+ (above|not_above|not_assessable)", lines[0])
    assert lines[1] == "word for word"
    assert [re.fullmatch(r"\d (HD\S+)", line) is not None for line in lines[2:]] == [True] * 3
    (tmp_path / "request.json").write_text(json.dumps(family.request(aid_type="XX")), encoding="utf-8")
    refused = run()
    assert refused.returncode == 1
    assert '"pointer": "/aid_type"' in refused.stderr


def test_the_receiver_of_the_guide_is_told_of_a_batch_and_believes_nobody_else(
    family: Family, database: Warehouse, chosen: Settings, tmp_path: Path
) -> None:
    _, receiver = PROGRAMS
    (typed,) = re.findall(r"^```sh\nSECRET=\S+ python3 (.*?)\n```$", GUIDE, re.MULTILINE)
    (tmp_path / "receiver.py").write_text(receiver, encoding="utf-8")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    key = "k" * 32
    secret = told_secret(secrets_of(key, "approval")[0])
    listening = subprocess.Popen(
        [sys.executable, *typed.replace("9000", str(port)).split()],
        cwd=tmp_path, env=os.environ | {"SECRET": secret}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    calling = chosen.model_copy(
        update={
            "api_callback_origins": [address], "api_callback_networks": ["127.0.0.0/8"],
            "api_callback_key": SecretStr(key),
        }
    )  # fmt: skip
    place = Database(lambda: database)
    try:
        for service in served(create_app(calling, place)):
            batch = httpx.post(
                f"{service}/v1/batches", headers={"Authorization": f"Bearer {TOKEN}"},
                json={"requests": [family.request("B1")], "callback_url": f"{address}/done"}, timeout=60,
            ).json()  # fmt: skip
            assert batch["callback"]["status"] == "waiting"
            assert listening.stdout is not None
            assert select.select([listening.stdout], [], [], 120)[0], "nobody called"
            assert listening.stdout.readline().strip() == batch["batch_id"]
        forged = signed("msg_1", int(time.time()), "{}", [b"another secret"])
        assert httpx.post(address, content="{}", headers=forged).status_code == 400
    finally:
        listening.kill()
        listening.wait()
        place.engine.dispose()


def test_a_generated_client_asks_and_is_answered(service: str, family: Family, tmp_path: Path) -> None:
    programs = Path(sys.executable).parent
    made = subprocess.run(
        [
            programs / "openapi-python-client", "generate", "--meta", "none",
            "--path", PROJECT_ROOT / "docs" / "openapi.json", "--output-path", tmp_path / "generated",
        ],
        env=os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},  # it tidies with ruff
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    assert "warning" not in (made.stdout + made.stderr).lower()
    asked = """
import json, os, sys
from generated import AuthenticatedClient
from generated.api.default import verify
from generated.models import Problem, Verification, VerificationRequest

client = AuthenticatedClient(base_url=os.environ["SERVICE"], token=os.environ["TOKEN"])
request = json.load(sys.stdin)
answer = verify.sync(client=client, body=VerificationRequest.from_dict(request))
assert isinstance(answer, Verification), answer
assert answer.members[0].identity == "found"
refused = verify.sync(client=client, body=VerificationRequest.from_dict(request | {"purpose": "curiosity"}))
assert isinstance(refused, Problem), refused
print(answer.report_no, refused.errors[0].pointer)
"""
    done = subprocess.run(
        [sys.executable, "-c", asked],
        input=json.dumps(family.request()), cwd=tmp_path,
        env=os.environ | {"SERVICE": service, "TOKEN": TOKEN},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"HD\S+ /purpose\n", done.stdout)


@pytest.fixture
def own_settings() -> Iterator[None]:
    """Tokens are set for the process that serves: not for the tests after this one."""
    yield
    settings.cache_clear()


@pytest.mark.usefixtures("own_settings")
def test_the_line_of_the_demo_works_as_typed(database: Warehouse, family: Family) -> None:
    with pytest.raises(UsageError, match="minzheng demo"):
        list(open_to_try(database, "http://127.0.0.1:1"))
    family.add(
        "aid_household", aid_household_no="H1", aid_type_code="DB", is_active=True, division_code="420203"
    )
    for resident_id, relation in ((1, "本人"), (2, "配偶")):
        family.add(
            "aid_household_member", aid_household_no="H1", member_no=resident_id, resident_id=resident_id,
            name=family.NAMES[resident_id], relation=relation, is_covered=True, valid_from=date(2024, 1, 1),
        )  # fmt: skip
    family.publish()
    *_, line = open_to_try(database, "ADDRESS")
    place = Database(lambda: database)
    for address in served(create_app(settings(), place)):
        typed = line.replace("ADDRESS", address)
        done = subprocess.run(["bash", "-c", typed], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        assert [member["identity"] for member in answer["members"]] == ["found", "found"]
    place.engine.dispose()
    assert family.log("client, outcome") == [("demo", "answered")]
