"""Planted cases: for every rule some that are wrong (hit) and some that only look wrong (near miss).

Each method plants one case and says whether it found somebody to plant it on. About 10 hits and 5
near misses per rule and 20 thousand residents, at least 3 and 2. What came of them is not decided
here but by `truth`, which looks at the finished world.
"""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random

from . import aid, circumstances, marriages, names, working_days
from .aid import Family
from .defects import wrong_digit
from .months import birthday, month_of, month_start
from .world import AidHousehold, Entitlement, Insurance, Person, TemporaryAid, World

_HITS_PER_RESIDENT = 1 / 2000
_TRIES = 12  # fresh people, when the first turn out not to fit


def plant(world: World, random: Random) -> None:
    """Plant all cases; stops quietly for a rule when the city is too small for more."""
    if world.settings.anomalies <= 0:
        return
    planter = Planter(world, random)
    hits = max(3, round(world.settings.residents * _HITS_PER_RESIDENT * world.settings.anomalies))
    misses = max(2, hits // 2)
    for rule in (
        planter.a01,
        planter.a02,
        planter.a03,
        planter.a04,
        planter.a05,
        planter.b01,
        planter.b02,
        planter.b03,
        planter.b04,
        planter.b05,
        planter.b06,
        planter.b07,
        planter.c01,
        planter.c02,
        planter.c03,
        planter.c04,
        planter.c05,
        planter.c06,
        planter.d01,
        planter.d02,
        planter.d03,
        planter.d04,
        planter.d05,
        planter.e01,
        planter.e02,
        planter.e03,
        planter.e04,
        planter.e05,
        planter.e06,
        planter.e07,
        planter.f01,
        planter.f02,
        planter.f03,
        planter.g01,
        planter.g03,
    ):
        for hit, cases in ((True, hits), (False, misses)):
            for turn in range(cases):
                any(rule(hit, turn) for _ in range(_TRIES))


class Planter:
    """Draws fresh people from the city, each for one case only."""

    def __init__(self, world: World, random: Random) -> None:
        self.world = world
        self.random = random
        self.day = world.settings.as_of
        self.first_day = world.settings.first_day
        self.month = month_of(world.settings.first_day)  # the current month
        self._people = random.sample(world.people, len(world.people))
        self._households = random.sample(world.households, len(world.households))
        self._places: dict[str, int] = {}

    # ---- drawing people ---------------------------------------------------------------------

    def person(self, pool: str, fits: Callable[[Person], bool]) -> Person | None:
        """The next free living person of a pool; a pool is read once from front to back."""
        for place in range(self._places.get(pool, 0), len(self._people)):
            person = self._people[place]
            if not (person.busy or person.aid or person.entitlements or person.died) and fits(person):
                self._places[pool] = place + 1
                person.busy = True
                return person
        self._places[pool] = len(self._people)
        return None

    def family(self, pool: str, fits: Callable[[Family], bool] = lambda family: True) -> Family | None:
        for place in range(self._places.get(pool, 0), len(self._households)):
            family = aid.family_of(self.world, self._households[place])
            if (
                family
                and not any(p.cards or p.stays or p.entitlements for p in family.people)
                and fits(family)
            ):
                self._places[pool] = place + 1
                for person in family.people:
                    person.busy = True
                return family
        self._places[pool] = len(self._households)
        return None

    def elder(self, pool: str, oldest: int = 79) -> Person | None:
        """Somebody of 62 or more who lives alone and has nobody to object."""
        family = self.family(
            pool,
            lambda f: len(f.people) == len(f.household.members) == 1 and 62 <= f.head.age(self.day) <= oldest,
        )
        return family.head if family else None

    def dibao(
        self, pool: str, fits: Callable[[Family], bool] = lambda family: True, latest: date | None = None
    ) -> AidHousehold | None:
        """A dibao household in good order, approved at least fourteen months ago."""
        limit = latest or self.day - timedelta(days=430)
        while family := self.family(pool, fits):
            household = self.approve("DB", family.people, limit)
            if household:
                return household
        return None

    def approve(
        self, code: str, people: list[Person], latest: date, division: str = ""
    ) -> AidHousehold | None:
        approved = aid.approval_day(self.world, self.random, people, latest)
        if approved is None:
            return None
        household = aid.found(self.world, self.random, code, people, approved, division)
        household.planted = True
        return household

    def approve_in(self, code: str, people: list[Person], month: int, division: str = "") -> AidHousehold:
        """Approved in a given month, paid from the next."""
        approved = month_start(month) + timedelta(days=self.random.randint(2, 26))
        household = aid.found(self.world, self.random, code, people, approved, division)
        household.planted = True
        return household

    def entitle(
        self, person: Person, code: str, first: int, last: int | None = None, pays_until: int | None = None
    ) -> Entitlement:
        """From one month to another; pays_until makes the office pay beyond the end."""
        end = None if last is None else month_start(last) + timedelta(days=19)
        entitlement = aid.entitle(self.world, self.random, person, code, month_start(first), end, pays_until)
        entitlement.planted = True
        return entitlement

    def bury(self, person: Person, died: date, recorded: bool = True) -> None:
        """A recorded death is known from a cremation or from the police while deltas run."""
        late = circumstances.late_day(self.world, self.random, self.first_day)
        by_police = recorded and late is not None and self.random.random() < 0.3
        known = late if by_police else died + timedelta(days=self.random.randint(10, 40))
        self.world.bury(person, died, known, cremated=not by_police)
        person.insurance = None

    def note(
        self, rule: str, hit: bool, person: Person, household: AidHousehold | None = None, why: str = ""
    ) -> bool:
        self.world.plant(rule, "hit" if hit else "near_miss", person, household, why)
        return True

    def months_ago(self, months: int) -> date:
        return month_start(self.month - months) + timedelta(days=self.random.randint(1, 26))

    def elsewhere(self, division: str) -> str:
        return self.random.choice([d.code for d in self.world.settings.city.divisions if d.code != division])

    # ---- A: the dead --------------------------------------------------------------------------

    def a01(self, hit: bool, turn: int) -> bool:
        """死亡后继续发放: dibao of a household of one, or 高龄津贴."""
        old_age = hit and turn % 3 == 2
        person = (
            self.person(
                "very old alone",
                lambda p: (
                    82 <= p.age(self.day) <= 96
                    and not p.stays
                    and not p.cards
                    and p.household is not None
                    and len(p.household.members) == 1
                ),
            )
            if old_age
            else self.elder("alone")
        )
        if not person:
            return False
        died = self.months_ago(self.random.randint(3, 5))
        month = month_of(died)
        if old_age:
            start = max(month_of(birthday(person.born, 80)), self.month - 60)
            self.bury(person, died)
            self.entitle(person, "GL", start, pays_until=month + self.random.randint(1, 3))
            return self.note("A01", hit, person, why="高龄津贴")
        household = self.approve("DB", [person], died - timedelta(days=400))
        if household is None:
            return False
        self.bury(person, died)
        if hit:
            household.last_month = month + self.random.randint(1, 3)
            return self.note("A01", hit, person, household)
        aid.stop(household, died)
        pay = household.monthly(month, self.world.standards)
        if turn % 3 == 1:
            household.turns[month - 1] = ((month + 1, pay, "补发"),)
        elif turn % 3 == 2:
            household.last_month = month + 1
            household.turns[month + 1] = ((month + 1, pay, "退回"),)
        return self.note(
            "A01",
            hit,
            person,
            household,
            ("仅发至死亡当月", "死亡后补发以前月份", "死亡次月发放已退回")[turn % 3],
        )

    def a02(self, hit: bool, turn: int) -> bool:
        """死亡后仍在院."""
        person = self.elder("alone", oldest=95)
        if not person:
            return False
        died = self.first_day - timedelta(days=self.random.randint(70, 420))
        self.bury(person, died)
        stay = circumstances.admit(
            self.world, self.random, person, died - timedelta(days=self.random.randint(90, 900))
        )
        if hit:
            stay.left_on = None if turn % 2 == 0 else died + timedelta(days=self.random.randint(9, 60))
            return self.note("A02", hit, person)
        stay.left_on = died + timedelta(days=1 + turn % 3)
        return self.note("A02", hit, person, why="死亡后三日内离院")

    def a03(self, hit: bool, turn: int) -> bool:
        """重复火化登记."""
        for place in range(self._places.get("dead", 0), len(self._people)):
            person = self._people[place]
            if person.died and not person.busy and (self.first_day - person.died).days > 90:
                self._places["dead"] = place + 1
                break
        else:
            return False
        person.busy = True
        person.cremated_on = person.died
        revocable = circumstances.late_day(self.world, self.random, self.first_day)
        if not hit and (turn % 2 or revocable is None):
            self.world.resent.add(person)
            return self.note("A03", hit, person, why="同一火化登记重复送达")
        assert person.died
        second = circumstances.register_cremation(
            self.world, self.random, person, person.died + timedelta(days=self.random.randint(5, 9))
        )
        second.home = f"{self.elsewhere(person.division)}BYG"
        if hit:
            return self.note("A03", hit, person)
        second.revoked_on = revocable
        return self.note("A03", hit, person, why="重复登记已作废")

    def a04(self, hit: bool, turn: int) -> bool:
        """死后有活动: somebody else acts under the name of a dead person."""
        person = self.person("grown up", self._grown_and_single)
        if not person:
            return False
        died = self.months_ago(self.random.randint(4, 9)) if hit else self.months_ago(1)
        self.bury(person, died)
        if hit and turn % 3 == 0:
            entered = died + timedelta(days=self.random.randint(20, 60))
            stay = circumstances.admit(self.world, self.random, person, entered)
            stay.left_on = entered + timedelta(days=self.random.randint(5, 30))
        elif turn % 3 == 1:  # the employer goes on paying; one month is no wonder
            person.insurance = circumstances.job(self.random)
        else:
            applied = died + timedelta(days=self.random.randint(15, 60) if hit else -2)
            self.help_out(person, "支出型", applied, working_days.after(applied, 5))
        return self.note(
            "A04", hit, person, why="" if hit else ("临终前申请", "死亡次月仍缴费")[turn % 3 % 2]
        )

    def a05(self, hit: bool, turn: int) -> bool:
        """死亡日期冲突: the crematory wrote another day than the police, or one after the cremation."""
        person = self.person("grown up", self._grown_and_single)
        if not person:
            return False
        died = self.first_day - timedelta(days=self.random.randint(150, 600))
        late = circumstances.late_day(self.world, self.random, self.first_day)
        self.world.bury(person, died, late, cremated=True)
        person.insurance = None
        if not hit:
            self.world.misdated[person] = died - timedelta(days=self.random.randint(1, 25))
        elif late and turn % 2:
            self.world.misdated[person] = died - timedelta(days=self.random.randint(40, 120))
        else:
            self.world.misdated[person] = died + timedelta(days=self.random.randint(10, 25))
        return self.note("A05", hit, person, why="" if hit else "相差不足一月")

    def _grown_and_single(self, person: Person) -> bool:
        return 25 <= person.age(self.day) <= 60 and not (
            person.marriages or person.cards or person.stays or person.children
        )

    def help_out(self, person: Person, kind: str, applied: date, paid: date) -> None:
        self.world.temporary_aid.append(TemporaryAid(person, kind, applied, paid, 800, "突发困难"))

    # ---- B: benefits that exclude each other -----------------------------------------------------

    def b01(self, hit: bool, turn: int) -> bool:
        """跨区重复低保; a transfer ends in one district in the month before it begins in the other."""
        first = self.dibao("family", lambda f: len(f.people) <= 3, self.months_ago(15))
        if not first:
            return False
        moved = self.month - self.random.randint(7, 11)
        people = [member.person for member in first.members]
        second = self.approve_in("DB", people, moved, self.elsewhere(first.division))
        if not hit:
            aid.stop(first, month_start(moved) + timedelta(days=24))
        elif turn % 2:
            aid.stop(first, self.months_ago(3))
        for person in people:
            self.note("B01", hit, person, second, "" if hit else "迁移转接")
        return True

    def b02(self, hit: bool, turn: int) -> bool:
        """低保特困重复."""
        person = self.elder("alone")
        dibao = self.approve("DB", [person], self.months_ago(15)) if person else None
        if not person or not dibao:
            return False
        turned = self.month - self.random.randint(7, 11)
        tekun = self.approve_in("TK", [person], turned)
        if not hit:
            aid.stop(dibao, month_start(turned) + timedelta(days=24))
        elif turn % 2:
            aid.stop(dibao, self.months_ago(3))
        return self.note("B02", hit, person, tekun, "" if hit else "低保转特困")

    def b03(self, hit: bool, turn: int) -> bool:
        """护理补贴重复."""
        person = self.person("old", self._plain_elder)
        if not person:
            return False
        circumstances.give_card(self.world, self.random, person, level=1 + turn % 2)
        start = self.month - self.random.randint(5, 12)
        self.entitle(person, "HL", self.month - 20, None if hit else start - 1)
        self.entitle(person, "YL", start, start + 2 if hit and turn % 3 == 2 else None)
        return self.note("B03", hit, person, why="" if hit else "择一转换")

    def b04(self, hit: bool, turn: int) -> bool:
        """孤儿与生活补贴重复."""
        person = self._minor()
        if not person:
            return False
        circumstances.give_card(self.world, self.random, person, level=3 + turn % 2)
        start = self.month - self.random.randint(4, 10)
        self.entitle(person, "CJ", self.month - 18, None if hit else start - 1)
        self.entitle(person, self._orphan_code(person), start)
        return self.note("B04", hit, person, why="" if hit else "转入孤儿保障前已停")

    def b05(self, hit: bool, turn: int) -> bool:
        """住院享居家补贴; the months of entry and of leaving do not count."""
        person = self.person("old", self._plain_elder)
        if not person:
            return False
        entered = self.months_ago(self.random.randint(5, 14))
        month = month_of(entered)
        stay = circumstances.admit(self.world, self.random, person, entered)
        if hit:
            self.entitle(person, "YL", month - 4, month + 3 if turn % 3 == 2 else None)
            return self.note("B05", hit, person)
        if turn % 2:
            self.entitle(person, "YL", month - 4, month)
            return self.note("B05", hit, person, why="入院当月停发")
        stay.left_on = self.months_ago(3)
        self.entitle(person, "YL", self.month - 3)
        return self.note("B05", hit, person, why="离院后领取")

    def b06(self, hit: bool, turn: int) -> bool:
        """特困享残疾补贴."""
        person = self.elder("alone")
        if not person:
            return False
        level = 2 if turn % 2 else 3
        circumstances.give_card(self.world, self.random, person, level)
        turned = self.month - self.random.randint(7, 14)
        tekun = self.approve_in("TK", [person], turned)
        self.entitle(person, "HL" if level == 2 else "CJ", self.month - 20, None if hit else turned)
        return self.note("B06", hit, person, tekun, "" if hit else "转入特困前已停")

    def b07(self, hit: bool, turn: int) -> bool:
        """多户同一账号: three households a group, so every third turn plants one."""
        if hit and turn % 3:
            return True
        if hit or turn % 2 == 0:
            group = [self.dibao("family") for _ in range(3 if hit else 2)]
            why = "" if hit else "两户同一账号"
        else:
            group, why = self._institution_group(), "供养机构代管账户"
        households = [household for household in group if household]
        if len(households) < len(group):
            return False
        for household in households:
            household.account = households[0].account
            self.note("B07", hit, household.person, household, why)
        return True

    def _institution_group(self) -> list[AidHousehold | None]:
        """Three tekun in one institution, whose account receives their support."""
        group: list[AidHousehold | None] = []
        institution = ""
        for _ in range(3):
            person = self.elder("alone")
            if not person:
                return [None]
            institution = institution or f"{person.division}YL09"
            household = self.approve("TK", [person], self.months_ago(14))
            group.append(household)
            if household:
                stay = circumstances.admit(
                    self.world, self.random, person, household.approved_on, institution
                )
                stay.funding = "政府供养"
        return group

    def _plain_elder(self, person: Person) -> bool:
        return 66 <= person.age(self.day) <= 78 and not person.cards and not person.stays

    def _minor(self) -> Person | None:
        return self.person("minor", lambda p: 3 <= p.age(self.day) <= 15 and not p.cards and not p.stays)

    def _orphan_code(self, person: Person) -> str:
        parents = (person.father, person.mother)
        return "SW" if any(parent and parent.alive(self.day) for parent in parents) else "GE"

    # ---- C: marriages ---------------------------------------------------------------------------

    def c01(self, hit: bool, turn: int) -> bool:
        """配偶未申报."""
        family = self.family("couple", lambda f: f.spouse is not None)
        if not family or not family.spouse:
            return False
        applicant = family.spouse if turn % 2 else family.head
        partner = family.head if turn % 2 else family.spouse
        if not hit and (turn % 2 or self.world.settings.defects <= 0):  # widowed before the application
            died = self.first_day - timedelta(days=self.random.randint(700, 900))
            if partner.marriages[-1].registered_on >= died:
                return False
            self.bury(partner, died)
            household = self.approve("DB", [applicant, *family.children], self.months_ago(9))
            return bool(household) and self.note("C01", hit, applicant, household, "丧偶")
        people = [applicant, *family.children] if hit else [applicant, partner, *family.children]
        household = self.approve("DB", people, self.months_ago(6))
        if not household:
            return False
        if hit:
            household.marital = self.random.choice(("离异", "未婚"))
            return self.note("C01", hit, applicant, household)
        household.members[1].number_as_typed = wrong_digit(self.random, partner.number)
        return self.note("C01", hit, applicant, household, "配偶已申报，号码有误")

    def c02(self, hit: bool, turn: int) -> bool:
        """申请前短期离婚."""
        family = self.family("couple", lambda f: f.spouse is not None)
        if not family or not family.spouse:
            return False
        applicant = family.spouse if turn % 2 else family.head
        marriage = applicant.open_marriage(self.day)
        approved_in = self.month - self.random.randint(5, 14)
        divorced = month_start(approved_in) - timedelta(
            days=self.random.randint(20, 300) if hit else self.random.randint(420, 900)
        )
        if not marriage or divorced - timedelta(days=60) < marriage.registered_on:
            return False
        if any(month_of(child.born) >= approved_in - 9 for child in family.children):
            return False
        marriages.end(marriage, divorced, "divorce")
        marriage.reissued_on = None
        household = self.approve_in("DB", [applicant, *family.children], approved_in)
        return self.note("C02", hit, applicant, household, "" if hit else "多年前离婚")

    def c03(self, hit: bool, turn: int) -> bool:
        """婚姻登记重叠."""
        person = self.person("married", lambda p: 28 <= p.age(self.day) <= 60 and self._one_marriage(p))
        partner = person and self.person(
            f"single {person.sex}",
            lambda p: (
                p.sex != person.sex
                and 24 <= p.age(self.day) <= 60
                and not p.marriages
                and abs(p.born.year - person.born.year) < 15
            ),
        )
        if not person or not partner:
            return False
        man, woman = (person, partner) if person.sex == 1 else (partner, person)
        wedding = self.months_ago(self.random.randint(3, 20))
        marriage = person.marriages[0]
        marriage.other(person).busy = True
        if wedding < max(marriages.of_age(man, woman), marriage.registered_on + timedelta(days=400)):
            return False
        before = wedding - timedelta(days=self.random.randint(45, 300))
        why = ""
        if not hit and turn % 2:
            self.bury(marriage.other(person), before)
            why = "前婚因配偶死亡终止"
        elif not hit:
            marriages.end(marriage, before, "divorce")
            marriage.divorce_comes_late = True
            why = "前婚已离，离婚记录晚到"
        if marriage.reissued_on and marriage.reissued_on > before:
            marriage.reissued_on = None
        marriages.unite(self.world, man, woman, wedding)
        return self.note("C03", hit, person, why=why)

    def _one_marriage(self, person: Person) -> bool:
        if len(person.marriages) != 1 or not person.marriages[0].stands(self.day):
            return False
        other = person.marriages[0].other(person)
        return (
            not (other.busy or other.aid or other.died or other.entitlements or other.cards or other.stays)
            and len(other.marriages) == 1
        )

    def c04(self, hit: bool, turn: int) -> bool:
        """重复家庭成员: a marginal household beside dibao, so that no month is paid twice."""
        first = self.dibao("family", lambda f: len(f.people) <= 3, self.months_ago(15))
        if not first:
            return False
        people = [member.person for member in first.members]
        second = self.approve_in("BY", people, self.month - self.random.randint(4, 11), first.division)
        why = ""
        if not hit and turn % 2:
            aid.stop(first, second.approved_on + timedelta(days=10))
            why = "转类，前一户已停保"
        elif not hit:
            for member in second.members:
                member.covered = False
            why = "单人保，仅申报不计入"
        for person in people:
            self.note("C04", hit, person, second, why)
        return True

    def c05(self, hit: bool, turn: int) -> bool:
        """未达婚龄."""
        person = self.person(
            "young husband",
            lambda p: p.sex == 1 and 26 <= p.age(self.day) <= 44 and self._one_marriage(p),
        )
        if not person:
            return False
        marriage = person.marriages[0]
        wife = marriage.other(person)
        wife.busy = True
        of_age = marriages.of_age(person, wife) if not hit else birthday(person.born, 22)
        marriage.registered_on = of_age - timedelta(days=self.random.randint(10, 300) if hit else 0)
        marriage.reissued_on = None
        return self.note("C05", hit, person, why="" if hit else "达到婚龄当日登记")

    def c06(self, hit: bool, turn: int) -> bool:
        """婚姻状况与登记不符."""
        if not hit and turn % 2:
            person = self.elder("alone")
            household = person and self.approve("DB", [person], self.months_ago(9))
            if not person or not household or household.marital == "已婚":
                return False
            household.marital = "未婚"
            return self.note("C06", hit, person, household, "丧偶、离异写作未婚")
        family = self.family("couple", lambda f: f.spouse is not None)
        marriage = family and family.head.open_marriage(self.day)
        if not family or not family.spouse or not marriage:
            return False
        if hit and turn % 2:
            approved_in = self.month - self.random.randint(5, 14)
            divorced = month_start(approved_in) - timedelta(days=self.random.randint(450, 900))
            if divorced - timedelta(days=60) < marriage.registered_on or any(
                month_of(child.born) >= approved_in - 9 for child in family.children
            ):
                return False
            marriages.end(marriage, divorced, "divorce")
            marriage.reissued_on = None
            household = self.approve_in("DB", [family.head, *family.children], approved_in)
            household.marital = "已婚"
            return self.note("C06", hit, family.head, household, "离婚后仍申报已婚")
        approved = self.approve("DB", family.people, self.months_ago(9))
        if not approved or (approved.applied_on - marriage.registered_on).days < 60:
            return False
        if hit:
            approved.marital = "未婚"
        else:
            marriage.reissued_on = approved.applied_on - timedelta(days=15)
        return self.note("C06", hit, family.head, approved, "" if hit else "补领证件")

    # ---- D: means -------------------------------------------------------------------------------

    def d01(self, hit: bool, turn: int) -> bool:
        """有在营企业."""
        person, household = self._grown_member()
        if not person:
            return False
        if hit and turn % 3 == 2:  # only a shareholder
            other = self.person("owner", lambda p: 25 <= p.age(self.day) <= 60)
            if not other:
                return False
            company = circumstances.found_company(self.world, self.random, other, "存续")
            company.shareholders = ((other, 0.7), (person, 0.3))
        else:
            state = "存续" if hit else ("注销", "吊销")[turn % 2]
            company = circumstances.found_company(self.world, self.random, person, state)
            company.shareholders = ((person, 1.0),)
        return self.note("D01", hit, person, household, "" if hit else ("企业已注销", "企业已吊销")[turn % 2])

    def d02(self, hit: bool, turn: int) -> bool:
        """有机动车."""
        person, household = self._grown_member()
        if not person:
            return False
        value = circumstances.costly_car(self.random)
        if hit:
            circumstances.give_car(self.world, self.random, person, value)
            return self.note("D02", hit, person, household)
        if turn % 2:
            circumstances.give_car(self.world, self.random, person, value, state="报废")
            return self.note("D02", hit, person, household, "车辆已报废")
        circumstances.give_car(self.world, self.random, person, 0.8, kind="C21")
        return self.note("D02", hit, person, household, "残疾人代步车")

    def d03(self, hit: bool, turn: int) -> bool:
        """多套住房."""
        household = self.dibao("several", lambda f: f.spouse is not None)
        if not household:
            return False
        couple = (household.members[0].person, household.members[1].person)
        book = household.person.household
        assert book
        home = circumstances.give_home(self.world, self.random, couple, book)
        home.owners = couple
        second = circumstances.give_home(
            self.world, self.random, couple[turn % 2 :][:1], book, use="住宅" if hit else "车库"
        )
        second.address = second.address if not hit else f"{second.address[:-1]}东{second.address[-1]}"
        return self.note("D03", hit, household.person, household, "" if hit else "共有一套加车库")

    def d04(self, hit: bool, turn: int) -> bool:
        """收入超标: contributions or pensions far above (or just below) the standard."""
        person, household = self._grown_member()
        if not person or not household:
            return False
        line = self.world.standards.amount(household.standard, self.month) * len(household.members)
        others = sum(
            m.person.insurance.income
            for m in household.members
            if m.person is not person and m.person.insurance
        )
        income = int(line * (1.25 + 0.1 * (turn % 4))) if hit else int(line * 0.9) - others
        if income < 300:
            return False
        retired = person.age(self.day) >= 60
        person.insurance = Insurance(
            "职工养老",
            base=0 if retired else income,
            pension=income if retired else 0,
            employer="" if retired else "织里童装加工部",
        )
        return self.note("D04", hit, household.person, household, "" if hit else "收入增加未超标准")

    def d05(self, hit: bool, turn: int) -> bool:
        """财政供养人员; the near miss has a namesake on the public payroll."""
        person, household = self._grown_member()
        if not person or not household:
            return False
        if hit:
            line = self.world.standards.amount(household.standard, self.month) * len(household.members)
            others = sum(
                m.person.insurance.income
                for m in household.members
                if m.person is not person and m.person.insurance
            )
            person.insurance = circumstances.public_job(self.random, max(200, int(line * 0.85) - others))
            return self.note("D05", hit, person, household)
        namesake = self.person("owner", lambda p: 25 <= p.age(self.day) <= 58)
        if not namesake:
            return False
        namesake.name = person.name
        namesake.insurance = circumstances.public_job(self.random, 7200)
        return self.note("D05", hit, person, household, "同名不同人")

    def _grown_member(self) -> tuple[Person | None, AidHousehold | None]:
        household = self.dibao("worker", lambda f: 25 <= f.head.age(self.day) <= 57)
        return (household.person, household) if household else (None, None)

    # ---- E: amounts and conditions ------------------------------------------------------------------

    def e01(self, hit: bool, turn: int) -> bool:
        """年龄不符高龄津贴; in the month of the 80th birthday it is right."""
        if hit:
            person = self.person(
                "seventies", lambda p: 70 <= p.age(self.day) <= 77 and not p.stays and not p.cards
            )
            if not person:
                return False
            self.entitle(person, "GL", self.month - self.random.randint(6, 16))
            return self.note("E01", hit, person)
        window = range(self.world.settings.first_paid_month + 1, self.month)
        person = self.person("just eighty", lambda p: month_of(birthday(p.born, 80)) in window)
        return person is not None and self.note("E01", hit, person, why="当月满80")

    def e02(self, hit: bool, turn: int) -> bool:
        """残疾等级不符."""
        person = self.person(
            "grown up", lambda p: 20 <= p.age(self.day) <= 60 and not p.cards and not p.stays
        )
        if not person:
            return False
        start = self.month - self.random.randint(4, 17)
        if hit:
            if turn % 3 == 1:
                circumstances.give_card(self.world, self.random, person, level=3)
            elif turn % 3 == 2:
                circumstances.give_card(self.world, self.random, person, level=2, valid=False)
            self.entitle(person, "HL", start)
            return self.note("E02", hit, person)
        revocable = circumstances.late_day(self.world, self.random, self.first_day)
        if turn % 2 and revocable:
            entitlement = self.entitle(person, "HL", self.month)
            entitlement.last_month = self.month - 1  # never paid
            entitlement.revoked_on = revocable
            return self.note("E02", hit, person, why="录入错误已作废")
        circumstances.give_card(self.world, self.random, person, level=3, valid=False)
        card = circumstances.give_card(self.world, self.random, person, level=2)
        card.issued_on = month_start(start) - timedelta(days=40)
        card.valid_until = birthday(card.issued_on, 10) - timedelta(days=1)
        self.entitle(person, "HL", start)
        return self.note("E02", hit, person, why="旧证注销、新证二级")

    def e03(self, hit: bool, turn: int) -> bool:
        """停保后发放."""
        household = self.dibao("family")
        if not household:
            return False
        aid.stop(household, self.months_ago(self.random.randint(4, 6)))
        assert household.last_month
        month = household.last_month
        if hit:
            household.last_month += self.random.randint(1, 3)
            return self.note("E03", hit, household.person, household)
        if turn % 2:
            pay = household.monthly(month, self.world.standards)
            household.turns[month] = ((month + 1, pay, "补发"),)
        return self.note(
            "E03", hit, household.person, household, ("停发当月仍应发放", "停保后补发当月")[turn % 2]
        )

    def e04(self, hit: bool, turn: int) -> bool:
        """发放金额不符."""
        latest = month_start(self.world.standards.change_month) - timedelta(days=60)
        household = self.dibao("family", latest=latest)
        if not household:
            return False
        month = self.month - self.random.randint(2, 4)
        pay = household.monthly(month, self.world.standards)
        if hit:
            wrong = pay + (150 + 30 * turn if turn % 3 else -pay // 4)
            household.turns[month] = ((month, wrong, "成功"),)
            return self.note("E04", hit, household.person, household)
        household.turns[month] = ((month + 1, pay, "补发"),)
        return self.note("E04", hit, household.person, household, "补发两个月")

    def e05(self, hit: bool, turn: int) -> bool:
        """超龄孤儿保障."""
        window = range(self.month - 16, self.month - 3)
        person = self.person(
            "just eighteen", lambda p: month_of(birthday(p.born, 18)) in window and not p.cards
        )
        if not person:
            return False
        month = month_of(birthday(person.born, 18))
        entitlement = self.entitle(person, self._orphan_code(person), month - 30, None if hit else month)
        if not hit:
            entitlement.ends_on = birthday(person.born, 18)
            return self.note("E05", hit, person, why="当月满18")
        if turn % 3 == 2:
            entitlement.last_month = month + 2
            entitlement.ends_on = month_start(month + 2) + timedelta(days=27)
        return self.note("E05", hit, person)

    def e06(self, hit: bool, turn: int) -> bool:
        """同月重复发放."""
        month = self.month - self.random.randint(2, 4)
        if turn % 3 == 0:
            household = self.dibao("family", lambda f: len(f.people) <= 3)
            if not household:
                return False
            pay = household.monthly(month, self.world.standards)
            again = ((month, pay, "成功"), (month + 1, pay, "补发"))
            corrected = ((month, pay - pay // 5, "成功"), (month + 1, pay // 5, "补发"))
            household.turns[month] = again if hit else corrected
            return self.note("E06", hit, household.person, household, "" if hit else "补差")
        person = self.person("old", self._plain_elder)
        if not person:
            return False
        circumstances.give_card(self.world, self.random, person, level=1 + turn % 2)
        first = self.entitle(person, "HL", self.month - 12, month if turn % 3 == 2 else None)
        pay = first.monthly(month, self.world.standards)
        if turn % 3 == 2:
            self.entitle(person, "HL", month - 1 if hit else month + 1)
            return self.note("E06", hit, person, why="" if hit else "换证后接续")
        first.turns[month] = ((month, pay, "成功" if hit else "退回"), (month + 1, pay, "补发"))
        return self.note("E06", hit, person, why="" if hit else "退回后重发")

    def e07(self, hit: bool, turn: int) -> bool:
        """号码无效仍发放: a stranger, whom nothing else names."""
        if self.world.settings.defects <= 0:  # then there are no faulty numbers at all
            return False
        person = self._stranger(turn) if hit else self.person("very old", self._very_old)
        if not person:
            return False
        # A stranger is paid for few months: every unresolved mention stands alone in the linkage's score.
        months = 3 if hit else 30
        entitlement = self.entitle(
            person, "GL", max(month_of(birthday(person.born, 80)), self.month - months)
        )
        entitlement.number_as_typed = wrong_digit(self.random, person.number)
        self.world.plant(
            "E07", "hit" if hit else "near_miss", person, entitlement, "" if hit else "能确认身份"
        )
        return True

    def _very_old(self, person: Person) -> bool:
        return 81 <= person.age(self.day) <= 97 and not person.cards and not person.stays

    def _stranger(self, turn: int) -> Person:
        """Somebody of 84 who stands in no register."""
        division = self.random.choice(self.world.settings.city.divisions).code
        sex = 1 + turn % 2
        born = birthday(self.day, -84)
        person = Person(
            uid=f"P{9_000_000 + len(self.world.strangers):07d}", sex=sex, born=born, division=division
        )
        person.surname = names.surname(self.random)
        person.name = person.surname + names.given_name(self.random, sex, born.year)
        person.number = self.world.office.person(division, born, sex)
        self.world.strangers.append(person)
        return person

    # ---- F: owed and not drawn -------------------------------------------------------------------------

    def f01(self, hit: bool, turn: int) -> bool:
        """高龄津贴应享未享."""
        person = self.person(
            "very old", lambda p: 81 <= p.age(self.day) <= 97 and not p.cards and not p.stays
        )
        if not person:
            return False
        if hit:
            self.world.withheld.add((person, "GL"))
            return self.note("F01", hit, person)
        if turn % 2 and self.world.settings.defects > 0:
            start = max(month_of(birthday(person.born, 80)), self.month - 60)
            self.entitle(person, "GL", start).number_as_typed = wrong_digit(self.random, person.number)
            return self.note("F01", hit, person, why="待遇登记号码有误")
        self.world.bury(
            person, self.first_day - timedelta(days=self.random.randint(18, 30)), None, cremated=True
        )
        person.insurance = None
        return self.note("F01", hit, person, why="近期死亡")

    def f02(self, hit: bool, turn: int) -> bool:
        """护理补贴应享未享."""
        if not hit and turn % 2:
            person = self.elder("alone")
            if not person:
                return False
            circumstances.give_card(self.world, self.random, person, level=2)
            household = self.approve("TK", [person], self.months_ago(14))
            return bool(household) and self.note("F02", hit, person, household, "已享特困供养")
        person = self.person("old", self._plain_elder)
        if not person:
            return False
        circumstances.give_card(self.world, self.random, person, level=1 + turn % 2)
        if hit:
            self.world.withheld.add((person, "HL"))
            return self.note("F02", hit, person)
        self.entitle(person, "YL", self.month - 9)
        return self.note("F02", hit, person, why="已享养老服务补贴")

    def f03(self, hit: bool, turn: int) -> bool:
        """生活补贴应享未享."""
        person, household = self._grown_member()
        if not person:
            return False
        circumstances.give_card(self.world, self.random, person, level=3 + turn % 2, valid=hit)
        if hit:
            self.world.withheld.add((person, "CJ"))
            return self.note("F03", hit, person, household)
        return self.note("F03", hit, person, household, "残疾人证已注销")

    # ---- G: procedure ------------------------------------------------------------------------------------

    def g01(self, hit: bool, turn: int) -> bool:
        """授权缺失或过期; the last day still counts."""
        household = self.dibao("family")
        if not household:
            return False
        household.authorised_until = self.day - timedelta(days=self.random.randint(1, 300) if hit else 0)
        return self.note("G01", hit, household.person, household, "" if hit else "授权最后一日")

    def g03(self, hit: bool, turn: int) -> bool:
        """急难型超时."""
        person = self.person("grown up", lambda p: 20 <= p.age(self.day) <= 60)
        if not person:
            return False
        applied = self.first_day - timedelta(days=self.random.randint(40, 600))
        count = self.random.randint(3, 9) if hit else 2
        self.help_out(person, "急难型", applied, working_days.after(applied, count))
        return self.note("G03", hit, person, why="" if hit else "两个工作日内")
