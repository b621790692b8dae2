"""Synonyms (``ingestion/synonyms.yml``) and what can be told from them: what a header, a name or a code means."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from pypinyin import lazy_pinyin

from ingestion.records import canonical_records
from ingestion.yaml_file import read_yaml

SYNONYMS = Path(__file__).parents[1] / "synonyms.yml"
_SET = re.compile(r"\{(\w+)(\??)\}")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
# What stands in brackets behind a name: a unit, a remark.
_BRACKETS = re.compile(r"[(\[（【].*?[)\]）】]")
# A mark within brackets parts nothing: 租金收入额(元/月).
_PARTS = re.compile(r"[./](?![^(\[（【]*[)\]）】])")
# How sure a word is of what it means (0 to 1), by how it is written.
EXACT, ENGLISH, WHOLE_PINYIN, MIXED_PINYIN, INITIALS, TWO_INITIALS = 1.0, 0.95, 0.9, 0.85, 0.8, 0.65
LONGEST_MIXED = 4


@dataclass(frozen=True)
class Meaning:
    """One thing a word may mean. synonym: the word of the list it was known by."""

    record: str
    column: str
    strength: float
    synonym: str


@cache
def synonyms() -> Mapping[str, Any]:
    return dict(read_yaml(SYNONYMS))


def normal(header: str) -> str:
    """A header without brackets, blanks and marks, in one letter case: what is compared."""
    text = _BRACKETS.sub("", unicodedata.normalize("NFKC", header)) or header
    return re.sub(r"[\W_]+", "", text).upper()


def spoken(header: str) -> str:
    """What of a path (``dsr.nan.xm``), of a header of two lines (``起止/入院``) or of two words for one thing
    (``身份证号/护照号``) is the name: as much of its end as is a known word, else the first part that is one, else the
    last."""
    parts = [part for part in _PARTS.split(header) if part]
    ends = ["".join(parts[start:]) for start in range(len(parts))]
    return next(
        (text for text in (*ends, *parts) if normal(text) in known_words()), parts[-1] if parts else header
    )


def in_brackets(header: str) -> str:
    """What the brackets of a header hold: 万元 of 评估价(万元)."""
    return "".join(_BRACKETS.findall(unicodedata.normalize("NFKC", header))).strip("()[]（）【】 ")


def is_chinese(text: str) -> bool:
    return _CHINESE.search(text) is not None


@cache
def meanings(record: str) -> Mapping[str, tuple[Meaning, ...]]:
    """All that headers may mean in a record, by the normal form of each word and its pinyin."""
    found: dict[str, dict[str, Meaning]] = {}
    said = synonyms()["columns"].get(record, {})
    for column in canonical_records()[record].columns:
        english = (column.name, column.name.removesuffix("_yuan"), column.name.removesuffix("_code"))
        for place, text in enumerate((*english, column.title, *said.get(column.name, ()))):
            for word, parts in _expanded(str(text)):
                for form, strength in _forms(word, parts):
                    if place < len(english):
                        strength = ENGLISH
                    meaning = Meaning(record, column.name, strength, word)
                    best = found.setdefault(form, {}).get(column.name)
                    if best is None or best.strength < strength:
                        found[form][column.name] = meaning
    return {form: tuple(columns.values()) for form, columns in found.items()}


@cache
def meanings_of(record: str, header: str) -> dict[str, Meaning]:
    """What a header may mean in a record, by column: as it is, else by a word it holds or is a part of."""
    word, known = normal(header), meanings(record)
    found = {meaning.column: meaning for meaning in known.get(word, ())}
    if not is_chinese(word):
        return found
    for form, several in known.items():
        shorter, longer = sorted((form, word), key=len)
        if len(shorter) < 2 or not is_chinese(form) or not (shorter in longer or _is_parted(form, word)):
            continue
        strength = 0.3 + 0.55 * len(shorter) / len(longer)
        for meaning in several:
            if meaning.column not in found or found[meaning.column].strength < strength:
                found[meaning.column] = Meaning(record, meaning.column, strength, meaning.synonym)
    return found


def _is_parted(form: str, word: str) -> bool:
    """Whether a word is a known one with something in the middle: 批准享受日期."""
    return 3 <= len(form) < len(word) and any(
        word.startswith(form[:cut]) and word.endswith(form[cut:]) for cut in range(2, len(form) - 1)
    )


@cache
def known_words() -> frozenset[str]:
    """Every form of every word for a column of any record."""
    return frozenset(form for record in canonical_records() for form in meanings(record))


@cache
def line_meaning(header: str, kind: str) -> float:
    """How likely a header names such a column of the line (``updated_at``, ``version``, ``operation`` ...)."""
    said = synonyms()["line"][kind]
    words = said["columns"] if isinstance(said, dict) else said
    word = normal(header)
    best = 0.0
    for text in words:
        for form, strength in _forms(text, (text,)):
            if form == word:
                best = max(best, strength)
    return best


@cache
def letters() -> Mapping[str, Sequence[str]]:
    """What an operation does, by the forms of the words for it."""
    said = synonyms()["line"]["operation"]
    return {kind: _code_forms(said[kind]) for kind in ("insert", "change", "revoke")}


@cache
def code_words(record: str, column: str) -> Mapping[str, Sequence[str]]:
    """Forms of what senders write, by canonical code."""
    described = canonical_records()[record].column(column)
    said = synonyms()["codes"]
    listed = said.get(f"{record}.{column}") or (said["sex"] if column == "sex_code" else {})
    return {code: _code_forms((code, *listed.get(code, ()))) for code in described.codes if described.codes}


def cuts(record: str) -> Mapping[str, Mapping[str, Any]]:
    return synonyms()["cuts"].get(record, {})


def records_named_in(text: str) -> dict[str, int]:
    """Records that names, titles and sheets speak of, with the length of the longest word that says so."""
    shown = text.upper()
    ascii_words = set(re.findall(r"[A-Z]+", shown))
    found: dict[str, int] = {}
    for record, words in synonyms()["files"].items():
        for word in (*words, canonical_records()[record].title):
            initials = initials_of(word) if is_chinese(word) else ""
            is_named = word.upper() in shown if is_chinese(word) else word.upper() in ascii_words
            if is_named or (len(initials) >= 3 and initials in ascii_words):
                found[record] = max(found.get(record, 0), len(word) if is_chinese(word) else 3)
    return found


def _code_forms(words: Sequence[str]) -> tuple[str, ...]:
    forms = dict.fromkeys(normal(str(word)) for word in words)
    for word in words:
        if is_chinese(str(word)):
            forms |= dict.fromkeys([initials_of(str(word))])
    return tuple(form for form in forms if form)


def _expanded(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The words a synonym with sets stands for, each with its parts."""
    pieces: list[list[str]] = []
    last = 0
    for found in _SET.finditer(text):
        if found.start() > last:
            pieces.append([text[last : found.start()]])
        pieces.append([*synonyms()["words"][found[1]], *([""] if found[2] else [])])
        last = found.end()
    if last < len(text):
        pieces.append([text[last:]])
    for parts in product(*pieces):
        yield "".join(parts), parts


def _forms(word: str, parts: Sequence[str]) -> Iterator[tuple[str, float]]:
    """How a word may be written, with how sure that is: itself, its pinyin, its initials, part by part too."""
    if not is_chinese(word):
        yield normal(word), ENGLISH if len(normal(word)) > 2 else TWO_INITIALS
        return
    yield normal(word), EXACT
    whole, initials = pinyin(word), initials_of(word)
    yield whole, WHOLE_PINYIN
    if len(initials) > 1:
        yield initials, INITIALS if len(initials) > 2 else TWO_INITIALS
    if 1 < len(parts) <= LONGEST_MIXED:
        for mixed in product(*[(pinyin(part), initials_of(part)) for part in parts if part]):
            form = "".join(mixed)
            if form not in (whole, initials):
                yield form, MIXED_PINYIN


@cache
def pinyin(word: str) -> str:
    """In capitals, without tones: 性别 is XINGBIE."""
    return "".join(lazy_pinyin(word)).upper() if is_chinese(word) else normal(word)


@cache
def initials_of(word: str) -> str:
    """性别 is XB."""
    return "".join(s[:1] for s in lazy_pinyin(word)).upper() if is_chinese(word) else normal(word)
