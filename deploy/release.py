"""A release by one command, ``make release VERSION=1.4.0``: number, changelog, commit, tag, archive, checksum.

Nothing is pushed: what was made is looked at first. In a tree that is not clean, with a number that is not the next of
its kind, or without anything in the changelog, it changes nothing.
"""

import re
import subprocess
import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NUMBER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
OPEN = "## Not released\n"


class NoRelease(Exception):
    """Why none is made; nothing was changed."""


def git(root: Path, *words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=root, check=True, capture_output=True, text=True
    ).stdout.strip()


def is_next(number: str, before: str) -> bool:
    """Whether one part is one higher and what follows it begins anew (1.2.3: 1.2.4, 1.3.0, 2.0.0)."""
    old = [int(part) for part in before.split(".")]
    following = [[*old[:place], old[place] + 1, *[0] * (2 - place)] for place in range(3)]
    return [int(part) for part in number.split(".")] in following


def closed(changelog: str, number: str, day: date) -> tuple[str, str]:
    """The changelog with what was not released under the number, and that section. Raises NoRelease."""
    begun, found, rest = changelog.partition(OPEN)
    section, next_heading, older = rest.partition("\n## ")
    if not found or not section.strip():
        raise NoRelease("CHANGELOG.md says nothing under 'Not released'.")
    return f"{begun}{OPEN}\n## {number}, {day:%Y-%m-%d}\n{section}{next_heading}{older}", section.strip()


def numbered(text: str, pattern: str, number: str, file: str) -> str:
    changed, count = re.subn(pattern, rf"\g<1>{number}\g<2>", text, count=1, flags=re.MULTILINE)
    if not count:
        raise NoRelease(f"{file} has no version.")
    return changed


def release(root: Path, number: str, day: date) -> str:
    """Commit and tag the release; returns the tag. Raises NoRelease."""
    if not NUMBER.fullmatch(number):
        raise NoRelease(f"'{number}' is no version: three numbers are wanted (docs/versions.md).")
    if git(root, "status", "--porcelain"):
        raise NoRelease("The tree is not clean: commit, or put aside.")
    tag = f"v{number}"
    if git(root, "tag", "--list", tag):
        raise NoRelease(f"{tag} is there already.")
    files = {
        name: (root / name).read_text(encoding="utf-8")
        for name in ("pyproject.toml", "uv.lock", "CHANGELOG.md")
    }
    before = re.search(r'^version = "(.*)"$', files["pyproject.toml"], re.MULTILINE)
    # The first release may bear the number that stands there.
    is_first = before is not None and number == before[1] and not git(root, "tag", "--list", "v*")
    if before is None or not (is_first or is_next(number, before[1])):
        raise NoRelease(f"{number} does not follow {before[1] if before else 'nothing'}.")
    files["CHANGELOG.md"], section = closed(files["CHANGELOG.md"], number, day)
    files["pyproject.toml"] = numbered(
        files["pyproject.toml"], r'^(version = ")[^"]*(")$', number, "pyproject.toml"
    )
    files["uv.lock"] = numbered(
        files["uv.lock"], r'^(name = "minzheng"\nversion = ")[^"]*(")$', number, "uv.lock"
    )
    for name, text in files.items():
        (root / name).write_text(text, encoding="utf-8")
    git(root, "commit", "--quiet", "--all", "--message", f"Release {number}")
    git(root, "tag", "--annotate", tag, "--cleanup=verbatim", "--message", f"{number}\n\n{section}\n")
    return tag


def main() -> None:
    try:
        tag = release(ROOT, sys.argv[1] if len(sys.argv) > 1 else "", date.today())
    except NoRelease as reason:
        sys.exit(f"No release. {reason} Nothing was changed.")
    # The environment tells the number of the program, after which the archive is named.
    subprocess.run([ROOT / ".uv" / "bin" / "uv", "sync", "--frozen", "--quiet"], cwd=ROOT, check=True)
    subprocess.run([sys.executable, ROOT / "deploy" / "bundle" / "make.py", ROOT / "dist"], check=True)
    print(f"{tag} is tagged and its archive lies in dist/. To publish: git push origin HEAD {tag}")


if __name__ == "__main__":
    main()
