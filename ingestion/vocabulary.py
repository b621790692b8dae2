"""Words a contract may use: one that nobody reads would be a wish that nobody hears."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches


def unknown_word(found: Iterable[str], known: Collection[str]) -> str | None:
    """What to say of the first word that is none of the known ones, null where all are."""
    for word in found:
        if word not in known:
            near = get_close_matches(str(word), known, 1, 0.6)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(sorted(known))}."
            return f"{word} is no word of a contract. {hint}"
    return None
