"""The faults real feeds have (feeds/README.md, "Faults to expect"), one mention at a time.

Rates are shares of mentions at scale 1 and follow DOMAIN_NOTES section 6: about 2 % of numbers
are written badly and about 2 % of names differ. Every rate is multiplied by `scale`.
"""

from datetime import date
from random import Random

from . import names
from .identity_numbers import fifteen_digits

_NUMBER_RATES = {
    "wrong digit": 0.004,
    "swapped": 0.002,
    "fifteen": 0.003,
    "full width": 0.002,
    "blanks inside": 0.002,
    "blank after": 0.003,
    "apostrophe": 0.002,
    "missing": 0.003,
    "excel": 0.016,
}
_LOWER_X_RATE = 0.04  # of the numbers that end in X
_NAME_RATES = {"blank": 0.006, "traditional": 0.007, "homophone": 0.006}
_OTHER_DOT_RATE = 0.35  # of the names with a middle dot
_FULL_WIDTH = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")


def wrong_digit(random: Random, number: str) -> str:
    place = random.randrange(6, 17)
    digit = (int(number[place]) + random.randrange(1, 10)) % 10
    return f"{number[:place]}{digit}{number[place + 1 :]}"


def swapped(random: Random, number: str) -> str:
    """Two neighbours exchanged; a number without differing neighbours stays."""
    places = [i for i in range(6, 16) if number[i] != number[i + 1]]
    if not places:
        return number
    place = random.choice(places)
    return number[:place] + number[place + 1] + number[place] + number[place + 2 :]


class Clerk:
    """Writes people down, sometimes badly."""

    def __init__(self, random: Random, scale: float) -> None:
        self.random = random
        self.scale = scale

    def happens(self, rate: float) -> bool:
        return self.scale > 0 and self.random.random() < rate * self.scale

    def number(self, number: str, workbook: bool = False) -> str | float:
        """A citizen's number as somebody typed it.

        workbook: the cell may be a number, of which Excel keeps 15 digits (returned as float).
        """
        random = self.random
        if self.scale <= 0:
            return number
        draw = random.random() / self.scale
        for fault, rate in _NUMBER_RATES.items():
            draw -= rate
            if draw < 0:
                return self._spoil(fault, number, workbook)
        if number.endswith("X") and self.happens(_LOWER_X_RATE):
            return number[:17] + "x"
        return number

    def _spoil(self, fault: str, number: str, workbook: bool) -> str | float:
        match fault:
            case "wrong digit":
                return wrong_digit(self.random, number)
            case "swapped":
                return swapped(self.random, number)
            case "fifteen" if number[6:8] == "19":
                return fifteen_digits(number)
            case "full width":
                return number.translate(_FULL_WIDTH)
            case "blanks inside":
                return f"{number[:6]} {number[6:14]} {number[14:]}"
            case "blank after":
                return number + " "
            case "apostrophe":
                return "'" + number
            case "missing":
                return ""
            case "excel" if workbook and number.isdigit():
                return float(number[:15] + "000")
        return number

    def text_number(self, number: str) -> str:
        return str(self.number(number))

    def old_number(self, number: str, registered_on: date) -> str:
        """A number in a marriage archive: before 1999 mostly 15 digits or missing."""
        if registered_on.year < 1999:
            if self.happens(0.25):
                return ""
            if number[6:8] == "19" and self.happens(0.7):
                return fifteen_digits(number)
        return self.text_number(number)

    def name(self, name: str) -> str:
        random = self.random
        if self.scale <= 0:
            return name
        if names.MIDDLE_DOT in name and self.happens(_OTHER_DOT_RATE):
            return names.with_other_dot(random, name)
        draw = random.random() / self.scale
        if (draw := draw - _NAME_RATES["blank"]) < 0:
            return names.with_blank(name)
        if (draw := draw - _NAME_RATES["traditional"]) < 0:
            return names.in_traditional(random, name)
        if draw - _NAME_RATES["homophone"] < 0:
            return names.misheard(random, name)
        return name
