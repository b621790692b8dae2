"""Calendar months as whole numbers, so that benefit months can be counted and compared."""

from calendar import monthrange
from datetime import date


def month_of(day: date) -> int:
    """Months since year 0; consecutive months differ by one."""
    return day.year * 12 + day.month - 1


def month_start(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def month_end(month: int) -> date:
    year, number = month // 12, month % 12 + 1
    return date(year, number, monthrange(year, number)[1])


def month_text(month: int) -> str:
    """YYYYMM, as the payment feed writes 发放月份 and 所属月份."""
    return f"{month // 12}{month % 12 + 1:02d}"


def birthday(born: date, age: int) -> date:
    """The day somebody reaches an age; 29 February moves to 1 March in common years."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


def age_on(born: date, day: date) -> int:
    """Full years (周岁)."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def runs(months: list[int]) -> list[tuple[int, int]]:
    """Unbroken stretches of a sorted list of months, both ends included.

    >>> runs([1, 2, 3, 7])
    [(1, 3), (7, 7)]
    """
    stretches: list[tuple[int, int]] = []
    for month in months:
        if stretches and stretches[-1][1] == month - 1:
            stretches[-1] = (stretches[-1][0], month)
        else:
            stretches.append((month, month))
    return stretches
