"""The invented city: who lives there and what is true of them.

Everything here is the truth. What the feeds say about it is the business of `feeds`, what the
rules should find in it the business of `truth`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from .identity_numbers import NumberOffice
from .months import age_on, birthday, month_of
from .parameters import Settings, Standards


@dataclass(slots=True, eq=False)
class Person:
    """A natural person. Tuples grow by concatenation: most people never have any."""

    uid: str
    sex: int  # GB/T 2261.1: 1 male, 2 female
    born: date
    died: date | None = None
    name: str = ""
    surname: str = ""
    ethnicity: str = "01"  # GB/T 3304
    number: str = ""
    division: str = ""
    rural: bool = False
    father: "Person | None" = None
    mother: "Person | None" = None
    children: "tuple[Person, ...]" = ()
    marriages: "tuple[Marriage, ...]" = ()
    household: "RegisteredHousehold | None" = None
    relation: str = "02"  # GB/T 4761
    aid: "tuple[AidHousehold, ...]" = ()
    entitlements: "tuple[Entitlement, ...]" = ()
    cards: "tuple[DisabilityCard, ...]" = ()
    stays: "tuple[Stay, ...]" = ()
    insurance: "Insurance | None" = None
    cremated_on: date | None = None
    police_know_on: date | None = None  # of the death
    came_on: date | None = None  # 出生 or 迁入 within the delivered days
    left_on: date | None = None  # 迁出 within the delivered days
    busy: bool = False  # subject of a planted case: keep others away

    def age(self, day: date) -> int:
        return age_on(self.born, day)

    def alive(self, day: date) -> bool:
        return self.died is None or self.died > day

    def registered(self, day: date) -> bool:
        """In the police register at the end of the day; the dead stay until the police know."""
        if self.came_on and self.came_on > day:
            return False
        if self.left_on and self.left_on <= day:
            return False
        return self.died is None or self.police_know_on is None or self.police_know_on > day

    def open_marriage(self, day: date) -> "Marriage | None":
        """The marriage that stands on the day, court divorces known."""
        for marriage in self.marriages:
            if marriage.stands(day):
                return marriage
        return None

    def draws(self, *codes: str) -> bool:
        return any(entitlement.code in codes for entitlement in self.entitlements)


@dataclass(slots=True, eq=False)
class Marriage:
    husband: Person
    wife: Person
    registered_on: date
    division: str
    ended_on: date | None = None
    ended_by: str = ""  # death, divorce, court_divorce (never in the feed), revocation
    number: int = 0  # of the certificate and the marriage registration
    reissued_on: date | None = None
    wedding_comes_late: bool = False  # the record misses the full delivery
    divorce_comes_late: bool = False

    def stands(self, day: date) -> bool:
        return self.registered_on <= day and (self.ended_on is None or self.ended_on > day)

    def other(self, person: Person) -> Person:
        return self.wife if person is self.husband else self.husband

    def register_end(self) -> date | None:
        """The end as the marriage register and the deaths know it: court divorces are unknown."""
        if self.ended_by != "court_divorce":
            return self.ended_on
        deaths = [person.died for person in (self.husband, self.wife) if person.died]
        return min(deaths, default=None)


@dataclass(slots=True, eq=False)
class RegisteredHousehold:
    """户口簿家庭."""

    number: str
    address: str
    village: str  # 12-digit division
    rural: bool
    members: list[Person] = field(default_factory=list)

    @property
    def division(self) -> str:
        return self.village[:6]


@dataclass(slots=True)
class Member:
    person: Person
    relation: str  # 与申请人关系
    income: int  # 申报月收入, yuan
    phone: str
    number_as_typed: str | None = None  # a planted faulty number
    covered: bool = True  # 是否保障对象


#: What really happened to the pay of one month: (month it was paid in, yuan, 发放状态).
Turns = tuple[tuple[int, int, str], ...]


@dataclass(slots=True, eq=False)
class Benefit:
    """Anything that is paid month by month."""

    code: str
    person: Person  # applicant or recipient: the payee
    division: str
    account: str
    first_month: int
    last_month: int | None = None  # None: still paid
    turns: dict[int, Turns] = field(default_factory=dict)  # months that did not go the ordinary way
    number: str = ""
    planted: bool = False
    number_as_typed: str | None = None  # a planted faulty number of the payee

    def monthly(self, month: int, standards: Standards) -> int:
        raise NotImplementedError

    def schedule(self, settings: Settings, standards: Standards) -> Iterator[tuple[int, int, int, str]]:
        """Every line of pay: 所属月份, 发放月份, yuan, 发放状态."""
        first = max(self.first_month, settings.first_paid_month)
        last = (
            settings.last_paid_month
            if self.last_month is None
            else min(self.last_month, settings.last_paid_month)
        )
        for month in range(first, last + 1):
            turns = self.turns.get(month)
            if turns is None:
                yield month, month, self.monthly(month, standards), "成功"
            else:
                yield from ((month, *turn) for turn in turns if turn[0] <= settings.last_paid_month)


@dataclass(slots=True, eq=False)
class Entitlement(Benefit):
    """个人待遇: CJ HL GL YL GE SW."""

    starts_on: date = date.min
    ends_on: date | None = None
    revoked_on: date | None = None  # entered by mistake, 作废 that day
    arrives_on: date | None = None  # first delivered in a delta
    end_arrives_on: date | None = None  # the end was not yet known to the full delivery

    def monthly(self, month: int, standards: Standards) -> int:
        if self.code != "GL":
            return standards.amount(self.code, month)
        age = next((age for age in (100, 90) if month >= month_of(birthday(self.person.born, age))), 80)
        return standards.amount(f"GL{age}", month)


@dataclass(slots=True, eq=False)
class AidHousehold(Benefit):
    """救助家庭: DB 低保, TK 特困, BY 低保边缘, GX 刚性支出困难."""

    rural: bool = False
    applied_on: date = date.min
    approved_on: date = date.min
    stopped_on: date | None = None
    marital: str = ""  # 申请人婚姻状况, as declared
    members: list[Member] = field(default_factory=list)
    authorised_until: date = date.max

    @property
    def standard(self) -> str:
        return "TK" if self.code == "TK" else "DB_RURAL" if self.rural else "DB_URBAN"

    def monthly(self, month: int, standards: Standards) -> int:
        """Dibao tops up to the standard; tekun pays it in full; the margin classes get no monthly pay."""
        if self.code in ("BY", "GX"):
            return 0
        full = standards.amount(self.standard, month) * len(self.members)
        return full if self.code == "TK" else full - sum(member.income for member in self.members)

    def active(self, day: date) -> bool:
        return self.approved_on <= day and (self.stopped_on is None or self.stopped_on > day)


@dataclass(slots=True, eq=False)
class DisabilityCard:
    person: Person
    category: int  # 残疾类别 1-7
    level: int  # 残疾等级, 1 worst
    issued_on: date
    valid_until: date
    cancelled: bool = False

    def valid(self, day: date) -> bool:
        return not self.cancelled and self.issued_on <= day <= self.valid_until


@dataclass(slots=True, eq=False)
class Stay:
    person: Person
    institution: str
    bed: str
    entered_on: date
    left_on: date | None
    level: int  # 能力等级, GB/T 42195
    funding: str
    number: str = ""
    arrives_on: date | None = None  # first delivered in a delta
    revoked_on: date | None = None


@dataclass(slots=True)
class Insurance:
    """One line of 社保: either in work (base) or retired (pension), yuan a month."""

    kind: str
    base: int = 0
    pension: int = 0
    employer: str = ""
    public: bool = False  # 财政供养

    @property
    def income(self) -> int:
        return self.base + self.pension


@dataclass(slots=True, eq=False)
class Cremation:
    person: Person
    cremated_on: date
    home: str
    agent: Person | None
    agent_relation: str
    waiver: int
    arrives_on: date | None = None
    revoked_on: date | None = None
    number: str = ""


@dataclass(slots=True, eq=False)
class Vehicle:
    owner: Person
    kind: str
    value: float  # ten thousand yuan
    first_registered: date
    state: str = "正常"


@dataclass(slots=True, eq=False)
class Property:
    """One unit of real estate and those who own it together."""

    owners: tuple[Person, ...]
    use: str
    area: float
    registered_on: date
    address: str
    state: str = "有效"


@dataclass(slots=True, eq=False)
class Company:
    representative: Person
    shareholders: tuple[tuple[Person, float], ...]
    name: str
    capital: int
    founded_on: date
    state: str = "存续"


@dataclass(slots=True)
class TemporaryAid:
    person: Person
    kind: str
    applied_on: date
    paid_on: date
    amount: int
    reason: str
    as_typed: tuple[str, str] | None = None  # name and number that leave open who applied


@dataclass(slots=True, frozen=True)
class Planted:
    """A case put there on purpose; `truth` decides whether it came out as meant."""

    rule: str
    label: str
    person: Person
    household: Benefit | None
    note: str = ""


@dataclass(slots=True)
class World:
    settings: Settings
    standards: Standards
    office: NumberOffice
    people: list[Person] = field(default_factory=list)
    households: list[RegisteredHousehold] = field(default_factory=list)
    marriages: list[Marriage] = field(default_factory=list)
    aid: list[AidHousehold] = field(default_factory=list)
    entitlements: list[Entitlement] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    cremations: list[Cremation] = field(default_factory=list)
    vehicles: list[Vehicle] = field(default_factory=list)
    properties: list[Property] = field(default_factory=list)
    companies: list[Company] = field(default_factory=list)
    temporary_aid: list[TemporaryAid] = field(default_factory=list)
    planted: list[Planted] = field(default_factory=list)
    #: Benefits somebody is owed but shall not get: the planted cases of F01-F03.
    withheld: set[tuple[Person, str]] = field(default_factory=set)
    #: Dead whose cremation is delivered again on purpose (near miss of A03).
    resent: set[Person] = field(default_factory=set)
    #: Dead of whom the crematory wrote another day of death (A05).
    misdated: dict[Person, date] = field(default_factory=dict)
    #: Paid, but in no register and under a number that is none (E07).
    strangers: list[Person] = field(default_factory=list)

    def plant(
        self, rule: str, label: str, person: Person, household: Benefit | None = None, note: str = ""
    ) -> None:
        self.planted.append(Planted(rule, label, person, household, note))

    def bury(self, person: Person, died: date, police_know_on: date | None, cremated: bool) -> None:
        """Let somebody die; ends the marriage."""
        person.died, person.police_know_on = died, police_know_on
        marriage = person.open_marriage(died)
        if marriage:
            marriage.ended_on, marriage.ended_by = died, "death"
        if cremated:
            person.cremated_on = died
