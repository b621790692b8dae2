"""The residents: age structure, sexes, deaths of ten years, parents, names, numbers, households.

Ages follow a city that grows old (census of 2020, moved on by five years). Marriages are made in
`marriages`, because children need married parents.
"""

from collections import defaultdict
from datetime import date, timedelta
from random import Random

from . import names
from .world import Person, RegisteredHousehold, World

#: Residents per five-year band from 0 to 104, in per mille or so.
_AGE_BANDS = (36, 46, 50, 48, 48, 56, 74, 78, 72, 74, 86, 82, 62, 60, 50, 40, 34, 18, 7, 1.6, 0.4)
_BAND_STARTS = tuple(range(0, 105, 5))
#: Ages at death, five-year bands from 25.
_DEATH_BANDS = (1, 1, 2, 3, 4, 6, 8, 10, 12, 14, 15, 13, 8, 3, 0.6)
_SHARE_DEAD = 0.075  # of all people in the world: about 7.5 per mille a year for ten years
_MINORITIES = ("02", "03", "04", "05", "06", "08", "11", "12", "15")
_DOTTED = {"04", "05"}  # peoples whose names are written with a middle dot: Tibetan, Uygur (GB/T 3304)


def add_residents(world: World, random: Random) -> None:
    """Living and dead people with birth, sex and death, oldest first; no names yet."""
    settings = world.settings
    dead = round(settings.residents * _SHARE_DEAD)
    drafts: list[tuple[date, int, date | None, date | None]] = []
    for band in random.choices(_BAND_STARTS, _AGE_BANDS, k=settings.residents - dead):
        born = settings.first_day - timedelta(days=1 + round(365.2425 * (band + 5 * random.random())))
        sex = 1 if random.random() < (0.511 if band < 65 else 0.46 if band < 80 else 0.41) else 2
        drafts.append((born, sex, None, None))
    for band in random.choices(range(25, 100, 5), _DEATH_BANDS, k=dead):
        died = settings.first_day - timedelta(days=1 + int(3650 * random.random()))
        born = died - timedelta(days=round(365.2425 * (band + 5 * random.random())))
        drafts.append((born, 1 if random.random() < 0.54 else 2, died, died + _police_delay(random)))
    drafts.sort(key=lambda draft: draft[:2])
    world.people = [
        Person(uid=f"P{index:07d}", sex=sex, born=born, died=died, police_know_on=known)
        for index, (born, sex, died, known) in enumerate(drafts, 1)
    ]


def _police_delay(random: Random) -> timedelta:
    """The police learn of deaths late: weeks as a rule, a year at worst."""
    return timedelta(days=3 + min(380, int(random.expovariate(1 / 30))))


def assign_parents(world: World, random: Random) -> None:
    """Give people parents who were married to each other when they were born.

    A few children stay without: they live with grandparents and may become orphans in `aid`.
    """
    mothers: dict[int, list[Person]] = defaultdict(list)
    for person in world.people:
        if person.sex == 2 and person.marriages:
            mothers[person.born.year].append(person)
    for person in world.people:
        minor = person.age(world.settings.first_day) < 20
        if minor and random.random() < 0.015:
            continue
        for _ in range(40 if minor else 4):
            candidates = mothers.get(person.born.year - min(40, max(21, round(random.gauss(27, 4)))))
            if not candidates:
                continue
            mother = random.choice(candidates)
            largest = 4 if person.born.year < 1980 else 2
            if len(mother.children) >= largest or not mother.alive(person.born):
                continue
            marriage = next((m for m in mother.marriages if m.stands(person.born)), None)
            if marriage and not _too_close(mother, person) and not _in_law(mother, person):
                father = marriage.husband
                person.mother, person.father = mother, father
                mother.children += (person,)
                father.children += (person,)
                break


def _too_close(mother: Person, child: Person) -> bool:
    """Siblings are born at least ten months apart."""
    return any(abs((other.born - child.born).days) < 300 for other in mother.children)


def _in_law(mother: Person, child: Person) -> bool:
    """Nobody marries a sibling."""
    return any(marriage.other(child).mother is mother for marriage in child.marriages)


def name_and_number(world: World, random: Random) -> None:
    """Names, peoples, divisions and numbers, parents before children."""
    office = world.office
    divisions = world.settings.city.divisions
    codes, shares = [d.code for d in divisions], [d.share for d in divisions]
    rural_share = {d.code: d.rural_share for d in divisions}
    for person in world.people:  # oldest first
        father = person.father
        if father:
            person.surname, person.ethnicity = father.surname, father.ethnicity
            person.division, person.rural = father.division, father.rural
            birthplace = person.division
        else:
            person.surname = names.surname(random)
            if random.random() < 0.06:
                person.ethnicity = random.choice(_MINORITIES)
            person.division = random.choices(codes, shares)[0]
            person.rural = random.random() < rural_share[person.division]
            birthplace = (
                person.division if random.random() < 0.8 else random.choice(world.settings.city.elsewhere)
            )
        if person.ethnicity in _DOTTED:
            person.name = names.minority_name(random, person.sex)
        else:
            person.name = person.surname + names.given_name(random, person.sex, person.born.year)
        person.number = office.person(birthplace, person.born, person.sex)


def form_households(world: World, random: Random) -> None:
    """Household books: couples with their children, single adults, grandparents taken in."""
    day = world.settings.first_day - timedelta(days=1)
    builder = _Books(world, random)
    registered = [person for person in world.people if person.registered(day)]
    for person in registered:
        marriage = person.open_marriage(day)
        if person.household or marriage is None or person is not marriage.husband:
            continue
        open_book(world, random, person)
        if marriage.wife.registered(day) and not marriage.wife.household:
            builder.join(marriage.wife, person, "10")
    for person in registered:
        if not person.household:
            builder.place(person, day)
    for person in world.people:  # the dead of earlier years: the book they stood in
        if not person.household:
            builder.remember(person)


def open_book(world: World, random: Random, head: Person) -> None:
    """A new household book (户口簿) with an address in the division of its head."""
    streets = next(d.streets for d in world.settings.city.divisions if d.code == head.division)
    number = f"{head.division}{len(world.households) + 1:07d}"
    village = f"{head.division}{random.randint(1, streets):03d}{random.randint(1, 14):03d}"
    head.household = RegisteredHousehold(number, new_address(world, random), village, head.rural, [head])
    head.relation = "02"
    world.households.append(head.household)


def new_address(world: World, random: Random) -> str:
    road = random.choice(world.settings.city.roads)
    return f"{road}{random.randint(1, 320)}号{random.randint(1, 22)}幢{random.randint(101, 1808)}室"


class _Books:
    """Writes people into household books."""

    def __init__(self, world: World, random: Random) -> None:
        self.world = world
        self.random = random

    def join(self, person: Person, host: Person, relation: str) -> None:
        assert host.household
        person.household, person.relation = host.household, relation
        person.division, person.rural = host.division, host.rural
        host.household.members.append(person)

    def place(self, person: Person, day: date) -> None:
        """A home for somebody without spouse: with parents, with a child, alone."""
        random, age = self.random, person.age(day)
        parent = next(
            (p for p in (person.father, person.mother) if p and p.registered(day) and p.household), None
        )
        at_home = 1.0 if age < 18 else 0.95 if age < 25 else 0.7 if age < 30 else 0.3
        if parent and parent.relation in ("02", "10") and not person.marriages and random.random() < at_home:
            self.join(person, parent, "20" if person.sex == 1 else "30")
            return
        if age >= 65 and random.random() < 0.3:
            child = next(
                (c for c in person.children if c.household and c.relation == "02" and c.registered(day)), None
            )
            if child:
                self.join(person, child, "51" if person.sex == 1 else "52")
                return
        if age < 18:
            host = self._elder(person, day)
            self.join(person, host, "40")
            return
        open_book(self.world, self.random, person)

    def _elder(self, child: Person, day: date) -> Person:
        """Whoever brings up a child without parents: the head of some older household."""
        while True:
            head = self.random.choice(self.world.households).members[0]
            if head.relation == "02" and head.age(day) >= 45 and head.registered(day):
                return head

    def remember(self, person: Person) -> None:
        kin = [m.other(person) for m in person.marriages[::-1]] + list(person.children)
        host = next((k for k in kin if k.household and k.division == person.division), None)
        if host:
            person.household = host.household
        else:
            number = f"{person.division}{9_000_000 + int(person.uid[1:]):07d}"
            person.household = RegisteredHousehold(number, "", "", person.rural)


def settle_heads(world: World) -> None:
    """After the planted deaths: every book has one head, the spouse first, else the oldest."""
    day = world.settings.first_day
    for household in world.households:
        present = [person for person in household.members if person.registered(day)]
        if present and not any(person.relation == "02" for person in present):
            head = next((p for p in present if p.relation == "10"), min(present, key=lambda p: p.born))
            head.relation = "02"
