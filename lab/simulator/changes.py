"""What happens while the deltas run: births, deaths, moves, weddings, divorces, admissions, mistakes.

Only people without aid and outside planted cases take part, so nothing here makes or breaks a rule.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import chain, islice
from random import Random

from . import circumstances, marriages, names
from .people import open_book
from .world import Person, World


def happen(world: World, random: Random) -> None:
    """Call after the planting and before benefits are granted."""
    if world.settings.days == 1:
        return
    events = _Events(world, random)
    per_day = world.settings.residents * world.settings.days / 365_000  # events at one per mille a year
    events.die(max(1, round(7.9 * per_day)))
    events.be_born(max(1, round(6.0 * per_day)))
    events.move_in(max(1, round(4.0 * per_day)))
    events.move_out(max(1, round(4.0 * per_day)))
    events.marry(max(2, round(4.8 * per_day)))
    events.divorce(max(1, round(1.5 * per_day)))
    events.admit(max(1, round(0.6 * per_day)))
    events.come_late()


class _Events:
    def __init__(self, world: World, random: Random) -> None:
        self.world = world
        self.random = random
        self.first_day = world.settings.first_day
        self._shuffled = random.sample(world.people, len(world.people))

    def _free(self) -> Iterator[Person]:
        """Residents nothing else depends on; a pass starts anywhere, so that picking stays cheap."""
        start = self.random.randrange(len(self._shuffled))
        for person in chain(islice(self._shuffled, start, None), islice(self._shuffled, start)):
            if not (
                person.busy
                or person.aid
                or person.entitlements
                or person.cards
                or person.stays
                or person.died
                or person.came_on
            ):
                yield person

    def _pick(self, fits: Callable[[Person], bool]) -> Person | None:
        """The next free resident that fits; None if nobody does."""
        for person in self._free():
            if fits(person):
                person.busy = True
                return person
        return None

    def _age(self, person: Person) -> int:
        return person.age(self.first_day)

    def _day(self) -> date:
        """Some day after the full delivery."""
        day = circumstances.late_day(self.world, self.random, self.first_day)
        assert day
        return day

    def die(self, count: int) -> None:
        for _ in range(count):
            if person := self._pick(lambda p: 60 <= self._age(p) <= 99):
                died = self._day() - timedelta(days=1)
                known = died + timedelta(days=self.random.randint(1, 30))
                self.world.bury(person, died, known, cremated=self.random.random() < 0.6)

    def be_born(self, count: int) -> None:
        while count and (mother := self._pick(lambda p: p.sex == 2 and 22 <= self._age(p) <= 38)):
            marriage = mother.open_marriage(self.first_day)
            if marriage is None or mother.household is None or self._settled(marriage.husband):
                continue
            if any((self.first_day - c.born).days < 330 for c in mother.children):
                continue
            father, count = marriage.husband, count - 1
            child = self._newcomer(self.random.choice((1, 2)), self._day() - timedelta(days=1))
            child.father, child.mother = father, mother
            child.surname, child.ethnicity = father.surname, father.ethnicity
            child.name = child.surname + names.given_name(self.random, child.sex, child.born.year)
            child.household, child.division, child.rural = mother.household, mother.division, mother.rural
            child.relation = "20" if child.sex == 1 else "30"
            child.number = self.world.office.person(child.division, child.born, child.sex)
            mother.household.members.append(child)
            mother.children += (child,)
            father.children += (child,)

    def _settled(self, person: Person) -> bool:
        return person.busy or bool(person.aid) or person.died is not None

    def move_in(self, count: int) -> None:
        city = self.world.settings.city
        for _ in range(count):
            born = self.first_day - timedelta(days=self.random.randint(23 * 366, 50 * 366))
            person = self._newcomer(self.random.choice((1, 2)), born)
            person.division = self.random.choice(city.divisions).code
            person.surname = names.surname(self.random)
            person.name = person.surname + names.given_name(self.random, person.sex, person.born.year)
            person.number = self.world.office.person(
                self.random.choice(city.elsewhere), person.born, person.sex
            )
            open_book(self.world, self.random, person)

    def _newcomer(self, sex: int, born: date) -> Person:
        person = Person(f"P{len(self.world.people) + 1:07d}", sex, born, came_on=self._day(), busy=True)
        if born >= self.first_day:
            person.came_on = born + timedelta(days=1)
        self.world.people.append(person)
        return person

    def move_out(self, count: int) -> None:
        for _ in range(count):
            person = self._pick(lambda p: 19 <= self._age(p) <= 55 and not p.marriages and p.relation != "02")
            if person:
                person.left_on = self._day()

    def marry(self, count: int) -> None:
        singles: dict[int, list[Person]] = {1: [], 2: []}
        while min(len(singles[1]), len(singles[2])) < count:
            person = self._pick(
                lambda p: 24 <= self._age(p) <= 36 and not p.marriages and len(singles[p.sex]) < count
            )
            if not person:
                break
            singles[person.sex].append(person)
        for man, woman in zip(singles[1], singles[2], strict=False):
            marriages.unite(self.world, man, woman, self._day() - timedelta(days=1))

    def divorce(self, count: int) -> None:
        for _ in range(count):
            person = self._pick(self._divorceable)
            marriage = person and person.open_marriage(self.first_day - timedelta(days=200))
            if marriage:
                marriages.end(marriage, self._day() - timedelta(days=1), "divorce")

    def _divorceable(self, person: Person) -> bool:
        marriage = person.open_marriage(self.first_day - timedelta(days=200))
        return (
            30 <= self._age(person) <= 60
            and marriage is not None
            and marriage.ended_on is None
            and not self._settled(marriage.other(person))
        )

    def admit(self, count: int) -> None:
        """New residents of institutions, and one entered by mistake and revoked."""
        for turn in range(count + 1):
            if person := self._pick(lambda p: 68 <= self._age(p) <= 79):
                day = self._day()
                stay = circumstances.admit(self.world, self.random, person, day - timedelta(days=1))
                stay.arrives_on = day
                if turn == count:
                    stay.arrives_on = None
                    stay.entered_on = self.first_day - timedelta(days=20)
                    stay.revoked_on = day

    def come_late(self) -> None:
        """Some registrations of the last months reach us only now."""
        for marriage in self.world.marriages:
            if (self.first_day - marriage.registered_on).days in range(1, 60) and self.random.random() < 0.15:
                marriage.wedding_comes_late = True
            if (
                marriage.ended_by == "divorce"
                and marriage.ended_on
                and self.random.random() < 0.15
                and (self.first_day - marriage.ended_on).days in range(1, 90)
            ):
                marriage.divorce_comes_late = True
