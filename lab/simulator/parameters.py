"""What a run can be told, and what a city looks like: divisions, streets and dated amounts.

The amounts are invented but of plausible size; they are delivered as
`reference/benefit_standard.csv`, so nobody has to know this module.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from .months import month_of


@dataclass(frozen=True, slots=True)
class Division:
    """A county-level division (GB/T 2260, six digits)."""

    code: str
    share: float  # of the residents
    rural_share: float  # of its households
    streets: int  # township-level units, three digits in the 12-digit code


@dataclass(frozen=True, slots=True)
class City:
    divisions: tuple[Division, ...]
    elsewhere: tuple[str, ...]  # divisions where immigrants were born
    plates: tuple[str, ...]  # first two characters of 号牌号码
    roads: tuple[str, ...]


HUZHOU = City(
    divisions=(
        Division("330502", 0.36, 0.20, 9),
        Division("330503", 0.22, 0.35, 7),
        Division("330521", 0.20, 0.40, 8),
        Division("330522", 0.22, 0.45, 10),
    ),
    elsewhere=("330382", "340321", "341522", "360424", "411328", "500112", "522401", "530622"),
    plates=("浙E", "浙E", "浙E", "浙E", "浙A", "浙F", "苏E", "皖P"),
    roads=(
        "苕溪路",
        "龙王山路",
        "莲花庄路",
        "红丰路",
        "凤凰路",
        "太湖路",
        "青铜路",
        "吉山路",
        "余不弄",
        "衣裳街",
        "织里巷",
        "轧村里",
        "菱湖巷",
        "雁荡弄",
        "画溪路",
        "雉城街",
        "金陵路",
        "清溪街",
        "千秋街",
        "永安弄",
    ),
)

#: Pays before and after the latest change: urban and rural dibao, tekun, subsidies (yuan a month).
_AMOUNTS = {
    "DB_URBAN": (836, 885),
    "DB_RURAL": (652, 704),
    "TK": (1087, 1151),
    "CJ": (85, 85),
    "HL": (125, 125),
    "GL80": (50, 50),
    "GL90": (100, 100),
    "GL100": (500, 500),
    "YL": (180, 180),
    "GE": (1390, 1390),
    "SW": (1390, 1390),
}

#: 车辆价值上限: a car above it disqualifies from dibao (D02).
CAR_VALUE_LIMIT_YUAN = 50_000


class SettingsError(ValueError):
    """The run cannot be done as asked; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One run. `defects` and `anomalies` multiply rates; 0 switches them off. `doubts`: lines of which nobody
    can tell by name and number whom they mean."""

    residents: int
    seed: int
    first_day: date
    days: int
    defects: float = 1.0
    anomalies: float = 1.0
    doubts: int = 0
    city: City = HUZHOU

    def __post_init__(self) -> None:
        if self.residents < 200:
            raise SettingsError(f"residents is {self.residents}; below 200 no plausible city can be built.")
        if self.days < 1:
            raise SettingsError(f"days is {self.days}; at least the day of the full deliveries is needed.")
        if self.defects < 0 or self.anomalies < 0:
            raise SettingsError("defects and anomalies are multipliers and cannot be negative.")
        if self.doubts < 0:
            raise SettingsError("doubts is a number of lines and cannot be negative.")

    @property
    def as_of(self) -> date:
        """Business date of the last delivered day: the day the truth speaks of."""
        return self.first_day + timedelta(days=self.days - 1)

    @property
    def last_paid_month(self) -> int:
        """The current month reaches the feed in deltas, so a run of one day ends a month earlier."""
        return month_of(self.first_day) - (1 if self.days == 1 else 0)

    @property
    def first_paid_month(self) -> int:
        return month_of(self.first_day) - 23

    @property
    def standards_changed_on(self) -> date:
        """1 July, the usual day of adjustment, at least nine months before the first delivery."""
        year = self.first_day.year if self.first_day.month >= 4 else self.first_day.year - 1
        return date(year - 1, 7, 1)

    @property
    def standards_known_from(self) -> date:
        return date(self.standards_changed_on.year - 2, 1, 1)


class Standards:
    """The dated amounts of the bureau, yuan a month."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.change_month = month_of(settings.standards_changed_on)

    def amount(self, code: str, month: int) -> int:
        before, after = _AMOUNTS[code]
        return after if month >= self.change_month else before

    def rows(self) -> list[list[str]]:
        """Rows of benefit_standard.csv: division, code, amount, half-open period."""
        changed = self._settings.standards_changed_on.isoformat()
        known = self._settings.standards_known_from.isoformat()
        rows = []
        for division in self._settings.city.divisions:
            rows += [
                [division.code, code, str(before), known, changed] for code, (before, _) in _AMOUNTS.items()
            ]
            rows += [[division.code, code, str(after), changed, ""] for code, (_, after) in _AMOUNTS.items()]
        return rows
