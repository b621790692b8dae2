"""Invented identity numbers, valid or with a slip."""

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def check(body: str) -> str:
    """The number with its check character, so that the tests need no magic."""
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11]


def mistyped(number: str, place: int = 9) -> str:
    """One digit wrong."""
    return f"{number[:place]}{(int(number[place]) + 1) % 10}{number[place + 1 :]}"


def swapped(number: str, place: int = 12) -> str:
    """Two neighbours exchanged."""
    assert number[place] != number[place + 1]
    return number[:place] + number[place + 1] + number[place] + number[place + 2 :]
