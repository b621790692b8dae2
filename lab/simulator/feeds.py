"""What the feeds say about the world: lines of the full deliveries and of every delta.

One function per feed. Each returns the full lines (a stream) and the delta lines by day; the stream
has to be used up first, because the payment feed sorts its lines into days while it streams.
A line is its cells in the order of the header, and the people it mentions by role.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from . import names
from .aid import new_phone
from .defects import Clerk
from .identity_numbers import NumberOffice
from .months import month_of, month_start, month_text
from .people import new_address
from .truth import certificate
from .world import (
    AidHousehold,
    Cremation,
    DisabilityCard,
    Entitlement,
    Marriage,
    Person,
    Property,
    Stay,
    World,
)
from .writer import Line

Deltas = dict[date, list[Line]]
Deliveries = tuple[Iterable[Line], Deltas]

_SENT_TWICE = 0.0015  # of the lines of a full delivery
_SENT_TWICE_IN_DELTA = 0.02
_TEXT_DATE = 0.10  # of 死亡日期, as text
_SLASH_DATE = 0.05  # of 登记日期, as 2024/03/05
_TEN_THOUSANDS = 0.02  # of 家庭月收入, as text in 万元


class Bureau:
    """Writes one feed; holds its own chance, so that feeds do not disturb each other."""

    def __init__(self, world: World, feed: str) -> None:
        settings = world.settings
        self.world = world
        self.random = Random(f"{settings.seed}:feed:{feed}")
        self.clerk = Clerk(self.random, settings.defects)
        self.first_day = settings.first_day
        self.delta_days = [settings.first_day + timedelta(days=n) for n in range(1, settings.days)]
        self.deltas: Deltas = {day: [] for day in self.delta_days}

    def number(self, person: Person) -> str:
        return self.clerk.text_number(person.number)

    def name(self, person: Person) -> str:
        return self.clerk.name(person.name)

    def in_delta(self, day: date | None) -> bool:
        """Does something of this day come in a delta? Later than the last one it never comes."""
        return day is not None and day in self.deltas

    def with_repeats(self, lines: Iterable[Line], rate: float = _SENT_TWICE) -> Iterator[Line]:
        """Some lines are sent a second time, at the end of the file."""
        repeats = []
        for line in lines:
            yield line
            if self.clerk.happens(rate):
                repeats.append(line)
        yield from repeats

    def finish(self) -> Deltas:
        return {
            day: list(self.with_repeats(lines, _SENT_TWICE_IN_DELTA)) for day, lines in self.deltas.items()
        }

    def daily(self, share: float, least: int = 2) -> int:
        """How many corrections a day brings."""
        return max(least, round(self.world.settings.residents * share))


# ---- police --------------------------------------------------------------------------------------


def population(world: World) -> Deliveries:
    """公安常住人口. Numbers are clean; 变动日期 is the day of the event itself.

    更正 brings new addresses and, once a day, a name the register had misspelt.
    """
    bureau = Bureau(world, "population")
    misspelt: dict[Person, str] = {}

    def line(person: Person, change: str = "", on: date | None = None, address: str = "") -> Line:
        book = person.household
        assert book
        name = person.name if change else misspelt.get(person, person.name)
        return [
            book.number,
            person.number,
            name,
            str(person.sex),
            person.ethnicity,
            f"{person.born:%Y%m%d}",
            person.relation,
            address or book.address,
            book.village,
            "农村" if book.rural else "城镇",
            change,
            f"{on:%Y%m%d}" if on else "",
        ], [("person", person.uid)]

    for person in world.people:
        if person.died and bureau.in_delta(person.police_know_on):
            assert person.police_know_on
            bureau.deltas[person.police_know_on].append(line(person, "死亡", person.died))
        if person.came_on and bureau.in_delta(person.came_on):
            born_here = person.born >= bureau.first_day
            bureau.deltas[person.came_on].append(
                line(person, "出生" if born_here else "迁入", person.born if born_here else person.came_on)
            )
        if person.left_on and bureau.in_delta(person.left_on):
            bureau.deltas[person.left_on].append(line(person, "迁出", person.left_on))
    for day in bureau.delta_days:
        for _ in range(bureau.daily(0.0002)):
            book = bureau.random.choice(world.households)
            address = new_address(world, bureau.random)
            bureau.deltas[day] += [
                line(p, "更正", day, address)
                for p in book.members
                if p.registered(day) and p.registered(world.settings.as_of) and p.registered(bureau.first_day)
            ][:3]
        if bureau.clerk.scale > 0:
            person = bureau.random.choice(bureau.random.choice(world.households).members)
            if person.registered(bureau.first_day) and person.registered(world.settings.as_of):
                misspelt[person] = names.misheard(bureau.random, person.name)
                bureau.deltas[day].append(line(person, "更正", day))
    full_lines = (
        line(person)
        for book in world.households
        for person in book.members
        if person.registered(bureau.first_day)
    )
    return full_lines, bureau.finish()


# ---- marriage registry -----------------------------------------------------------------------------


def marriage_event(world: World) -> Deliveries:
    """婚姻登记. Numbers run within each 业务类型, so a marriage and a divorce share 业务编号."""
    bureau = Bureau(world, "marriage_event")
    random = bureau.random
    night = "{} 02:00:00"
    first_night = night.format(bureau.first_day)
    kinds: dict[str, list[tuple[Marriage, date]]] = {"结婚登记": [], "离婚登记": [], "补领": [], "撤销": []}
    for marriage in world.marriages:
        kinds["结婚登记"].append((marriage, marriage.registered_on))
        if marriage.ended_by in ("divorce", "revocation") and marriage.ended_on:
            kinds["离婚登记" if marriage.ended_by == "divorce" else "撤销"].append(
                (marriage, marriage.ended_on)
            )
        if marriage.reissued_on:
            kinds["补领"].append((marriage, marriage.reissued_on))
    letters = {"结婚登记": "J", "离婚登记": "L", "补领": "BJ", "撤销": "CX"}

    def line(kind: str, number: int, marriage: Marriage, on: date, action: str, updated: str) -> Line:
        man, woman, clerk = marriage.husband, marriage.wife, bureau.clerk
        day = f"{on:%Y/%m/%d}" if clerk.happens(_SLASH_DATE) else on.isoformat()
        return [
            f"HY{number:011d}",
            kind,
            day,
            f"{marriage.division}01",
            f"{letters[kind]}{number:011d}",
            bureau.name(man),
            clerk.old_number(man.number, on),
            man.born.isoformat(),
            bureau.name(woman),
            clerk.old_number(woman.number, on),
            woman.born.isoformat(),
            "" if kind == "结婚登记" else certificate(marriage),
            action,
            updated,
        ], [("husband", man.uid), ("wife", woman.uid)]

    full: list[tuple[date, str, int, Marriage]] = []
    for kind, events in kinds.items():
        for number, (marriage, on) in enumerate(events):
            number = marriage.number if kind == "结婚登记" else number
            late = (kind == "结婚登记" and marriage.wedding_comes_late) or (
                kind == "离婚登记" and marriage.divorce_comes_late
            )
            if late and bureau.delta_days:
                day = random.choice(bureau.delta_days)
            elif on < bureau.first_day:
                full.append((on, kind, number, marriage))
                continue
            else:
                day = on + timedelta(days=1)
            if bureau.in_delta(day):
                bureau.deltas[day].append(line(kind, number, marriage, on, "新增", night.format(day)))
    full.sort(key=lambda event: (event[0], event[2]))
    weddings = [event for event in full if event[1] == "结婚登记"]
    for day in bureau.delta_days:
        for on, kind, number, marriage in random.sample(weddings, min(len(weddings), bureau.daily(0.00015))):
            bureau.deltas[day].append(line(kind, number, marriage, on, "修改", night.format(day)))
    extra = _marriage_mistakes(bureau, line, weddings, len(kinds["补领"]))
    lines = (line(kind, number, marriage, on, "新增", first_night) for on, kind, number, marriage in full)
    return bureau.with_repeats(_chain(lines, extra), 0.002), bureau.finish()


def _marriage_mistakes(
    bureau: Bureau, line: Callable[..., Line], weddings: list[tuple[date, str, int, Marriage]], reissues: int
) -> list[Line]:
    """A re-issue typed in by mistake and revoked, and a correction overtaken by its older version.

    Returns the lines that belong to the full delivery.
    """
    if len(bureau.delta_days) < 2 or bureau.world.settings.defects <= 0:
        return []
    random = bureau.random
    second, third = bureau.delta_days[0], bureau.delta_days[1]
    standing = [event for event in weddings if event[3].stands(bureau.world.settings.as_of)]
    on, kind, number, marriage = random.choice(standing)
    mistaken_on = bureau.first_day - timedelta(days=3)
    mistake = line("补领", reissues, marriage, mistaken_on, "新增", f"{bureau.first_day} 02:00:00")
    revoked = line("补领", reissues, marriage, mistaken_on, "作废", f"{second} 02:00:00")
    on, kind, number, marriage = random.choice(standing)
    newer = line(kind, number, marriage, on, "修改", f"{second} 09:30:00")
    older = line(kind, number, marriage, on, "修改", f"{bureau.first_day} 16:00:00")
    older[0][8] = names.misheard(random, marriage.wife.name)  # type: ignore[index]
    bureau.deltas[second] += [revoked, newer]
    bureau.deltas[third].append(older)
    return [mistake]


def _chain(*streams: Iterable[Line]) -> Iterator[Line]:
    for stream in streams:
        yield from stream


# ---- funeral homes -----------------------------------------------------------------------------------


def cremation(world: World) -> Deliveries:
    """殡仪馆火化登记, a workbook: numbers typed as numbers, dates typed as text."""
    bureau = Bureau(world, "cremation")
    clerk = bureau.clerk

    def line(case: Cremation, action: str = "新增") -> Line:
        dead, agent = case.person, case.agent
        assert dead.died
        written = world.misdated.get(dead, dead.died)
        died: date | str = written
        if clerk.happens(_TEXT_DATE):
            died = _in_words(bureau.random, written)
        mentions = [("deceased", dead.uid)] + ([("agent", agent.uid)] if agent else [])
        return [
            case.number,
            bureau.name(dead),
            clerk.number(dead.number, workbook=True) or None,
            "男" if dead.sex == 1 else "女",
            died,
            case.cremated_on,
            f"SW{int(dead.uid[1:]):07d}",
            dead.division,
            case.home,
            bureau.name(agent) if agent else None,
            bureau.number(agent) or None if agent else None,
            case.agent_relation or None,
            case.waiver,
            action,
        ], mentions

    order = list(range(len(world.cremations)))
    bureau.random.shuffle(order)  # each home numbers for itself, so numbers are not in order of time
    full = []
    for number, case in zip(order, world.cremations, strict=True):
        case.number = f"HH{number + 1:010d}"
        if case.arrives_on is None:
            full.append(case)
        elif bureau.in_delta(case.arrives_on):
            bureau.deltas[case.arrives_on].append(line(case))
        if case.revoked_on:
            bureau.deltas[case.revoked_on].append(line(case, "作废"))

    def lines() -> Iterator[Line]:
        again = []
        for case in full:
            written = line(case)
            yield written
            if case.person in world.resent:
                again.append(written)
        yield from again

    return bureau.with_repeats(lines()), bureau.finish()


def _in_words(random: Random, day: date) -> str:
    return random.choice(
        (f"{day.year}年{day.month}月{day.day}日", f"{day:%Y年%m月%d日}", f"{day:%Y.%m.%d}", f"{day:%Y/%m/%d}")
    )


# ---- assistance --------------------------------------------------------------------------------------


def aid_household(world: World) -> Deliveries:
    """救助家庭, nested. Members are typed once: a later version repeats their spelling."""
    bureau = Bureau(world, "aid_household")
    random, clerk = bureau.random, bureau.clerk
    this_month = world.settings.last_paid_month

    def line(household: AidHousehold, action: str, updated: str, known_on: date) -> Line:
        typist = Clerk(Random(f"{world.settings.seed}:{household.number}"), world.settings.defects)
        stopped = household.stopped_on if household.stopped_on and household.stopped_on <= known_on else None
        yuan = sum(member.income for member in household.members)
        income = f"{yuan / 10_000:.4f}万元" if typist.happens(_TEN_THOUSANDS) else yuan
        members = [
            {
                "姓名": typist.name(m.person.name),
                "身份证号": m.number_as_typed or typist.text_number(m.person.number),
                "与申请人关系": m.relation,
                "是否保障对象": "是" if m.covered else "否",
                "申报月收入": m.income,
                "联系电话": m.phone,
            }
            for m in household.members
        ]
        return {
            "家庭编号": household.number,
            "救助类别": household.code,
            "城乡": "农村" if household.rural else "城市",
            "申请日期": household.applied_on.isoformat(),
            "批准日期": household.approved_on.isoformat(),
            "停保日期": stopped.isoformat() if stopped else None,
            "状态": "停保" if stopped else "在保",
            "行政区划代码": household.division,
            "申请人婚姻状况": household.marital,
            "家庭月收入": income,
            "月保障金额": household.monthly(this_month, world.standards),
            "银行账号": household.account,
            "授权书编号": f"SQ{household.number[2:8]}{household.number[8:]:0>10}",
            "授权起": (household.applied_on - timedelta(days=2)).isoformat(),
            "授权止": household.authorised_until.isoformat(),
            "家庭成员": members,
            "操作": action,
            "更新时间": updated,
        }, [(f"member{place}", m.person.uid) for place, m in enumerate(household.members, 1)]

    night = "{}T01:30:00+08:00"
    first_night = night.format(bureau.first_day)
    full = [line(household, "新增", first_night, bureau.first_day) for household in world.aid]
    for day in bureau.delta_days:
        for household in random.sample(world.aid, min(len(world.aid), bureau.daily(0.0002))):
            if household.stopped_on is None or household.stopped_on < bureau.first_day:
                for member in household.members[:1]:
                    member.phone = new_phone(random)
                bureau.deltas[day].append(line(household, "修改", night.format(day), day))
    for household in world.aid:
        if household.stopped_on and bureau.in_delta(household.stopped_on):
            stopped_on = household.stopped_on
            bureau.deltas[stopped_on].append(
                line(household, "修改", f"{stopped_on}T09:00:00+08:00", stopped_on)
            )
            after = stopped_on + timedelta(days=1)
            if bureau.in_delta(after) and clerk.scale > 0:  # an older version comes after the newer one
                updated = f"{bureau.first_day}T17:00:00+08:00"
                bureau.deltas[after].append(line(household, "修改", updated, bureau.first_day))
    return bureau.with_repeats(full), bureau.finish()


def entitlement(world: World) -> Deliveries:
    """个人待遇."""
    bureau = Bureau(world, "entitlement")

    def line(e: Entitlement, action: str, known_on: date) -> Line:
        known = e.end_arrives_on is None or e.end_arrives_on <= known_on
        ends = e.ends_on.isoformat() if e.ends_on and known else ""
        return [
            e.number,
            e.code,
            bureau.name(e.person),
            e.number_as_typed or bureau.number(e.person),
            e.division,
            e.starts_on.isoformat(),
            ends,
            e.account,
            action,
        ], [("person", e.person.uid)]

    full = []
    for e in world.entitlements:
        if bureau.in_delta(e.arrives_on):
            assert e.arrives_on
            bureau.deltas[e.arrives_on].append(line(e, "新增", e.arrives_on))
        else:
            full.append(e)
        if e.revoked_on:
            bureau.deltas[e.revoked_on].append(line(e, "作废", e.revoked_on))
        if e.end_arrives_on and bureau.in_delta(e.end_arrives_on):
            bureau.deltas[e.end_arrives_on].append(line(e, "修改", e.end_arrives_on))
    return bureau.with_repeats(line(e, "新增", bureau.first_day) for e in full), bureau.finish()


def payment(world: World) -> Deliveries:
    """资金发放明细: two years, the current month in the deltas. The payee of a benefit is typed once."""
    bureau = Bureau(world, "payment")
    random = bureau.random
    delta_from = month_of(bureau.first_day)

    def full() -> Iterator[Line]:
        number = 0
        for benefit in (*world.aid, *world.entitlements):
            if benefit.code in ("BY", "GX"):
                continue
            name = bureau.name(benefit.person)
            id_number = benefit.number_as_typed or bureau.number(benefit.person)
            mentions = [("payee", benefit.person.uid)]
            for month, paid_in, amount, status in benefit.schedule(world.settings, world.standards):
                number += 1
                day = month_start(paid_in) + timedelta(days=random.randint(7, 11))
                delivered = random.choice(bureau.delta_days) if paid_in == delta_from else None
                if delivered:
                    day = min(day, delivered)
                line: Line = (
                    [
                        f"ZF{number:012d}",
                        benefit.number,
                        benefit.code,
                        month_text(paid_in),
                        month_text(month),
                        name,
                        id_number,
                        f"{amount}.00",
                        benefit.account,
                        day.isoformat(),
                        status,
                        benefit.division,
                    ],
                    mentions,
                )
                if delivered:
                    bureau.deltas[delivered].append(line)
                else:
                    yield line
        for day, lines in bureau.deltas.items():
            bureau.deltas[day] = list(bureau.with_repeats(lines, _SENT_TWICE_IN_DELTA / 4))

    return bureau.with_repeats(full(), 0.0001), bureau.deltas


def temporary_aid(world: World) -> Deliveries:
    """临时救助, full only."""
    bureau = Bureau(world, "temporary_aid")
    counters: dict[str, int] = defaultdict(int)

    def lines() -> Iterator[Line]:
        for case in world.temporary_aid:
            division = case.person.division
            counters[division] += 1
            name, number = case.as_typed or (bureau.name(case.person), bureau.number(case.person))
            yield (
                [
                    f"LS{division}{counters[division]:08d}",
                    case.kind,
                    name,
                    number,
                    case.applied_on.isoformat(),
                    case.paid_on.isoformat(),
                    case.amount,
                    case.reason,
                    division,
                ],
                [("person", case.person.uid)],
            )

    return bureau.with_repeats(lines()), {}


# ---- institutions --------------------------------------------------------------------------------------


def stay(world: World) -> Deliveries:
    """养老机构入住."""
    bureau = Bureau(world, "stay")
    random = bureau.random
    world.stays.sort(key=lambda s: (s.arrives_on or date.min, s.person.uid, s.entered_on))
    for number, s in enumerate(world.stays, 1):
        s.number = f"RZ{number:08d}"

    def line(s: Stay, action: str) -> Line:
        return [
            s.number,
            s.institution,
            s.bed,
            bureau.name(s.person),
            bureau.number(s.person),
            str(s.person.sex),
            s.entered_on.isoformat(),
            s.left_on.isoformat() if s.left_on else "",
            str(s.level),
            s.funding,
            action,
        ], [("resident", s.person.uid)]

    full = [line(s, "新增") for s in world.stays if not bureau.in_delta(s.arrives_on)]
    settled = [
        s for s in world.stays if s.arrives_on is None and s.revoked_on is None and s.person.died is None
    ]
    for s in world.stays:
        if s.arrives_on and bureau.in_delta(s.arrives_on):
            bureau.deltas[s.arrives_on].append(line(s, "新增"))
        if s.revoked_on:
            bureau.deltas[s.revoked_on].append(line(s, "作废"))
    for day in bureau.delta_days:
        for s in random.sample(settled, min(len(settled), bureau.daily(0.0001, least=1))):
            s.level = min(4, s.level + 1)  # assessed again
            bureau.deltas[day].append(line(s, "修改"))
    return bureau.with_repeats(full), bureau.finish()


# ---- other departments, full only ------------------------------------------------------------------------


def disability_card(world: World) -> Deliveries:
    """残疾人证. The card number is the citizen's number, category and level, and typed by machine."""
    bureau = Bureau(world, "disability_card")

    def line(card: DisabilityCard) -> Line:
        person = card.person
        return [
            f"{person.number}{card.category}{card.level}",
            bureau.name(person),
            str(card.category),
            str(card.level),
            card.issued_on.isoformat(),
            card.valid_until.isoformat(),
            "注销" if card.cancelled else "有效",
        ], [("person", person.uid)]

    return bureau.with_repeats(line(card) for person in world.people for card in person.cards), {}


def social_insurance(world: World) -> Deliveries:
    """社保, the month of the first delivery. The number is part of the key, so it is clean."""
    bureau = Bureau(world, "social_insurance")
    month = month_text(month_of(bureau.first_day))

    def lines() -> Iterator[Line]:
        for person in world.people:
            if (i := person.insurance) is None or person.came_on:
                continue
            yield (
                [
                    person.number,
                    bureau.name(person),
                    i.kind,
                    "领取" if i.pension else "在缴",
                    i.base or "",
                    i.pension or "",
                    i.employer,
                    month,
                    "是" if i.public else "否",
                ],
                [("person", person.uid)],
            )

    return bureau.with_repeats(lines(), 0.0003), {}


def vehicle(world: World) -> Deliveries:
    """公安交管."""
    bureau = Bureau(world, "vehicle")
    random = bureau.random
    taken: set[str] = set()

    def plate() -> str:
        while True:
            tail = "".join(random.choice("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789") for _ in range(5))
            number = random.choice(world.settings.city.plates) + tail
            if number not in taken:
                taken.add(number)
                return number

    def lines() -> Iterator[Line]:
        for v in world.vehicles:
            yield (
                [
                    plate(),
                    v.kind,
                    "非营运",
                    v.first_registered.isoformat(),
                    f"{v.value:.2f}",
                    bureau.name(v.owner),
                    bureau.number(v.owner),
                    v.state,
                ],
                [("owner", v.owner.uid)],
            )

    return bureau.with_repeats(lines()), {}


def real_estate(world: World) -> Deliveries:
    """不动产, one line per unit and owner."""
    bureau = Bureau(world, "real_estate")
    random, clerk = bureau.random, bureau.clerk
    taken: set[str] = set()

    def unit_number(home: Property) -> str:
        while True:
            parcel = f"{home.owners[0].division}{random.randrange(10**9):09d}"
            number = f"{parcel}{random.randrange(10**3):03d}F{random.randrange(10**8):08d}"
            if number not in taken:
                taken.add(number)
                return number

    def lines() -> Iterator[Line]:
        for home in world.properties:
            number, shared = unit_number(home), len(home.owners) > 1
            for owner in home.owners:
                yield (
                    [
                        number,
                        bureau.name(owner),
                        clerk.number(owner.number, workbook=True) or None,
                        "共同共有" if shared else "单独所有",
                        "50%" if shared else "100%",
                        home.area,
                        home.use,
                        home.address,
                        home.registered_on,
                        home.state,
                    ],
                    [("owner", owner.uid)],
                )

    return bureau.with_repeats(lines()), {}


def company(world: World) -> Deliveries:
    """市场监管, nested: the legal representative first, then the shareholders."""
    bureau = Bureau(world, "company")
    office = NumberOffice(bureau.random)

    def lines() -> Iterator[Line]:
        for c in world.companies:
            officers: list[dict[str, Any]] = [
                {
                    "角色": "法定代表人",
                    "姓名": bureau.name(c.representative),
                    "证件号": bureau.number(c.representative),
                }
            ]
            officers += [
                {
                    "角色": "股东",
                    "姓名": bureau.name(owner),
                    "证件号": bureau.number(owner),
                    "出资比例": share,
                }
                for owner, share in c.shareholders
            ]
            people = [c.representative, *(owner for owner, _ in c.shareholders)]
            yield (
                {
                    "统一社会信用代码": office.company(c.representative.division),
                    "名称": c.name,
                    "类型": "有限责任公司",
                    "注册资本万元": c.capital,
                    "登记状态": c.state,
                    "成立日期": c.founded_on.isoformat(),
                    "人员": officers,
                },
                [(f"officer{place}", person.uid) for place, person in enumerate(people, 1)],
            )

    return bureau.with_repeats(lines()), {}


#: In the order in which they are written.
FEEDS: dict[str, Callable[[World], Deliveries]] = {
    "population": population,
    "marriage_event": marriage_event,
    "cremation": cremation,
    "aid_household": aid_household,
    "entitlement": entitlement,
    "payment": payment,
    "temporary_aid": temporary_aid,
    "stay": stay,
    "disability_card": disability_card,
    "social_insurance": social_insurance,
    "vehicle": vehicle,
    "real_estate": real_estate,
    "company": company,
}
