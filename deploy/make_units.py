"""Units for systemd of the services of docker-compose.yml: ``make_units.py FOLDER [ENVIRONMENT]``.

FOLDER: where the units go, ``/etc/systemd/system``. ENVIRONMENT: the file made of .env.example,
``/etc/minzheng/minzheng.env`` where none is named; changed, the units are made anew. The list of services, what each
runs, its settings, secrets, memory and what it waits for, stands in docker-compose.yml alone; here is how a machine
without containers says the same. PostgreSQL is the machine's own.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

BESIDE = Path(__file__).resolve().parents[1]
COMPOSE_TEXT = (BESIDE / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
IMAGE = (BESIDE / "Dockerfile").read_text(encoding="utf-8")
ENVIRONMENT = Path("/etc/minzheng/minzheng.env")
SECRETS = "/etc/minzheng/secrets"
PROGRAM = "/opt/minzheng/current"  # as ./install of a bundle lays it out
# Two of each, so that one is restarted while the other answers: instances 0 and 1, told apart by a digit of their ports
# (8000 and 8001, at the watching doors 9108 and 9118), as deploy/haproxy/minzheng.cfg has them.
TWICE = ("serving", "desk")
# A container's own name goes with it; a machine's stays.
OF_CONTAINERS = ("MINZHENG_MACHINE",)
# What no part needs is taken from all (docs/limits.md says how that was looked at).
HARDENED = """
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectProc=invisible
ProtectClock=yes
ProtectHostname=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
KeyringMode=private
UMask=0027
LimitCORE=0
LimitNOFILE=8192
TasksMax=512
""".strip().splitlines()


def chosen(file: Path) -> dict[str, str]:
    """The lines NAME=value of an environment file, of a pair of quotes around it what lies within, as with Compose.

    Ends with a sentence where a name is none of docker-compose.yml: nothing would come of it.
    """
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    said = dict(line.split("=", 1) for line in lines if re.match(r"\w+=", line))
    if strangers := sorted(said.keys() - set(re.findall(r"\$\{(\w+)", COMPOSE_TEXT))):
        sys.exit(f"{file}: docker-compose.yml has no {', '.join(strangers)}. Nothing was made. A setting of one "
                 "service alone goes into a drop-in (systemctl edit).")  # fmt: skip
    return {name: re.sub(r"""^(["'])(.*)\1$""", r"\2", value.strip()) for name, value in said.items()}


def filled(text: str, values: dict[str, str]) -> str:
    """``${NAME}``, ``${NAME:-otherwise}`` and ``${NAME:+where it is set}``, as Compose fills them in."""

    def value(found: re.Match[str]) -> str:
        name, kind, other = found.groups()
        said = values.get(name, "")
        return (other if said else "") if kind == ":+" else said or other or ""

    return re.sub(r"\$\{(\w+)(?:(:[-+])(.*?))?\}(?![\]}])", value, text)


class Unit:
    """One service of the compose file as a unit."""

    def __init__(self, name: str, values: dict[str, str]) -> None:
        self.name, self.service = name, COMPOSE["services"][name]
        self.account = f"minzheng-{self._login()}"
        self.state = f"minzheng/{name}-%i" if name in TWICE else f"minzheng/{self._login()}"
        self.values = values

    @property
    def file(self) -> str:
        return f"minzheng-{self.name}{'@' if self.name in TWICE else ''}.service"

    def _login(self) -> str:
        """Who shares a login of the database shares the account and the state, and nobody else does."""
        named = [each["source"] for each in self.service["secrets"] if isinstance(each, dict)]
        return named[0].removesuffix("_database_url") if named else self.name

    def mounts(self) -> dict[str, tuple[str, bool]]:
        """Folder in the container: that of this machine, and whether it is written to."""
        found = {}
        for volume in self.service["volumes"]:
            source, place, *mode = filled(volume, self.values).split(":")
            if source not in COMPOSE["volumes"]:
                found[place] = (str(Path("/etc/minzheng", source)), mode != ["ro"])
        return found

    def here(self, text: str) -> str:
        """A path, an address or a command of the container, as it is on this machine."""
        places = {place: folder for place, (folder, _) in self.mounts().items()}
        places |= {
            "/opt/minzheng/.venv/bin": f"{PROGRAM}/venv/bin", "/opt/minzheng": PROGRAM,
            "/var/lib/minzheng": f"/var/lib/{self.state}", "/run/secrets": "%d",
            "//airflow-api": "//127.0.0.1", "0.0.0.0": "127.0.0.1",
        }  # fmt: skip
        longest_first = "|".join(map(re.escape, sorted(places, key=len, reverse=True)))
        return re.sub(rf"(?:{longest_first})(?![\w-])", lambda found: places[found[0]], text)

    def environment(self) -> Iterator[str]:
        of_image = dict(re.findall(r"^(?:ENV )? *(\w+)=(\S+)(?: \\)?$", IMAGE, re.MULTILINE))
        of_image["PATH"] = of_image["PATH"].replace("$PATH", "/usr/bin:/bin")
        if of_image["MINZHENG_INBOX"] not in self.mounts():
            del of_image["MINZHENG_INBOX"]
        for name, value in (of_image | self.service["environment"]).items():
            if name in OF_CONTAINERS:
                continue
            said = self.here(filled(value, self.values).replace("%", "%%"))
            yield 'Environment="{}={}"'.format(name, said.replace("\\", "\\\\").replace('"', '\\"'))

    def command(self) -> str:
        """One line; scripts of the first start become a shell's."""
        words = [*self.service.get("entrypoint", ["minzheng"]), *self.service.get("command", [])]
        words = [self.here(" ".join(filled(word, self.values).split())) for word in words]
        if self.name in TWICE:
            words = [re.sub(r"^(80\d)0$", r"\1%i", re.sub(r"^(91)0(\d)$", r"\1%i\2", word)) for word in words]
        quoted = [word if re.fullmatch(r"[\w%./:@=-]+", word) else f'"{word}"' for word in words]
        first = "/usr/bin/bash" if quoted[0] == "bash" else f"{PROGRAM}/venv/bin/{quoted[0]}"
        return " ".join([first, *quoted[1:]])

    def lines(self) -> Iterator[str]:
        is_first = self.name == "init"
        needs = "postgresql.service" if is_first else "minzheng-init.service"
        yield "# Made by deploy/make_units.py of docker-compose.yml: change that, or write a drop-in."
        yield "[Unit]"
        yield f"Description=minzheng {self.name}"
        yield f"After=network-online.target {needs}"
        # Not Requires: PostgreSQL may bear another name here, and what waits for a first try that fails would never
        # be tried again. Whoever finds the database not ready yet ends, and is started anew.
        yield f"Wants=network-online.target {needs}"
        yield ""
        yield "[Service]"
        if is_first:
            yield from ("Type=oneshot", "RemainAfterExit=yes", "TimeoutStartSec=30min")
        else:
            # Those told apart say when they answer: the next is restarted once this one does.
            yield f"Type={'notify' if self.name in TWICE else 'exec'}"
            yield "TimeoutStartSec=5min"
        yield f"Restart={_restart(self.service['restart'])}"
        yield "RestartSec=5s"
        yield f"ExecStart={self.command()}"
        yield f"TimeoutStopSec={_seconds(self.service.get('stop_grace_period', '30s'))}"
        yield f"User={self.account}"
        yield f"WorkingDirectory={PROGRAM}"
        yield f"StateDirectory={self.state}"
        yield "StateDirectoryMode=0750"
        yield from self.environment()
        for secret in self.service["secrets"]:
            source, target = (
                (secret["source"], secret["target"]) if isinstance(secret, dict) else (secret, secret)
            )
            yield f"LoadCredential={target}:{SECRETS}/{source}"
        for folder, is_written in self.mounts().values():
            # A dash: a folder that is not there is no fault (a bureau without one of its own).
            yield f"{'ReadWritePaths' if is_written else 'ReadOnlyPaths'}=-{folder}"
        yield f"MemoryMax={filled(self.service['mem_limit'], self.values).upper()}"
        yield from HARDENED
        yield ""
        yield "[Install]"
        yield "WantedBy=multi-user.target"


def _restart(word: str) -> str:
    """How often it is tried is not counted: the database of another machine may come late."""
    return {"unless-stopped": "always"}.get(word, word.partition(":")[0])


def _seconds(period: str) -> str:
    """5m is five minutes to Compose, and five of another unit to nobody: systemd takes ``5min``."""
    return re.sub(r"(\d)m$", r"\1min", period)


def make(folder: Path, environment: Path = ENVIRONMENT) -> list[Path]:
    """Write a unit for each service but PostgreSQL, and their accounts; returns the files."""
    values = chosen(environment)
    units = [Unit(name, values) for name in COMPOSE["services"] if name != "postgres"]
    accounts = sorted({unit.account for unit in units})
    texts = {unit.file: "\n".join([*unit.lines(), ""]) for unit in units}
    texts["minzheng.sysusers.conf"] = "".join(
        f'u {account} - "minzheng" /var/lib/minzheng\n' for account in accounts
    )
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


if __name__ == "__main__":
    for made in make(Path(sys.argv[1]), *map(Path, sys.argv[2:3])):
        print(f"made {made}")
