"""The bundle for offices without a network: what it is made of, and how it installs.

With invented wheels of a few lines (a venv takes some seconds); the real one is made by ``make bundle``.
"""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from loading import loaded

from warehouse.database.settings import PROJECT_ROOT

WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
FOLDER = PROJECT_ROOT / "deploy" / "bundle"
UNSIGNED = {"MINZHENG_BUNDLE_UNSIGNED": "yes"}
# What `install` checks signatures with.
OPENSSL = shutil.which("openssl")
HAS_OPENSSL = (
    bool(OPENSSL)
    and subprocess.run([str(OPENSSL), "version"], capture_output=True, text=True).stdout > "OpenSSL 3"
)
PYTHON = f"cp{sys.version_info[0]}{sys.version_info[1]}"


@pytest.fixture(scope="module")
def make() -> ModuleType:
    return loaded(FOLDER / "make.py", "make_bundle")


def wheel(folder: Path, name: str, version: str, code: str, *headers: str) -> None:
    """A wheel with one module and, where it is the program, its command."""
    folder.mkdir(parents=True, exist_ok=True)
    told = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{name}.py", code)
        metadata = ("Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *headers, "")
        archive.writestr(f"{told}/METADATA", "\n".join(metadata))
        archive.writestr(f"{told}/WHEEL", WHEEL)
        archive.writestr(f"{told}/entry_points.txt", f"[console_scripts]\n{name} = {name}:main\n")
        archive.writestr(f"{told}/licenses/LICENSE", "text")
        archive.writestr(f"{told}/RECORD", "")


@pytest.fixture
def bundle(tmp_path: Path, make: ModuleType) -> Callable[[str], Path]:
    def made(version: str) -> Path:
        place = tmp_path / f"minzheng-{version}-{PYTHON}-x86_64"
        wheel(place / "program", "minzheng", version, f"def main():\n    print('minzheng {version}')\n")
        (place / "wheels").mkdir()
        (place / "requirements.txt").touch()
        (place / "docs").mkdir()
        (place / "deploy" / "bundle").mkdir(parents=True)
        for name in ("CHANGELOG.md", "docker-compose.yml", "Dockerfile", ".env.example"):
            (place / name).touch()
        for folder in (place, place / "deploy" / "bundle"):
            shutil.copy2(FOLDER / "install", folder / "install")
        make.write_sums(place)
        return place

    return made


def install(
    place: Path, target: Path, script: Path | None = None, **chosen: str
) -> subprocess.CompletedProcess[str]:
    """With the network cut where this account may cut it. script: null for the bundle's own."""
    command = (
        [str(place / "install"), str(target)] if script is None else [str(script), str(target), str(place)]
    )
    cut = ["unshare", "--net"]
    if subprocess.run([*cut, "true"], capture_output=True, check=False).returncode == 0:
        command = cut + command
    return subprocess.run(
        command,
        env=os.environ | {"PYTHON": sys.executable, **chosen},
        capture_output=True,
        text=True,
        check=False,
    )


def version_in_use(target: Path) -> str:
    program = target / "current" / "venv" / "bin" / "minzheng"
    return subprocess.run([program], check=True, capture_output=True, text=True).stdout.strip()


def test_a_version_installs_beside_the_one_before_and_the_way_back_is_a_link(
    bundle: Callable[[str], Path], tmp_path: Path
) -> None:
    target = tmp_path / "opt"
    first, second = bundle("1.0"), bundle("2.0")
    done = install(first, target)
    assert (done.returncode, "Nobody's key was named" in done.stderr, target.exists()) == (1, True, False)
    done = install(first, target, **UNSIGNED)
    assert done.returncode == 0, done.stderr
    assert "who made this bundle was not checked" in done.stderr
    assert version_in_use(target) == "minzheng 1.0"
    assert install(second, target, **UNSIGNED).returncode == 0
    assert version_in_use(target) == "minzheng 2.0"
    refused = install(first, target, **UNSIGNED)
    assert (refused.returncode, "1.0 is older than 2.0, which is in use" in refused.stderr) == (1, True)
    assert version_in_use(target) == "minzheng 2.0"
    assert install(first, target, **UNSIGNED, MINZHENG_BUNDLE_BACK="yes").returncode == 0
    assert version_in_use(target) == "minzheng 1.0"
    (target / "current").unlink()
    (target / "current").symlink_to(second.name)
    assert version_in_use(target) == "minzheng 2.0"
    stamp = (target / second.name / "venv" / "pyvenv.cfg").stat().st_mtime_ns
    assert install(second, target, **UNSIGNED).returncode == 0
    assert (target / second.name / "venv" / "pyvenv.cfg").stat().st_mtime_ns == stamp, (
        "again, it changes nothing"
    )


@pytest.mark.parametrize("what", ["changed", "gone", "added", "linked", "hidden"])
def test_a_bundle_that_is_not_whole_installs_nothing(
    bundle: Callable[[str], Path], tmp_path: Path, what: str
) -> None:
    place, target = bundle("1.0"), tmp_path / "opt"
    (program,) = (place / "program").glob("*.whl")
    if what == "gone":
        program.unlink()
    elif what == "added":
        wheel(place / "program", "zz", "1", "")
    elif what == "linked":
        other = place.with_name("elsewhere")
        program.rename(other)
        program.symlink_to(other)
    elif what == "hidden":
        (place / "docs" / ".more").touch()
    else:
        program.write_bytes(program.read_bytes() + b"x")
    done = install(place, target, **UNSIGNED)
    assert done.returncode == 1
    assert "damaged" in done.stderr
    assert "nothing was installed" in done.stderr
    assert not target.exists()


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, tuple[Path, Path]]:
    """Of two makers: the private and the public key."""
    made = {}
    for name in ("ours", "another"):
        key = Ed25519PrivateKey.generate()
        made[name] = (tmp_path / f"{name}.key", tmp_path / f"{name}.pub")
        made[name][0].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        made[name][1].write_bytes(
            key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )
    return made


@pytest.mark.skipif(not HAS_OPENSSL, reason="openssl 3 is not installed")
def test_a_bundle_is_of_whom_it_should_be_and_so_are_its_updates(
    bundle: Callable[[str], Path], make: ModuleType, tmp_path: Path, keys: dict[str, tuple[Path, Path]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    target = tmp_path / "opt"
    (private, public), (others, _) = keys["ours"], keys["another"]

    def signed(version: str, key: Path) -> Path:
        place = bundle(version)
        monkeypatch.setenv(make.SIGNING_KEY, str(key))
        make.sign(place / make.SUMS)
        return place

    refused = install(signed("0.9.0", others), target, MINZHENG_BUNDLE_KEY=str(public))
    assert (refused.returncode, "nothing was installed" in refused.stderr) == (1, True)
    assert not target.exists()
    ours = signed("1.0.0", private)
    first = install(ours, target, MINZHENG_BUNDLE_KEY=str(public))
    assert (first.returncode, first.stderr) == (0, "")
    # From now on without being told: neither another's nor one that nobody signed, nor one changed since.
    changed = signed("1.0.1", private)
    (changed / "docs" / "new.md").touch()
    make.write_sums(changed)
    kept = target / "current" / "deploy" / "bundle" / "install"
    for place in (signed("1.0.2", others), bundle("1.0.3"), changed):
        assert install(place, target, **UNSIGNED).returncode == 1, place
        # What lies in it is not run by the script that is installed.
        (place / "install").write_text(f"#!/bin/sh\ntouch {tmp_path}/planted\n")
        assert install(place, target, kept).returncode == 1, place
        assert not (tmp_path / "planted").exists()
    assert install(ours, target).returncode == 0
    assert version_in_use(target) == "minzheng 1.0.0"
    later, older = signed("1.0.10", private), signed("1.0.9", private)
    assert install(later, target, kept).returncode == 0
    assert version_in_use(target) == "minzheng 1.0.10"
    assert install(older, target, kept).returncode == 1
    # A former one under a later one's name is not whole.
    older.rename(renamed := older.with_name(older.name.replace("1.0.9", "9.9.9")))
    assert install(renamed, target, kept).returncode == 1
    assert version_in_use(target) == "minzheng 1.0.10"


def test_another_python_is_refused_with_the_one_wanted(bundle: Callable[[str], Path], tmp_path: Path) -> None:
    place = bundle("1.0")
    other = place.with_name(place.name.replace(PYTHON, "cp39"))
    place.rename(other)
    done = install(other, tmp_path / "opt", **UNSIGNED)
    assert done.returncode == 1
    assert "Python 3.9" in done.stderr


def test_licences_are_told_as_the_wheels_tell_them(make: ModuleType, tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    wheel(wheels, "one", "1", "", "License-Expression: MIT")
    wheel(
        wheels, "three", "3", "", "License: A long text", "Classifier: License :: OSI Approved :: BSD License"
    )
    wheel(wheels, "two", "2", "", "License: Apache 2.0")
    make.write_licences(wheels, tmp_path / "licences")
    table = (tmp_path / "licences" / "licences.csv").read_text().splitlines()
    assert table == ["name,version,licence", "one,1,MIT", "three,3,BSD License", "two,2,Apache 2.0"]
    assert (tmp_path / "licences" / "two" / "LICENSE").read_text() == "text"


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_every_part_has_a_wheel_for_each_kind_of_machine(make: ModuleType, machine: str) -> None:
    """Of what the bundle holds: no extra, and nothing developers alone need."""
    lock = tomllib.loads((PROJECT_ROOT / "uv.lock").read_text(encoding="utf-8"))
    held = re.findall(r"(?m)^([\w.-]+)==", make.run(*make.EXPORT, "--no-emit-project", "--no-hashes"))
    assert len(held) > 100
    kinds = (f"{machine}.whl", "none-any.whl")
    lacking = [
        package["name"]
        for package in lock["package"]
        if package["name"] in held
        and not any(
            kind["url"].endswith(kinds[1]) or ("linux" in kind["url"] and kind["url"].endswith(kinds[0]))
            for kind in package.get("wheels", [])
        )
    ]
    assert lacking == []


def test_what_the_bundle_names_is_there(make: ModuleType) -> None:
    assert [name for name in make.KEPT if not (PROJECT_ROOT / name).exists()] == []


def test_what_is_unpacked_as_root_belongs_to_root(make: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    os.chmod(tmp_path / "file", 0o640)
    if os.geteuid() == 0:
        os.chown(tmp_path / "file", 10001, 10001)
    make.pack(tmp_path, "bundle", archive := tmp_path.with_suffix(".tar.gz"))
    with tarfile.open(archive) as packed:
        owners = {(member.uid, member.gid, member.uname, member.gname) for member in packed}
        assert packed.getnames() == ["bundle", "bundle/file"]
    assert owners == {(0, 0, "", "")}
