"""Who married whom: first marriages, ends by death, divorce or court, second marriages, re-issues.

Sources of the shares: about 2 divorces per mille a year, 27 % of them by court, which never reach
the marriage register (DOMAIN_NOTES section 6). Ages are legal ones (22 and 20), so rule C05 is
silent but for planted cases.
"""

from collections import defaultdict
from datetime import date, timedelta
from random import Random

from .months import birthday
from .world import Marriage, Person, World

_COURT_SHARE = 0.27
_DIVORCED_EVER = 0.11
_REISSUED = 0.02
_REVOKED = 0.002


def marry(world: World, random: Random) -> None:
    """First marriages for most men; wives about two years younger."""
    day = world.settings.first_day - timedelta(days=1)
    brides: dict[int, list[Person]] = defaultdict(list)
    for person in world.people:
        if person.sex == 2:
            brides[person.born.year].append(person)
    for man in world.people:
        if man.sex == 2 or random.random() > _ever_married(man, day):
            continue
        for _ in range(6):
            group = brides.get(man.born.year + round(random.gauss(2, 2)))
            if not group:
                continue
            place = random.randrange(len(group))
            group[place], group[-1] = group[-1], group[place]
            woman = group[-1]
            wedding = _wedding_day(random, man, woman, day)
            if wedding:
                group.pop()
                unite(world, man, woman, wedding)
                break


def _ever_married(man: Person, day: date) -> float:
    age = man.age(min(day, man.died or day))
    return 0.0 if age < 22 else 0.2 if age < 26 else 0.6 if age < 31 else 0.86 if age < 40 else 0.95


def of_age(man: Person, woman: Person) -> date:
    return max(birthday(man.born, 22), birthday(woman.born, 20))


def _wedding_day(random: Random, man: Person, woman: Person, day: date) -> date | None:
    """Within a few years of coming of age; None if one of them would be dead, or it is still to come."""
    wedding = of_age(man, woman) + timedelta(days=int(random.triangular(0, 4000, 900)))
    latest = min([day, *(p.died - timedelta(days=30) for p in (man, woman) if p.died)])
    return wedding if wedding < latest else None


def unite(world: World, man: Person, woman: Person, wedding: date) -> Marriage:
    marriage = Marriage(man, woman, wedding, man.division)
    world.marriages.append(marriage)
    man.marriages += (marriage,)
    woman.marriages += (marriage,)
    deaths = [person.died for person in (man, woman) if person.died]
    if deaths:
        marriage.ended_on, marriage.ended_by = min(deaths), "death"
    return marriage


def end(marriage: Marriage, day: date, by: str) -> None:
    marriage.ended_on, marriage.ended_by = day, by


def separate(world: World, random: Random) -> None:
    """Divorces at the registry and in court, and a few revocations (撤销, 民法典 1052-1053)."""
    last = world.settings.first_day - timedelta(days=1)
    for marriage in world.marriages:
        draw = random.random()
        latest = min(last, marriage.ended_on or last)
        if draw < _REVOKED:
            day = marriage.registered_on + timedelta(days=random.randint(30, 360))
            if day < latest and marriage.registered_on.year >= 2005 and not marriage.husband.children:
                end(marriage, day, "revocation")
        elif draw < _DIVORCED_EVER:
            day = marriage.registered_on + timedelta(days=200 + int(random.expovariate(1 / 3300)))
            if day < latest and day.year >= 1985:
                end(marriage, day, "court_divorce" if random.random() < _COURT_SHARE else "divorce")


def marry_again(world: World, random: Random) -> None:
    """Second marriages among the divorced and widowed of similar age.

    Few of those divorced by court remarry here: each of them leaves an overlap in the register
    that nobody can explain without the court (rule C03, by itself). The death that freed a widow
    is on record, so that her second marriage does not look like an overlap.
    """
    last = world.settings.first_day - timedelta(days=1)
    free_men: list[Person] = []
    free_women: list[Person] = []
    for person in world.people:
        if not person.marriages or person.died:
            continue
        latest = person.marriages[-1]
        chance = {"divorce": 0.45, "death": 0.12, "court_divorce": 0.06, "revocation": 0.3}.get(
            latest.ended_by, 0.0
        )
        if random.random() < chance and person.age(last) < 75:
            (free_men if person.sex == 1 else free_women).append(person)
    # Both are in order of birth, so partners are of one age; whoever is left over stays single.
    for man, woman in zip(free_men, free_women, strict=False):
        if man.marriages[-1].other(man) is woman:
            continue
        ends = [p.marriages[-1].ended_on or last for p in (man, woman)]
        earliest = max(*ends, of_age(man, woman)) + timedelta(days=120)
        if earliest < last:
            for former in (man.marriages[-1].other(man), woman.marriages[-1].other(woman)):
                former.cremated_on = former.died
            unite(world, man, woman, earliest + timedelta(days=random.randrange((last - earliest).days)))


def reissue(world: World, random: Random) -> None:
    """补领: the couple lost the certificate; no new marriage."""
    last = world.settings.first_day - timedelta(days=1)
    for marriage in world.marriages:
        if random.random() < _REISSUED:
            latest = min(last, marriage.ended_on or last)
            earliest = max(marriage.registered_on + timedelta(days=200), date(2004, 1, 1))
            if earliest < latest:
                marriage.reissued_on = earliest + timedelta(days=random.randrange((latest - earliest).days))


def number_certificates(world: World) -> None:
    """Numbers in no particular order of time, as a register that was typed in later has them."""
    for number, marriage in enumerate(world.marriages):
        marriage.number = number
        marriage.division = marriage.division or marriage.husband.division
