"""Person mentions of an invented town, as staging would give them, with their truth. Straight into tables."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

import psycopg

from lab.simulator import names
from lab.simulator.defects import swapped, wrong_digit
from lab.simulator.identity_numbers import NumberOffice, check_character

DIVISIONS = ("420202", "420203", "420204", "420205", "420222", "420281")
FIRST_DAY = date(1935, 1, 1)
DAYS = 33_000
COLUMNS = (
    "feed", "delivery_id", "delivery_order", "line_number", "role", "id_number", "id_number_note",
    "surviving_digits", "unread_number", "name", "sex_code", "born_on", "case_no", "group_no", "phone",
    "account_no", "address", "person",
)  # fmt: skip
TABLES = """
create table staging.stg_deliveries (delivery_id text primary key);
create table intermediate.int_person_mentions (
    feed text, delivery_id text, delivery_order bigint, line_number integer, role text, id_number text,
    id_number_note text, surviving_digits text, unread_number text, name text, sex_code text, born_on date,
    case_no text, group_no text, phone text, account_no text, address text, person bigint
);
create index on intermediate.int_person_mentions (delivery_id);
create index on intermediate.int_person_mentions (group_no);
create table public.person (person bigint primary key, id_number text);
"""
NAMESAKES = 0.3  # share of people
# Shares of mentions: about 4 in 100 without a valid number, 1 in 100 names written as they sound.
MISSING, SLIP, SWAP, SPREADSHEET, SOUND = 0.012, 0.01, 0.005, 0.008, 0.01


@dataclass(frozen=True)
class Person:
    person: int
    name: str
    number: str
    sex: int
    born: date
    household: int
    spouse: "Person | None" = field(default=None, repr=False)


class Town:
    """Households of one to five, of whom two are married; the same seed gives the same town."""

    def __init__(self, residents: int, seed: int) -> None:
        self.random = Random(seed)
        self.office = NumberOffice(self.random)
        self.people: list[Person] = []
        household = 0
        while len(self.people) < residents:
            household += 1
            family_name = names.surname(self.random)
            man = self._person(1, family_name, household)
            self.people.append(man)
            if self.random.random() < 0.75:
                self.people.append(self._person(2, names.surname(self.random), household, man))
            for _ in range(self.random.choice((0, 0, 1, 1, 2))):
                self.people.append(self._person(self.random.choice((1, 2)), family_name, household))

    def _person(self, sex: int, family_name: str, household: int, spouse: Person | None = None) -> Person:
        born = FIRST_DAY + timedelta(days=self.random.randrange(DAYS))
        name = family_name + names.given_name(self.random, sex, born.year)
        if self.people and self.random.random() < NAMESAKES:
            # Whoever is named like somebody before makes common names commoner, as in life.
            name = self.random.choice(self.people).name
        number = self.office.person(self.random.choice(DIVISIONS), born, sex)
        return Person(len(self.people) + 1, name, number, sex, born, household, spouse)

    def mentions(self) -> Iterator[tuple[object, ...]]:
        """The first deliveries: register, marriages, insurance, payments; about three lines a resident."""
        for line, one in enumerate(self.people, 1):
            household = f"register:{one.household}"
            yield self._line(
                "population", 1, line, "person", one, one.born, f"register:{one.number}", household,
                address=f"{one.household % 9000}路{one.household}号", care=0.2,
            )  # fmt: skip
        for line, wife in enumerate((one for one in self.people if one.spouse), 1):
            assert wife.spouse
            case = f"marriage:{line}"
            yield self._line("marriage_event", 1, line, "husband", wife.spouse, wife.spouse.born, case, case)
            yield self._line("marriage_event", 1, line, "wife", wife, wife.born, case, case)
        for line, one in enumerate((one for one in self.people if self.random.random() < 0.6), 1):
            yield self._line("social_insurance", 1, line, "person", one, None, f"insurance:{line}", None)
        lines = 0
        for one in self.people:
            if self.random.random() < 0.2:
                for _ in range(4):
                    lines += 1
                    yield self._line(
                        "payment", 1, lines, "payee", one, None, f"aid:{one.person}", f"aid:{one.person}",
                        account=f"6228{one.person:012d}",
                    )  # fmt: skip

    def news(self, count: int) -> Iterator[tuple[object, ...]]:
        """The next day: mostly insurance lines of people known, some newcomers to the register."""
        for line in range(1, count + 1):
            one = self.random.choice(self.people)
            if self.random.random() < 0.1:
                one = self._person(one.sex, names.surname(self.random), one.household)
                self.people.append(one)
                yield self._line(
                    "population", 2, line, "person", one, one.born, f"register:{one.number}",
                    f"register:{one.household}",
                )  # fmt: skip
            else:
                yield self._line(
                    "social_insurance", 2, line, "person", one, None, f"insurance:new:{line}", None
                )

    def _line(
        self, feed: str, day: int, line: int, role: str, one: Person, born: date | None, case: str,
        group: str | None, account: str | None = None, address: str | None = None, care: float = 1.0,
    ) -> tuple[object, ...]:  # fmt: skip
        number, unread, note, digits = self._written(one.number, care)
        name = names.misheard(self.random, one.name) if self.random.random() < SOUND * care else one.name
        return (
            feed, f"{feed}_{day}", day, line, role, number, note, digits, unread, name,
            str(one.sex) if born else None, born, case, group, None, account, address, one.person,
        )  # fmt: skip

    def _written(self, number: str, care: float) -> tuple[str | None, str | None, str, str | None]:
        """Valid number, or what is left of it: unread number, note, surviving digits."""
        draw = self.random.random() / care
        for rate, spoil in ((SLIP, wrong_digit), (SWAP, swapped)):
            draw -= rate
            if draw < 0:
                written = spoil(self.random, number)
                if check_character(written[:17]) == written[17]:
                    return written, None, "", None
                return None, written, "wrong_check", None
        draw -= SPREADSHEET
        if draw < 0:
            return None, f"{number[0]}.{number[1:15]}E+17", "lost_digits", number[:15]
        return (None, None, "missing", None) if draw < MISSING else (number, None, "", None)


def load(connection: psycopg.Connection, town: Town, lines: Iterator[tuple[object, ...]]) -> int:
    """Append mentions and the people behind them. Returns how many mentions."""
    count = 0
    with connection.cursor().copy(
        f"copy intermediate.int_person_mentions ({', '.join(COLUMNS)}) from stdin"
    ) as copy:
        for line in lines:
            copy.write_row(line)
            count += 1
    connection.execute("truncate public.person")
    with connection.cursor().copy("copy public.person from stdin") as copy:
        for one in town.people:
            copy.write_row((one.person, one.number))
    connection.execute(
        "insert into staging.stg_deliveries select distinct delivery_id from intermediate.int_person_mentions"
        " on conflict do nothing"
    )
    connection.commit()
    with psycopg.connect(connection.info.dsn, password=connection.info.password, autocommit=True) as other:
        other.execute("vacuum analyze intermediate.int_person_mentions")
    return count
