"""Applications that leave open who applied, off by default: what linkage leaves to people.

They come after everything else, so that the rest of the town is the same with and without them.
"""

from datetime import timedelta
from random import Random

from . import names, working_days
from .world import Person, TemporaryAid, World


def write_doubtfully(world: World, random: Random) -> None:
    """Temporary aid for `doubts` people, fewer in a small town.

    By turns under the number of somebody else of the division, as where the clerk had two cards at hand, and
    under a former name with a digit misread.
    """
    grown = _grown(world)
    for place, person in enumerate(random.sample(grown, min(world.settings.doubts, len(grown)))):
        others = [one for one in grown if one.division == person.division and one.surname != person.surname]
        if place % 2 or not others:
            as_typed = _former_name(random, person), _misread(random, person.number)
        else:
            as_typed = person.name, random.choice(others).number
        applied = world.settings.first_day - timedelta(days=random.randint(25, 300))
        paid = working_days.after(applied, 1)
        world.temporary_aid.append(TemporaryAid(person, "急难型", applied, paid, 800, "突发困难", as_typed))


def _grown(world: World) -> list[Person]:
    """Adults of three characters, in the register all the time and subject of no planted case."""
    first_day, as_of = world.settings.first_day, world.settings.as_of
    return [
        person
        for person in world.people
        if person.age(first_day) >= 20
        and len(person.name) == 3
        and person.died is None
        and not person.busy
        and person.household is not None
        and person.registered(first_day)
        and person.registered(as_of)
    ]


def _former_name(random: Random, person: Person) -> str:
    """Of the same surname and length, without a character of today's given name: with one it were a slip of the pen."""
    while True:
        given = names.given_name(random, person.sex, person.born.year)
        if len(person.surname + given) == len(person.name) and not set(given) & set(person.name):
            return person.surname + given


def _misread(random: Random, number: str) -> str:
    """A wrong digit of the sequence, which leaves the day of birth as it is."""
    place = random.randrange(14, 17)
    digit = (int(number[place]) + random.randrange(1, 10)) % 10
    return f"{number[:place]}{digit}{number[place + 1 :]}"
