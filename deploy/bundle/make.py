"""One archive from which the program is installed and brought up to date where there is no network.

``make bundle`` runs it: ``make.py FOLDER`` (``dist``). It holds the wheels of ``uv.lock`` for the Python and the kind
of machine it is made on (checked against the digests in the lock), the program, what Compose builds from, the guide, a
list of all parts (SBOM, CycloneDX), their licences, and SHA-256 of every file. Needs a clone and a network.

``MINZHENG_BUNDLE_SIGNING_KEY`` names a private key (Ed25519, PEM): the list of digests, and the one of the archive, are
signed with it, and ``install`` takes no other where it was given the public one.
"""

import csv
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from email.parser import HeaderParser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UV = ROOT / ".uv" / "bin" / "uv"
PIP = ROOT / ".uv" / "bin" / "pip"
# What the bundle holds of the lock.
EXPORT = (UV, "export", "--frozen", "--no-dev", "--quiet")
# Beside the wheels: what an operator reads and Compose builds from.
KEPT = ("docs", "deploy", "docker-compose.yml", ".env.example", "Dockerfile", "README.md", "README.zh.md",
        "CHANGELOG.md", "SECURITY.md", "LICENSE")  # fmt: skip
SUMS = "SHA256SUMS"
SIGNING_KEY = "MINZHENG_BUNDLE_SIGNING_KEY"
LICENCE_FILES = ("license", "licence", "copying", "notice", "authors")


def run(*words: str | Path) -> str:
    return subprocess.run(
        [str(word) for word in words], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def make(folder: Path) -> Path:
    """The archive; named after version, Python and machine."""
    version = run(ROOT / ".venv" / "bin" / "minzheng", "--version").split()[-1]
    python = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    name = f"minzheng-{version}-{python}-{platform.machine()}"
    place = folder / name
    shutil.rmtree(place, ignore_errors=True)
    wheels = place / "wheels"
    wheels.mkdir(parents=True)
    (place / "requirements.txt").write_text(run(*EXPORT, "--no-emit-project", "--format", "requirements.txt"))
    (place / "sbom.cyclonedx.json").write_text(run(*EXPORT, "--format", "cyclonedx1.5"))
    run(PIP, "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes", "--dest", wheels,
        "--requirement", place / "requirements.txt")  # fmt: skip
    run(UV, "build", "--quiet", "--wheel", "--out-dir", place / "program")
    for kept in KEPT:
        copy = shutil.copytree if (ROOT / kept).is_dir() else shutil.copy2
        copy(ROOT / kept, place / kept)
    shutil.copy2(Path(__file__).with_name("install"), place / "install")
    write_licences(wheels, place / "licences")
    write_sums(place)
    sign(place / SUMS)
    archive = folder / f"{name}.tar.gz"
    pack(place, name, archive)
    shutil.rmtree(place)
    return archive


def pack(place: Path, name: str, archive: Path) -> None:
    with tarfile.open(archive, "w:gz", compresslevel=1) as packed:  # wheels are packed already
        packed.add(place, name, filter=_of_nobody)


def _of_nobody(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Unpacked as root, a file is root's, not of whoever has the number of the account that made it."""
    return member.replace(uid=0, gid=0, uname="", gname="", deep=False)


def write_licences(wheels: Path, folder: Path) -> None:
    """A table of all wheels with what they say of their licence, and the texts that lie in them."""
    folder.mkdir()
    with (folder / "licences.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(("name", "version", "licence"))
        for wheel in sorted(wheels.glob("*.whl")):
            with zipfile.ZipFile(wheel) as archive:
                told = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
                metadata = HeaderParser().parsestr(archive.read(told).decode("utf-8"))
                table.writerow((metadata["Name"], metadata["Version"], _licence(list(metadata.items()))))
                for name in archive.namelist():
                    if ".dist-info/" in name and Path(name).name.lower().startswith(LICENCE_FILES):
                        target = folder / metadata["Name"] / Path(name).name
                        target.parent.mkdir(exist_ok=True)
                        target.write_bytes(archive.read(name))


def _licence(told: list[tuple[str, str]]) -> str:
    """The expression; else the classifiers; else the first line of the older field, which may be a whole text."""
    said = dict(told)
    classes = [
        value.split(" :: ")[-1]
        for name, value in told
        if name == "Classifier" and value.startswith("License")
    ]
    older = (said.get("License") or "").strip().splitlines()
    return said.get("License-Expression") or "; ".join(classes) or (older[0] if older else "see its texts")


def write_sums(place: Path) -> None:
    """As ``sha256sum --check`` reads them."""
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(place)}\n"
        for path in _files(place)
    ]
    (place / SUMS).write_text("".join(lines))


def sign(file: Path) -> None:
    """A signature beside it (``FILE.sig``, 64 bytes), as ``openssl pkeyutl -rawin`` reads it; none without a key."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    named = os.environ.get(SIGNING_KEY)
    if not named:
        return
    key = load_pem_private_key(Path(named).read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        sys.exit(f"{SIGNING_KEY} names no Ed25519 key: openssl genpkey -algorithm ed25519 -out bundle.key")
    file.with_name(f"{file.name}.sig").write_bytes(key.sign(file.read_bytes()))


def _files(place: Path) -> Iterator[Path]:
    yield from sorted(path for path in place.rglob("*") if path.is_file())


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "dist").resolve()
    target.mkdir(parents=True, exist_ok=True)
    made = make(target)
    sum_of = hashlib.sha256(made.read_bytes()).hexdigest()
    sums = made.with_name(f"{made.name}.sha256")
    sums.write_text(f"{sum_of}  {made.name}\n")
    sign(sums)
    if not os.environ.get(SIGNING_KEY):
        print(
            f"Not signed: {SIGNING_KEY} names no key, so `install` cannot tell who made it.", file=sys.stderr
        )
    print(f"made {made} ({made.stat().st_size / 2**20:.0f} MiB)")
