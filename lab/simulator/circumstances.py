"""What other offices know of people: disability cards, insurance, institutions, cars, homes, companies.

Members of active dibao households get little of it (`aid` gives them their incomes first); whatever
a rule should find among them is put there by `anomalies`.
"""

from datetime import date, timedelta
from random import Random

from . import working_days
from .months import birthday
from .parameters import CAR_VALUE_LIMIT_YUAN
from .world import (
    Company,
    Cremation,
    DisabilityCard,
    Insurance,
    Person,
    Property,
    RegisteredHousehold,
    Stay,
    TemporaryAid,
    Vehicle,
    World,
)

_EMPLOYERS = (
    "湖州丝绸厂",
    "织里童装加工部",
    "南浔木地板公司",
    "德清钢琴配件厂",
    "长兴蓄电池公司",
    "吴兴物流园",
    "太湖酒店",
    "湖州纺织机械公司",
    "莫干山茶业公司",
    "新市食品厂",
    "雉城建材公司",
    "灵活就业人员",
)
_PUBLIC_EMPLOYERS = ("区教育局", "街道办事处", "市第一小学", "镇卫生院", "县水利局", "区财政局")
_COMPANY_WORDS = (
    "苕溪",
    "南太湖",
    "莲花",
    "红丰",
    "金盖山",
    "毗山",
    "仁皇",
    "潜山",
    "顾渚",
    "下渚",
    "双林",
    "含山",
)
_TRADES = ("童装", "木业", "物流", "丝绸", "食品", "机电", "建材", "商贸", "餐饮", "科技")
_REASONS = {
    "急难型": ("火灾", "交通事故", "突发重病", "溺水"),
    "支出型": ("长期患病", "子女就学", "康复训练"),
}
FUNERAL_WAIVER_YUAN = 1100  # 惠民殡葬, basic items


def issue_cards(world: World, random: Random) -> None:
    """残联: about 3.6 % of the living, more among the old."""
    for person in world.people:
        if person.died is None and random.random() < (
            0.02 if person.age(world.settings.as_of) < 60 else 0.065
        ):
            give_card(world, random, person, level=random.choices((1, 2, 3, 4), (1, 2, 3, 3))[0])


def give_card(world: World, random: Random, person: Person, level: int, valid: bool = True) -> DisabilityCard:
    """A card is valid for ten years; one that is not has been cancelled (注销)."""
    day = world.settings.first_day
    issued = max(person.born + timedelta(days=300), day - timedelta(days=random.randint(800, 3000)))
    card = DisabilityCard(
        person,
        random.randint(1, 7),
        level,
        issued,
        birthday(issued, 10) - timedelta(days=1),
        cancelled=not valid,
    )
    person.cards += (card,)
    return card


def insure(world: World, random: Random) -> None:
    """社保 for everybody who has no line yet: workers contribute, the old draw a pension."""
    for person in world.people:
        if person.died is None and person.insurance is None and not person.aid:
            age = person.age(world.settings.first_day)
            if age >= (60 if person.sex == 1 else 55):
                person.insurance = pension(random, person)
            elif age >= 20 and random.random() < 0.64:
                person.insurance = job(random)


def job(random: Random) -> Insurance:
    if random.random() < 0.035:
        return Insurance(
            "职工养老",
            base=random.randint(480, 980) * 10,
            employer=random.choice(_PUBLIC_EMPLOYERS),
            public=True,
        )
    base = min(24000, max(3900, int(random.lognormvariate(8.55, 0.35)) // 10 * 10))
    return Insurance("职工养老", base=base, employer=random.choice(_EMPLOYERS))


def public_job(random: Random, base: int) -> Insurance:
    return Insurance("职工养老", base=base, employer=random.choice(_PUBLIC_EMPLOYERS), public=True)


def pension(random: Random, person: Person) -> Insurance:
    if person.rural and random.random() < 0.6:
        return Insurance("居民养老", pension=random.choice((290, 315, 330, 365)))
    return Insurance(
        "职工养老", pension=int(random.gauss(3100, 600) // 1) if random.random() < 0.95 else 1420
    )


def lodge(world: World, random: Random) -> None:
    """养老机构: about 5 % of those over 75; the dead left within three days."""
    for person in world.people:
        age = person.age(world.settings.first_day)
        recently_dead = person.died and 10 < (world.settings.first_day - person.died).days < 900
        if age >= 72 and (person.died is None or recently_dead) and random.random() < 0.05:
            latest = (person.died or world.settings.first_day) - timedelta(days=40)
            stay = admit(world, random, person, latest - timedelta(days=int(random.expovariate(1 / 600))))
            if person.died:
                stay.left_on = person.died + timedelta(days=random.randint(0, 3))
            elif random.random() < 0.06:
                stay.left_on = stay.entered_on + timedelta(days=random.randint(8, 38))


def admit(world: World, random: Random, person: Person, entered_on: date, institution: str = "") -> Stay:
    """One bed, one code (一床一码); the bed code begins with the division."""
    institution = institution or f"{person.division}YL{random.randint(1, 8):02d}"
    stay = Stay(
        person,
        institution,
        f"{institution[:6]}{len(world.stays) + 1:06d}",
        entered_on,
        None,
        random.choices((0, 1, 2, 3, 4), (2, 2, 2, 3, 2))[0],
        "自费",
    )
    person.stays += (stay,)
    world.stays.append(stay)
    return stay


def cremate(world: World, random: Random) -> None:
    """殡仪馆: about half of the dead (55.7 % in 2020); the others were buried and left no line.

    Whoever still stands in the police register at the end is cremated: a death that no feed knows
    would make the truth (F01) unknowable.
    """
    day, last = world.settings.first_day, world.settings.as_of
    for person in world.people:
        if person.died is None or person.died > last:
            continue
        unknown = person.registered(last)
        if not (unknown or person.cremated_on or random.random() < 0.53):
            continue
        person.cremated_on = person.died + timedelta(days=1 if unknown else random.randint(1, 4))
        if person.cremated_on <= last:
            cremation = register_cremation(world, random, person, person.cremated_on)
            if person.cremated_on >= day - timedelta(days=60) and random.random() < 0.25:
                cremation.arrives_on = late_day(world, random, person.cremated_on)
    world.cremations.sort(key=lambda c: (c.cremated_on, c.person.uid))


def late_day(world: World, random: Random, earliest: date) -> date | None:
    """A day of the deltas, not before something happened; None in a run of one day."""
    first = max(earliest, world.settings.first_day + timedelta(days=1))
    left = (world.settings.as_of - first).days
    return first + timedelta(days=random.randint(0, left)) if left >= 0 else None


def register_cremation(world: World, random: Random, person: Person, day: date) -> Cremation:
    marriage = next(
        (m for m in person.marriages if m.ended_by == "death" and m.ended_on == person.died), None
    )
    kin = [(child, "子女") for child in person.children] + (
        [(marriage.other(person), "配偶")] if marriage else []
    )
    agent, relation = next(((k, r) for k, r in kin if k.alive(day) and k.age(day) >= 18), (None, ""))
    waiver = FUNERAL_WAIVER_YUAN if person.aid or random.random() < 0.2 else 0
    cremation = Cremation(person, day, f"{person.division}BYG", agent, relation, waiver)
    if day >= world.settings.first_day:
        cremation.arrives_on = max(day, world.settings.first_day + timedelta(days=1))
    world.cremations.append(cremation)
    return cremation


def own(world: World, random: Random) -> None:
    """Cars, homes and companies of those who are not on active dibao."""
    day = world.settings.as_of
    poor = {m.person for a in world.aid if a.code in ("DB", "TK") for m in a.members}
    for person in world.people:
        if person.died or person.busy or person in poor or not 22 <= person.age(day) <= 72:
            continue
        if random.random() < 0.24:
            give_car(world, random, person, round(random.uniform(1.5, 28), 1))
        if random.random() < 0.02:
            found_company(world, random, person)
    for household in world.households:
        adults = [p for p in household.members if p.relation in ("02", "10") and p.died is None]
        if not adults or any(person.busy for person in adults):
            continue
        needy = any(person in poor for person in adults)
        if random.random() < (0.45 if needy else 0.75):
            give_home(world, random, tuple(adults), household)
        if not needy and random.random() < 0.16:
            give_home(world, random, tuple(adults[:1]), household)
        if not needy and random.random() < 0.1:
            give_home(
                world, random, tuple(adults[:1]), household, use=random.choice(("车库", "车库", "商业"))
            )


def give_car(
    world: World, random: Random, person: Person, value: float, kind: str = "", state: str = "正常"
) -> Vehicle:
    """value: 评估价, ten thousand yuan."""
    registered = world.settings.first_day - timedelta(days=random.randint(100, 5000))
    vehicle = Vehicle(person, kind or random.choice(("K33", "K33", "K32", "K31")), value, registered, state)
    world.vehicles.append(vehicle)
    return vehicle


def costly_car(random: Random) -> float:
    return round(CAR_VALUE_LIMIT_YUAN / 10_000 + random.uniform(3, 12), 1)


def give_home(
    world: World,
    random: Random,
    owners: tuple[Person, ...],
    household: RegisteredHousehold,
    use: str = "住宅",
) -> Property:
    if len(owners) > 1 and random.random() < 0.5:
        owners = owners[:1]
    area = round(random.uniform(12, 20) if use == "车库" else random.uniform(42, 140), 2)
    registered = world.settings.first_day - timedelta(days=random.randint(60, 9000))
    home = Property(owners, use, area, registered, household.address)
    world.properties.append(home)
    return home


def found_company(world: World, random: Random, person: Person, state: str = "") -> Company:
    name = f"湖州{random.choice(_COMPANY_WORDS)}{random.choice(_TRADES)}有限公司"
    share = random.choice((0.51, 0.6, 0.7, 1.0))
    shareholders = [(person, share)]
    spouse = person.open_marriage(world.settings.first_day)
    if share < 1 and spouse and not spouse.other(person).aid:
        shareholders.append((spouse.other(person), round(1 - share, 2)))
    founded = world.settings.first_day - timedelta(days=random.randint(200, 6000))
    company = Company(
        person,
        tuple(shareholders),
        name,
        random.choice((10, 30, 50, 100, 200, 500)),
        founded,
        state or random.choices(("存续", "注销", "吊销"), (90, 7, 3))[0],
    )
    world.companies.append(company)
    return company


def help_in_need(world: World, random: Random) -> None:
    """临时救助: about 0.5 % a year; 急难型 paid on the next working day (limit: two)."""
    day = world.settings.first_day
    for person in world.people:
        if person.died or person.age(day) < 10 or random.random() > 0.007:
            continue
        kind = random.choice(("急难型", "支出型"))
        applied = day - timedelta(days=random.randint(25, 720))
        paid = working_days.after(applied, 1 if kind == "急难型" else random.randint(3, 14))
        if applied >= person.born:
            world.temporary_aid.append(
                TemporaryAid(
                    person,
                    kind,
                    applied,
                    paid,
                    random.choice((500, 800, 1500, 3000, 5000)),
                    random.choice(_REASONS[kind]),
                )
            )
