"""Numbers the state gives: GB 11643 (people, 公民身份号码) and GB 32100 (organisations)."""

from datetime import date
from random import Random

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # without I O S V Z
_USCC_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))


def check_character(first17: str) -> str:
    """ISO 7064 MOD 11-2, the 18th character of a citizen's number."""
    return _ID_CHECKS[
        sum(int(digit) * weight for digit, weight in zip(first17, _ID_WEIGHTS, strict=True)) % 11
    ]


def fifteen_digits(number: str) -> str:
    """The form before 1999: no century and no check character. Only true of births in 19xx."""
    return number[:6] + number[8:17]


def organisation_check(first17: str) -> str:
    """The 18th character of a unified social credit code (统一社会信用代码)."""
    total = sum(_USCC_ALPHABET.index(c) * weight for c, weight in zip(first17, _USCC_WEIGHTS, strict=True))
    return _USCC_ALPHABET[(31 - total) % 31]


class NumberOffice:
    """Issues numbers and never the same one twice."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._issued: set[str] = set()

    def person(self, division: str, born: date, sex: int) -> str:
        """division: six digits at birth. sex: 1 male, 2 female (17th digit odd for men)."""
        while True:
            sequence = self._random.randrange(498) * 2 + (1 if sex == 1 else 0)
            first17 = f"{division}{born:%Y%m%d}{sequence:03d}"
            number = first17 + check_character(first17)
            if number not in self._issued:
                self._issued.add(number)
                return number

    def company(self, division: str) -> str:
        while True:
            body = "".join(self._random.choice(_USCC_ALPHABET) for _ in range(9))
            first17 = f"91{division}{body}"
            code = first17 + organisation_check(first17)
            if code not in self._issued:
                self._issued.add(code)
                return code
