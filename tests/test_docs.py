"""Links lead somewhere, decisions stand once, Chinese pages say what the English ones do."""

import csv
import re
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import yaml

from warehouse.database.settings import PROJECT_ROOT
from warehouse.derived.decision_index import FOLDER, decisions, topics

FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
TWINS = [
    (english, chinese)
    for chinese in sorted(PROJECT_ROOT.glob("**/*.zh.md"))
    if ".venv" not in chinese.parts
    for english in [chinese.with_name(chinese.name.replace(".zh.md", ".md"))]
]


@cache
def tracked() -> list[Path]:
    """Files of the project, those just written too."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.splitlines()
    found = [PROJECT_ROOT / name for name in listed]
    return [path for path in found if path.is_file()]


@cache
def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def pages() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".md"]


def anchors(page: Path) -> set[str]:
    """What may follow #: as GitHub makes it of headings, and the anchors set by hand."""
    body = FENCED.sub("", text(page))
    headings = re.findall(r"^#+ (.+?)\s*$", body, re.MULTILINE)
    plain = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in headings]
    slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}
    return slugs | set(re.findall(r'<a id="([^"]+)">', body))


def links(page: Path) -> list[str]:
    found = LINK.findall(FENCED.sub("", text(page)))
    return [link for link in found if not re.match(r"\w+:", link)]


def test_every_link_leads_somewhere() -> None:
    dead = []
    for page in pages():
        for link in links(page):
            place, _, anchor = link.partition("#")
            target = (page.parent / place).resolve() if place else page
            if not target.exists() or (
                anchor and target.suffix == ".md" and anchor.lower() not in anchors(target)
            ):
                dead.append(f"{page.relative_to(PROJECT_ROOT)}: {link}")
    assert dead == []


def test_every_decision_stands_once_and_none_is_left_out() -> None:
    known = decisions()
    assert [decision.number for decision in known] == list(range(1, len(known) + 1))
    assert len(known) >= 191
    for page in topics():
        on_page = [decision.number for decision in known if decision.page == page]
        assert on_page == sorted(on_page)
        assert text(page).count("\n## ") == len(on_page)


def test_what_supersedes_a_decision_is_a_later_one() -> None:
    for page in topics():
        for number, later in re.findall(
            r"^## (\d+)\. .*\n\nStatus: superseded by \[(\d+)\]", text(page), re.MULTILINE
        ):
            assert int(number) < int(later)
    superseded = [decision.number for decision in decisions() if decision.status == "superseded by"]
    assert 10 in superseded


def test_every_decision_referred_to_exists() -> None:
    known = {decision.number for decision in decisions()}
    referred: Counter[int] = Counter()
    for path in tracked():
        if path.suffix in {".md", ".py", ".sql", ".yml", ".toml"}:
            for numbers in re.findall(r"\bdecisions? (\d{1,3}(?:(?:, | and )\d{1,3})*)\b", text(path)):
                referred.update(int(number) for number in re.findall(r"\d+", numbers))
            for page, number in re.findall(r"(\w+\.md)#(\d+)\)", text(path)):
                assert any(d.number == int(number) and d.page.name == page for d in decisions()), path
    assert referred
    assert set(referred) <= known


def test_numbers_within_a_topic_lead_to_it() -> None:
    for page in sorted(FOLDER.glob("*.md")):
        for shown, place, number in re.findall(r"\[(\d+)\]\(([\w.]*)#(\d+)\)", text(page)):
            assert shown == number
            target = FOLDER / place if place else page
            assert f'<a id="{number}"></a>' in text(target), (page.name, number)


def same(block: str) -> list[str]:
    """A block of code without its comments, which are in the language of the page."""
    lines = [re.sub(r"\s*(?<!\S)(#|--) .*$", "", line).rstrip() for line in block.splitlines()]
    return [line for line in lines if line]


@pytest.mark.parametrize(("english", "chinese"), TWINS, ids=lambda path: path.name)
def test_the_chinese_page_says_what_the_english_one_does(english: Path, chinese: Path) -> None:
    """Same sections in the same order, same code, same links, tables of the same size, same names in code."""
    one, other = text(english), text(chinese)
    bodies = [FENCED.sub("", page) for page in (one, other)]

    levels = [re.findall(r"^(#+) ", body, re.MULTILINE) for body in bodies]
    assert levels[0] == levels[1]
    named = re.findall(r'^<a id="([^"]+)"></a>\n\n#', bodies[1], re.MULTILINE)
    assert len(named) >= len(levels[1]) - 1  # all but the title
    assert [name for name in named if name not in anchors(english)] == []

    blocks = [[same(block) for block in FENCED.findall(page)] for page in (one, other)]
    assert blocks[0] == blocks[1]

    def targets(page: Path) -> Counter[str]:
        found = [link.replace(".zh.md", ".md") for link in links(page)]
        own = {english.name, chinese.name.replace(".zh.md", ".md")}
        return Counter(link for link in found if link not in own)

    assert targets(english) == targets(chinese)

    rows = [[line.count(" | ") for line in body.splitlines() if line.startswith("|")] for body in bodies]
    assert rows[0] == rows[1]

    code = [Counter(re.findall(r"`([^`\n]+)`", body)) for body in bodies]
    assert code[0] == code[1]


def test_the_readme_fits_on_a_screen_and_a_half() -> None:
    for name in ("README.md", "README.zh.md"):
        assert text(PROJECT_ROOT / name).count("\n") <= 90, name
    assert "docs/limits.md" in text(PROJECT_ROOT / "README.md")


@pytest.mark.parametrize("name", ["README.md", "docs/developing.md", "docs/limits.md", "CONTRIBUTING.md"])
def test_every_place_named_exists(name: str) -> None:
    """Folders and files in backticks, unless a part is left open (`<code>`) or lies below MINZHENG_HOME."""
    tops = "|".join(
        sorted(path.name for path in PROJECT_ROOT.iterdir() if path.is_dir() and path.name[0] != ".")
    )
    named = re.findall(rf"`((?:{tops})/[^`\s<>]*)`", text(PROJECT_ROOT / name))
    assert named
    assert [place for place in named if not (PROJECT_ROOT / place).exists()] == []


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "docs/working_with_dbt.md"])
def test_models_and_unit_tests_named_to_dbt_exist(name: str) -> None:
    models = PROJECT_ROOT / "dbt_project" / "models"
    known = {path.stem for path in models.rglob("*.sql")} | {path.name for path in models.rglob("*")}
    known |= {
        unit_test
        for path in models.rglob("*.yml")
        for unit_test in re.findall(r"name: (\w+__\w+)", text(path))
    }
    named = re.findall(r"minzheng dbt -- \w+ --select ([\w+,:]+)", text(PROJECT_ROOT / name))
    assert named
    asked = {part.strip("+") for selection in named for part in selection.split(",")} - {"test_type:unit"}
    assert asked - known == set()


def test_the_limits_count_what_is_there() -> None:
    def rows(seed: str) -> list[dict[str, str]]:
        path = PROJECT_ROOT / "dbt_project" / "seeds" / "rules" / f"{seed}.csv"
        return list(csv.DictReader(text(path).splitlines()))

    limits = text(PROJECT_ROOT / "docs" / "limits.md")
    catalogue, holidays = rows("anomaly_rule"), rows("public_holiday")
    assert f"all {len(catalogue)} of the catalogue" in limits
    assert f"all {sum(rule['severity'] == 'red' for rule in catalogue)} red rules" in limits
    years = sorted({holiday["day"][:4] for holiday in holidays})
    assert f"({years[0]} to {years[-1]})" in limits


def test_hooks_run_programs_of_the_project_and_download_nothing() -> None:
    config = yaml.safe_load(text(PROJECT_ROOT / ".pre-commit-config.yaml"))
    assert {repo["repo"] for repo in config["repos"]} == {"local"}
    for hook in [hook for repo in config["repos"] for hook in repo["hooks"]]:
        assert hook["language"] == "system"
        program = hook["entry"].split()[0]
        assert program == "git" or (PROJECT_ROOT / program).exists(), program
    makefile = text(PROJECT_ROOT / "Makefile")
    assert "sqlfluff lint dbt_project/models" in makefile
