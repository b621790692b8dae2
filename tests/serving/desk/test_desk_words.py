"""Words in both languages, and nothing that an older browser or the policy of the pages does not know."""

import re
from pathlib import Path

import pytest

from serving.desk.words import LANGUAGES, WORDS
from warehouse.database.settings import PROJECT_ROOT

DESK = PROJECT_ROOT / "serving" / "desk"
TEMPLATES = {
    path.name: path.read_text(encoding="utf-8") for path in sorted((DESK / "templates").glob("*.html"))
}
CODE = "\n".join(
    path.read_text(encoding="utf-8") for path in sorted(DESK.glob("*.py")) if path.name != "words.py"
)
CHINESE = re.compile("[\u4e00-\u9fff]")
# After Chromium 78, by the name of each in the documents of the web platform.
TOO_NEW = {
    ".css": (
        r":has\(", r":is\(", r":where\(", r":focus-visible", r"aspect-ratio", r"\binset\b", r"@layer", r"@container",
        r"\d[ds]v[hw]\b", r"accent-color", r"\bclamp\(", r"\bmin\(", r"\bmax\(", r"color-mix", r"content-visibility",
        r"::marker", r"&[ :.]", r"(?<!-)\bgap:", r"(?<!grid-)\b(row|column)-gap:", r"subgrid", r"text-wrap",
        r":user-invalid", r"(margin|padding)-inline", r"overflow:\s*clip", r"translate:", r"scale:", r"rotate:",
    ),
    ".js": (
        r"\?\.(?!\d)", r"\?\?", r"\|\|=", r"&&=", r"replaceAll\(", r"\.at\(", r"structuredClone", r"Promise\.any",
        r"matchAll\(.*\)\.\.\.", r"#[a-z]\w*\s*[=(;]", r"static\s*\{", r"await\s+import", r"BigInt",
        r"\bimport\.meta", r"Object\.hasOwn", r"\bWeakRef\b", r"replaceChildren", r"\d_\d",
    ),
}  # fmt: skip


def test_every_word_is_there_in_both_languages() -> None:
    assert list(LANGUAGES) == ["zh", "en"]
    for key, (chinese, english) in WORDS.items():
        assert chinese, key
        assert english, key
        assert not CHINESE.search(english), key
        assert CHINESE.search(chinese) or not re.search("[a-z]{3}", chinese), key
        assert chinese.count("{}") == english.count("{}"), key


def test_every_word_of_a_page_stands_in_the_catalogue_and_every_word_there_is_shown() -> None:
    pages = "\n".join(TEMPLATES.values())
    whole = set(re.findall(r"""\bt\(\s*["'](\w+)["']\s*[,)]""", pages))
    begun = set(re.findall(r"""["'](\w+_)(?:["'] \+|%s["'] %)""", pages))
    assert whole <= WORDS.keys()
    assert {beginning for beginning in begun if not any(key.startswith(beginning) for key in WORDS)} == set()
    said = set(re.findall(r'"(\w+)"', CODE)) | {"red", "yellow", "known", "inferred"}
    shown = whole | said
    assert {key for key in WORDS if key not in shown and not key.startswith(tuple(begun))} == set()


ON_FILE = "overview_static.html"  # which no desk serves, and which has the sheet in it


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_page_has_words_of_its_own_or_asks_for_what_the_policy_forbids(name: str) -> None:
    text = TEMPLATES[name]
    if name == ON_FILE:
        text = text.replace("<style>{{ style }}</style>", "")
    assert not CHINESE.search(text.replace("：", "").replace("，", ""))
    assert not re.search(r"\son\w+=|\sstyle=|javascript:|\|\s*safe\b|<style|autoescape", text)
    assert re.findall(r'(?:src|href|action|hx-get)="(?!/|#|data:,|\{\{)[^"]*"', text) == []
    for form in re.findall(r'<form[^>]*method="post".*?</form>', text, re.DOTALL):
        assert 'name="form"' in form, "every form carries its token"
    for found in re.findall(r"<(input|select|textarea)([^>]*)>", text):
        kind, said = found
        if 'type="hidden"' not in said:
            ((place,),) = [re.findall(r'\bid="([^"]+)"', said)]
            assert f'for="{place}"' in text, f"{kind} {place} has a label"


@pytest.mark.parametrize("path", sorted((DESK / "static").iterdir()), ids=lambda path: path.name)
def test_nothing_is_newer_than_chromium_78(path: Path) -> None:
    if path.suffix in TOO_NEW:
        text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert [pattern for pattern in TOO_NEW[path.suffix] if re.search(pattern, text)] == []
        assert not re.search(r"https?://(?!www\.w3\.org)", text), "no outside asset"


def test_the_library_lies_beside_its_licence() -> None:
    assert "Zero-Clause BSD" in (DESK / "static" / "htmx.LICENSE").read_text(encoding="utf-8")
    assert 'version:"1.9.12"' in (DESK / "static" / "htmx.min.js").read_text(encoding="utf-8")
