"""Social assistance: aid households (救助家庭) and personal entitlements (个人待遇).

Legal basis: 民发〔2021〕57号 (dibao), 民发〔2021〕43号 (tekun), 国发〔2015〕52号 (disability
subsidies). Entitlements are granted so that no exclusion of the catalogue is broken; whatever
breaks one was planted before and is left alone here.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from . import circumstances
from .months import birthday, month_of, month_start
from .world import AidHousehold, Entitlement, Insurance, Member, Person, RegisteredHousehold, World

_POLICY_START = {
    "GL": date(2020, 1, 1),
    "HL": date(2022, 1, 1),
    "CJ": date(2022, 1, 1),
    "YL": date(2021, 7, 1),
}


@dataclass(frozen=True, slots=True)
class Family:
    """Who would apply together: head, spouse, unmarried children under 24."""

    household: RegisteredHousehold
    head: Person
    spouse: Person | None
    children: tuple[Person, ...]

    @property
    def people(self) -> list[Person]:
        return [self.head, *([self.spouse] if self.spouse else []), *self.children]


def family_of(world: World, household: RegisteredHousehold) -> Family | None:
    """The family of a household book, or None if somebody in it is unfit to be drawn into aid."""
    day = world.settings.as_of
    head = next((p for p in household.members if p.relation == "02"), None)
    if head is None:
        return None
    marriage = head.open_marriage(day)
    spouse = marriage.other(head) if marriage else None
    children = tuple(
        p for p in household.members if p.relation in ("20", "30") and p.age(day) < 24 and not p.marriages
    )
    family = Family(household, head, spouse, children)
    for person in family.people:
        if person.busy or person.aid or person.died or person.household is not household:
            return None
    return None if _conflict_in_register(family, day) else family


def _conflict_in_register(family: Family, day: date) -> bool:
    """A court divorce left a living spouse in the register (C01 by itself), or two marriages do."""
    for person in family.people:
        for marriage in person.marriages:
            ended = marriage.register_end()
            if (ended is None or ended > day) and marriage.other(person) not in family.people:
                return True
    return False


def approval_day(world: World, random: Random, people: list[Person], latest: date) -> date | None:
    """A day of approval since which the family has not changed; None if there is none in time."""
    earliest = date(2018, 1, 15)
    for person in people:
        earliest = max(earliest, person.born + timedelta(days=30))
        for marriage in person.marriages:
            earliest = max(earliest, marriage.registered_on + timedelta(days=30))
            if marriage.ended_on:
                after_court = 400 if marriage.ended_by == "court_divorce" else 30
                earliest = max(earliest, marriage.ended_on + timedelta(days=after_court))
    days = (latest - earliest).days
    return earliest + timedelta(days=random.randint(0, days)) if days >= 0 else None


def found(
    world: World, random: Random, code: str, people: list[Person], approved_on: date, division: str = ""
) -> AidHousehold:
    """Approve an aid household; its first member is the applicant. Gives them small incomes."""
    applicant = people[0]
    applied = approved_on - timedelta(days=random.randint(14, 28))
    household = AidHousehold(
        code=code,
        person=applicant,
        division=division or applicant.division,
        account=new_account(random),
        first_month=month_of(approved_on) + 1,
        rural=applicant.rural,
        applied_on=applied,
        approved_on=approved_on,
        marital=marital_status(applicant, applied),
        authorised_until=date(world.settings.as_of.year + 1, 12, 31),
    )
    for person in people:
        if person.insurance is None and person.died is None:
            person.insurance = _small_income(world, random, person, code)
        income = person.insurance.income if person.insurance else 0
        household.members.append(Member(person, _relation(applicant, person), income, new_phone(random)))
        person.aid += (household,)
    world.aid.append(household)
    return household


def stop(household: AidHousehold, day: date) -> None:
    """The month of stopping is still paid."""
    household.stopped_on, household.last_month = day, month_of(day)


def _relation(applicant: Person, person: Person) -> str:
    if person is applicant:
        return "本人"
    if any(m.other(applicant) is person for m in applicant.marriages):
        return "配偶"
    return "子女" if applicant in (person.father, person.mother) or person.born > applicant.born else "其他"


def _small_income(world: World, random: Random, person: Person, code: str) -> Insurance | None:
    """Incomes that pass the test of the class: below the standard (DB, TK), up to 1.5 times (BY, GX)."""
    age = person.age(world.settings.first_day)
    if code in ("BY", "GX"):
        return (
            Insurance("职工养老", base=random.randint(90, 98) * 10, employer="灵活就业人员")
            if 22 <= age < 60
            else (Insurance("职工养老", pension=random.randint(900, 980)) if age >= 60 else None)
        )
    if age >= 60:
        return Insurance("居民养老", pension=random.choice((180, 205, 230, 255)))
    if age >= 22 and random.random() < 0.4:
        return Insurance("职工养老", base=random.randint(30, 50) * 10, employer="灵活就业人员")
    return None


def marital_status(person: Person, day: date) -> str:
    """As an honest applicant declares it on the day."""
    if person.open_marriage(day):
        return "已婚"
    ended = [m for m in person.marriages if m.ended_on and m.ended_on <= day and m.ended_by != "revocation"]
    if not ended:
        return "未婚"
    return "丧偶" if ended[-1].ended_by == "death" else "离异"


def new_account(random: Random) -> str:
    """银行账号, 19 digits."""
    return f"62{random.randrange(10**17):017d}"


def new_phone(random: Random) -> str:
    return f"1{random.choice((35, 36, 39, 50, 58, 77, 86, 99))}{random.randrange(10**8):08d}"


def assist(world: World, random: Random) -> None:
    """Aid households that break no rule: about one in twenty families, some stopped, some dead."""
    day = world.settings.as_of
    households = list(world.households)
    random.shuffle(households)
    for household in households:
        draw = random.random()
        if draw > 0.06 or not (family := family_of(world, household)):
            continue
        people = family.people
        alone = len(people) == 1 and family.head.age(day) >= 60 and not family.head.children
        code = "TK" if alone and draw < 0.05 else "DB" if draw < 0.047 else "BY" if draw < 0.054 else "GX"
        approved = approval_day(world, random, people, day - timedelta(days=100))
        if approved is None:
            continue
        aided = found(world, random, code, people, approved)
        if random.random() < 0.08 and (day - approved).days > 700:
            stop(aided, day - timedelta(days=random.randint(40, 500)))
    _assist_the_dead(world, random)
    _stop_in_these_days(world, random)


def _assist_the_dead(world: World, random: Random) -> None:
    """Households of one that ended with a death, properly stopped on that day."""
    day = world.settings.first_day
    for person in world.people:
        if (
            person.died
            and 20 < (day - person.died).days < 600
            and not person.busy
            and not person.aid
            and not person.open_marriage(person.died - timedelta(days=1))
            and random.random() < 0.12
        ):
            approved = approval_day(world, random, [person], person.died - timedelta(days=200))
            if approved:
                stop(found(world, random, "DB", [person], approved), person.died)


def _stop_in_these_days(world: World, random: Random) -> None:
    """At least one household is stopped while deltas run, early enough for an older version to come after."""
    candidates = [
        a
        for a in world.aid
        if a.code == "DB"
        and a.stopped_on is None
        and not (a.planted or a.person.busy)
        and (world.settings.as_of - a.approved_on).days > 200
    ]
    days = max(1, world.settings.days - 2)
    if world.settings.days > 1:
        for household in random.sample(
            candidates, min(len(candidates), 1 + world.settings.residents // 15000)
        ):
            stop(household, world.settings.first_day + timedelta(days=random.randint(1, days)))


def entitle(
    world: World,
    random: Random,
    person: Person,
    code: str,
    starts_on: date,
    ends_on: date | None = None,
    last_month: int | None = None,
) -> Entitlement:
    """Grant a personal benefit from the month of `starts_on` to the month of `ends_on`, both paid.

    last_month: pays beyond or short of that, for planted cases.
    """
    if last_month is None and ends_on:
        last_month = month_of(ends_on)
    entitlement = Entitlement(
        code=code,
        person=person,
        division=person.division,
        account=new_account(random),
        first_month=month_of(starts_on),
        last_month=last_month,
        starts_on=starts_on,
        ends_on=ends_on,
    )
    own_household = next((a for a in person.aid if a.person is person), None)
    if own_household and random.random() < 0.3:
        entitlement.account = own_household.account  # one family, several benefits, one account
    person.entitlements += (entitlement,)
    world.entitlements.append(entitlement)
    return entitlement


def grant(world: World, random: Random) -> None:
    """What everybody is owed, except what is withheld on purpose."""
    day, first_month = world.settings.as_of, world.settings.first_paid_month
    for person in world.people:
        if person.died and month_of(person.died) < first_month:
            continue
        if not person.draws("GL"):
            _old_age(world, random, person)
        if person.died:
            continue
        if person.age(day) < 20 and not person.aid and not person.entitlements and not person.cards:
            _orphan(world, random, person)
        card = next((c for c in person.cards if c.valid(day)), None)
        if person.age(day) >= 62 and not person.draws("YL", "HL"):
            _service_subsidy(world, random, person, bool(card and card.level <= 2))
        if card:
            _disability(world, random, person, card.issued_on, card.level)
    _late_entries(world, random)


def _old_age(world: World, random: Random, person: Person) -> None:
    """高龄津贴 from the month of the 80th birthday to the month of death."""
    eighty = month_of(birthday(person.born, 80))
    last = month_of(person.died or world.settings.as_of)
    if eighty > last or (person, "GL") in world.withheld:
        return
    start = max(month_start(eighty), _POLICY_START["GL"])
    entitlement = entitle(world, random, person, "GL", start, person.died)
    if person.died and person.died > world.settings.first_day - timedelta(days=15):
        earliest = max(person.died, world.settings.first_day) + timedelta(days=1)
        entitlement.end_arrives_on = circumstances.late_day(world, random, earliest) or date.max


def _orphan(world: World, random: Random, person: Person) -> None:
    """孤儿 and 事实无人抚养儿童, to the 18th birthday."""
    settings = world.settings
    parentless = not any(p and p.alive(settings.first_day) for p in (person.father, person.mother))
    if (not parentless or random.random() > 0.5) and random.random() > 0.002:
        return
    start = max(
        person.born + timedelta(days=100), settings.first_day - timedelta(days=random.randint(300, 2500))
    )
    adult_on = birthday(person.born, 18)
    if month_of(adult_on) >= settings.first_paid_month and start < adult_on:
        entitle(
            world,
            random,
            person,
            "GE" if parentless else "SW",
            start,
            adult_on if adult_on <= settings.as_of else None,
        )


def _service_subsidy(world: World, random: Random, person: Person, severe: bool) -> None:
    """养老服务补贴 for the old who are poor, severely disabled or very old; not in institutions."""
    owed = severe or any(a.code in ("DB", "BY") for a in person.aid) or person.age(world.settings.as_of) >= 86
    if (
        not owed
        or person.stays
        or person.busy
        or any(a.code == "TK" for a in person.aid)
        or random.random() > (0.12 if severe else 0.25)
    ):
        return
    start = max(
        _POLICY_START["YL"],
        month_start(month_of(birthday(person.born, 62)) + 1),
        month_start(month_of(world.settings.first_day) - random.randint(3, 40)),
    )
    if start <= world.settings.first_day:
        entitle(world, random, person, "YL", start)


def _disability(world: World, random: Random, person: Person, issued_on: date, level: int) -> None:
    """护理补贴 for level 1-2, 生活补贴 for members of dibao households; neither with tekun."""
    if any(a.code == "TK" for a in person.aid):
        return
    if level <= 2 and not person.draws("HL", "YL") and (person, "HL") not in world.withheld:
        entitle(world, random, person, "HL", max(_POLICY_START["HL"], month_start(month_of(issued_on) + 1)))
    dibao = [a for a in person.aid if a.code == "DB"]
    if dibao and not person.draws("CJ", "GE", "SW") and (person, "CJ") not in world.withheld:
        start = max(_POLICY_START["CJ"], month_start(month_of(max(issued_on, dibao[0].approved_on)) + 1))
        stops = [a.stopped_on for a in dibao]
        ended = None if None in stops else max(stop for stop in stops if stop)
        if ended is None or ended >= start:
            entitle(world, random, person, "CJ", start, ended)


def _late_entries(world: World, random: Random) -> None:
    """Some of this month's new entitlements reach the feed in a delta."""
    this_month = month_of(world.settings.first_day)
    for entitlement in world.entitlements:
        if (
            month_of(entitlement.starts_on) == this_month
            and not entitlement.planted
            and random.random() < 0.6
        ):
            entitlement.arrives_on = circumstances.late_day(world, random, world.settings.first_day)


def mishandle_payments(world: World, random: Random) -> None:
    """Returned by the bank, paid again later, paid a month late: none of it breaks a rule."""
    first, last = world.settings.first_paid_month, world.settings.last_paid_month
    benefits = [*world.aid, *world.entitlements]
    for benefit in benefits:
        if benefit.planted or benefit.turns or random.random() > 0.02:
            continue
        start = max(first, benefit.first_month)
        end = min(last, benefit.last_month or last) - 1
        if benefit.code in ("BY", "GX") or end <= start:
            continue
        month = random.randint(start, end)
        amount = benefit.monthly(month, world.standards)
        benefit.turns[month] = random.choice(
            (
                ((month, amount, "退回"),),
                ((month, amount, "退回"), (month + 1, amount, "补发")),
                ((month + 1, amount, "补发"),),
            )
        )


def number_benefits(world: World) -> None:
    """家庭编号 and 待遇编号 by division, in order of approval, so that numbers tell nothing."""
    counters: dict[str, int] = {}
    world.aid.sort(key=lambda a: (a.approved_on, a.person.uid, a.code))
    world.entitlements.sort(key=lambda e: (e.person.uid, e.starts_on, e.code))
    for prefix, benefits in (("JZ", world.aid), ("DY", world.entitlements)):
        for benefit in benefits:
            key = f"{prefix}{benefit.division}"
            counters[key] = counters.get(key, 0) + 1
            benefit.number = f"{key}{counters[key]:08d}"
