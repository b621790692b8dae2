"""Words a bureau's files may use: one that nobody reads would be a wish that nobody hears."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches


def nearest(word: str, known: Collection[str]) -> str:
    """What may have been meant by a word that is none of the known ones."""
    near = get_close_matches(word, known, 1, 0.6)
    return f"Did you mean {near[0]}?" if near else f"Known: {', '.join(sorted(known))}."


def unknown_word(
    found: Iterable[str], known: Collection[str], kind: str = "word of a contract"
) -> str | None:
    """What to say of the first word that is none of the known ones of a kind, null where all are."""
    for word in found:
        if word not in known:
            return f"{word} is no {kind}. {nearest(str(word), known)}"
    return None
