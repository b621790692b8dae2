"""What is compared, and what a comparison gives."""

from dataclasses import dataclass, field

from linkage.compare import near_forms, surname


@dataclass(frozen=True)
class Record:
    """What is compared: a mention, or one of the names of a resident. Dates as YYYYMMDD.

    tf_name: the share of residents who bear the name; the larger of both sides counts.
    keys: a pair is compared where it shares one (here: the residents a mention could be).
    """

    unique_id: str
    name: str
    sound: str
    number: str | None
    first_15: str | None
    born_on: str | None
    sex: str | None
    ties: list[str] = field(default_factory=list)
    tf_name: float | None = None
    keys: list[str] = field(default_factory=list)

    def row(self) -> dict[str, object]:
        """Columns of the model (``model.json``)."""
        return {
            "unique_id": self.unique_id,
            "name": self.name,
            "pinyin": self.sound,
            "surname": surname(self.name),
            "near_forms": near_forms(self.name),
            "number": self.number,
            "first_15": self.first_15,
            "born_on": self.born_on,
            "sex": self.sex,
            "ties": self.ties,
            "tf_name": self.tf_name,
            "keys": self.keys,
        }


@dataclass(frozen=True)
class Candidates:
    """Both sides of the comparison; residents is the number of all of them, candidates or not."""

    mentions: list[Record]
    profiles: list[Record]
    resident_of_profile: dict[str, int]
    residents: int


@dataclass(frozen=True)
class Pair:
    """A mention and a resident it could be. weight: points for and against, prior included."""

    mention_id: str
    resident_id: int
    weight: float
    reasons: tuple[str, ...]

    @property
    def score(self) -> float:
        """Probability from 0 to 1, with the five decimals that are kept."""
        return min(round(1 / (1 + 2 ** -max(self.weight, -100.0)), 5), 0.99999)
