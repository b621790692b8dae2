"""What is true: every hit of the rule catalogue, found in the world itself, and the truth files.

Nothing here reads the list of planted cases to decide; it only takes notes from it. A hit nobody
planted carries the note `arose by itself`. The catalogue speaks of *registered* marriages: a divorce
by court never reaches the register, so its overlaps (C01, C03) are hits too, and say so.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from . import working_days
from .months import birthday, month_end, month_of, month_start, runs
from .parameters import CAR_VALUE_LIMIT_YUAN
from .world import AidHousehold, Benefit, Cremation, Entitlement, Marriage, Person, World

_BY_ITSELF = "arose by itself"
_COURT = "arose by itself: 法院离婚未入登记"


@dataclass(frozen=True, slots=True)
class Finding:
    rule: str
    person: Person
    household: Benefit | None = None
    begins: date | None = None
    ends: date | None = None
    court: bool = False  # only because a court divorce is missing from the register


def find_hits(world: World) -> list[Finding]:
    """Every true hit as of the last delivered day, one per rule, subject and unbroken period."""
    detective = _Detective(world)
    checks = (
        detective.paid_after_death,
        detective.in_institution_after_death,
        detective.cremated_twice,
        detective.active_after_death,
        detective.death_dates,
        detective.excluded_together,
        detective.shared_accounts,
        detective.marriages,
        detective.marital_statuses,
        detective.under_age,
        detective.two_households,
        detective.means,
        detective.misfit_payments,
        detective.paid_twice,
        detective.strangers,
        detective.missed,
        detective.procedure,
    )
    findings = [finding for check in checks for finding in check()]
    return sorted(
        findings,
        key=lambda f: (f.rule, f.person.uid, f.household.number if f.household else "", f.begins or date.min),
    )


class _Detective:
    """Asks every question of the catalogue about the finished world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.day = world.settings.as_of
        self.month = month_of(self.day)
        self.entitlements = [e for e in world.entitlements if not (e.revoked_on and e.revoked_on <= self.day)]

    # ---- helpers -------------------------------------------------------------------------------

    def standing(self, benefit: Benefit) -> dict[int, int]:
        """Yuan by month paid for, counting what stands as 成功 or 补发."""
        sums: dict[int, int] = defaultdict(int)
        for month, _, amount, status in benefit.schedule(self.world.settings, self.world.standards):
            if status != "退回" and amount:
                sums[month] += amount
        return sums

    def periods(
        self,
        rule: str,
        person: Person,
        household: AidHousehold | None,
        months: Iterator[int] | list[int] | set[int],
    ) -> Iterator[Finding]:
        """One finding per unbroken stretch; one that still runs has no end."""
        last_paid = self.world.settings.last_paid_month
        for first, last in runs(sorted(months)):
            yield Finding(
                rule, person, household, month_start(first), None if last == last_paid else month_end(last)
            )

    def paid(self, person: Person, *codes: str) -> set[int]:
        """Months paid for a person, personally or through a household."""
        months: set[int] = set()
        for household in person.aid:
            if household.code in codes:
                months |= self.standing(household).keys()
        for entitlement in person.entitlements:
            if entitlement.code in codes and not entitlement.revoked_on:
                months |= self.standing(entitlement).keys()
        return months

    def active_dibao(self) -> Iterator[AidHousehold]:
        return (a for a in self.world.aid if a.code == "DB" and a.active(self.day))

    def draws_now(self, person: Person, *codes: str) -> bool:
        return any(
            e.code in codes
            and e.starts_on <= self.day
            and (e.ends_on is None or e.ends_on > self.day)
            and not e.revoked_on
            for e in person.entitlements
        ) or any(a.code in codes and a.active(self.day) for a in person.aid)

    # ---- A -------------------------------------------------------------------------------------

    def paid_after_death(self) -> Iterator[Finding]:
        for entitlement in self.entitlements:
            if entitlement.person.died:
                month = month_of(entitlement.person.died)
                yield from self.periods(
                    "A01", entitlement.person, None, [m for m in self.standing(entitlement) if m > month]
                )
        for household in self.world.aid:
            deaths = [member.person.died for member in household.members]
            if None not in deaths:
                month = month_of(max(died for died in deaths if died))
                yield from self.periods(
                    "A01", household.person, household, [m for m in self.standing(household) if m > month]
                )

    def in_institution_after_death(self) -> Iterator[Finding]:
        for stay in self.world.stays:
            died = stay.person.died
            if not died or died > self.day or stay.revoked_on:
                continue
            if stay.left_on is None or stay.left_on > died + timedelta(days=3):
                yield Finding("A02", stay.person, begins=died, ends=stay.left_on)

    def cremated_twice(self) -> Iterator[Finding]:
        by_person: dict[Person, list[Cremation]] = defaultdict(list)
        for cremation in self.world.cremations:
            if not cremation.revoked_on:
                by_person[cremation.person].append(cremation)
        return (Finding("A03", person) for person, registered in by_person.items() if len(registered) > 1)

    def active_after_death(self) -> Iterator[Finding]:
        acts: dict[Person, list[date]] = defaultdict(list)
        for stay in self.world.stays:
            acts[stay.person].append(stay.entered_on)
        for aided in self.world.temporary_aid:
            acts[aided.person].append(aided.applied_on)
        for household in self.world.aid:
            for member in household.members:
                acts[member.person].append(household.applied_on)
        for marriage in self.world.marriages:
            if marriage.ended_by != "revocation":
                for person in (marriage.husband, marriage.wife):
                    acts[person].append(marriage.registered_on)
        for person in self.world.people:
            if person.died and person.died <= self.day:
                month = month_of(self.world.settings.first_day)
                pays = person.insurance and person.insurance.base and month_of(person.died) < month - 1
                if pays or any(day > person.died for day in acts[person]):
                    yield Finding("A04", person)

    def death_dates(self) -> Iterator[Finding]:
        """Against the police, if they have told; else against the cremation."""
        for person, written in self.world.misdated.items():
            if not person.died or not person.cremated_on:
                continue
            told = person.police_know_on is not None and self.world.settings.first_day < person.police_know_on
            differs = told and abs((written - person.died).days) > 30
            if differs or written > person.cremated_on:
                yield Finding("A05", person)

    # ---- B -------------------------------------------------------------------------------------

    def excluded_together(self) -> Iterator[Finding]:
        several = {e.person for e in self.entitlements if len(e.person.entitlements) + len(e.person.aid) > 1}
        several |= {
            m.person
            for a in self.world.aid
            for m in a.members
            if len(m.person.entitlements) + len(m.person.aid) > 1
        }
        for person in sorted(several, key=lambda p: p.uid):
            tekun = next((a for a in person.aid if a.code == "TK"), None)
            yield from self.periods("B02", person, tekun, self.paid(person, "DB") & self.paid(person, "TK"))
            yield from self.periods("B03", person, None, self.paid(person, "HL") & self.paid(person, "YL"))
            yield from self.periods(
                "B04", person, None, self.paid(person, "GE", "SW") & self.paid(person, "CJ")
            )
            yield from self.periods(
                "B06", person, tekun, self.paid(person, "TK") & self.paid(person, "CJ", "HL")
            )
            dibao = sorted((a for a in person.aid if a.code == "DB"), key=lambda a: a.approved_on)
            for place, first in enumerate(dibao):
                for second in dibao[place + 1 :]:
                    if first.division != second.division:
                        months = self.standing(first).keys() & self.standing(second).keys()
                        yield from self.periods("B01", person, second, months)
        for stay in self.world.stays:
            if stay.person.draws("YL") and not stay.revoked_on:
                whole = {
                    m
                    for m in self.paid(stay.person, "YL")
                    if stay.entered_on < month_start(m)
                    and (stay.left_on is None or stay.left_on > month_end(m))
                }
                yield from self.periods("B05", stay.person, None, whole)

    def shared_accounts(self) -> Iterator[Finding]:
        by_account: dict[str, list[AidHousehold]] = defaultdict(list)
        for household in self.world.aid:
            by_account[household.account].append(household)
        for group in by_account.values():
            families = {frozenset(member.person.uid for member in household.members) for household in group}
            if len(families) > 2 and not self._in_one_institution(group):
                yield from (Finding("B07", household.person, household) for household in group)

    def _in_one_institution(self, group: list[AidHousehold]) -> bool:
        """An institution holds the account of those who live in it."""
        homes = [{s.institution for s in a.person.stays if s.left_on is None} for a in group]
        return bool(set.intersection(*homes))

    # ---- C -------------------------------------------------------------------------------------

    def marriages(self) -> Iterator[Finding]:
        for household in self.active_dibao():
            declared = {member.person for member in household.members}
            for person in declared:
                for marriage in person.marriages:
                    spouse, ended = marriage.other(person), marriage.register_end()
                    if (
                        person.alive(self.day)
                        and spouse.alive(self.day)
                        and spouse not in declared
                        and marriage.registered_on <= self.day
                        and (ended is None or ended > self.day)
                    ):
                        yield Finding("C01", person, household, court=marriage.ended_by == "court_divorce")
        for household in self.world.aid:
            if household.code == "DB":
                for member in household.members:
                    for marriage in member.person.marriages:
                        if (
                            marriage.ended_by == "divorce"
                            and marriage.ended_on
                            and 0 <= (household.approved_on - marriage.ended_on).days <= 365
                        ):
                            yield Finding("C02", member.person, household, begins=marriage.ended_on)
        several = {p for m in self.world.marriages for p in (m.husband, m.wife) if len(p.marriages) > 1}
        for person in sorted(several, key=lambda p: p.uid):
            yield from self._overlaps(person)

    def _overlaps(self, person: Person) -> Iterator[Finding]:
        ordered = sorted(person.marriages, key=lambda m: m.registered_on)
        for place, first in enumerate(ordered):
            for second in ordered[place + 1 :]:
                if self._stands_at(first.register_end(), second):
                    yield Finding(
                        "C03",
                        person,
                        begins=second.registered_on,
                        court=not self._stands_at(first.ended_on, second),
                    )

    def _stands_at(self, ended: date | None, second: Marriage) -> bool:
        return ended is None or ended > second.registered_on

    def marital_statuses(self) -> Iterator[Finding]:
        """A spouse declared against the register, or the reverse; 离异 may be the word of a court."""
        for household in self.world.aid:
            day = household.applied_on
            known = [
                m for m in household.person.marriages if m.registered_on <= day and m.ended_by != "revocation"
            ]
            if not household.active(self.day) or not known:
                continue
            latest = max(known, key=lambda m: m.registered_on)
            ended = latest.register_end()
            is_married = ended is None or ended > day
            since = latest.registered_on if is_married or ended is None else ended
            differs = (household.marital == "已婚") != is_married and household.marital != "离异"
            if differs and (day - since).days > 30:
                yield Finding("C06", household.person, household, begins=day)

    def under_age(self) -> Iterator[Finding]:
        for marriage in self.world.marriages:
            before = marriage.registered_on < date(1981, 1, 1)
            for person, years in (
                (marriage.husband, 20 if before else 22),
                (marriage.wife, 18 if before else 20),
            ):
                if (
                    marriage.registered_on < birthday(person.born, years)
                    and marriage.ended_by != "revocation"
                ):
                    yield Finding("C05", person, begins=marriage.registered_on)

    def two_households(self) -> Iterator[Finding]:
        for person in sorted({m.person for a in self.world.aid for m in a.members}, key=lambda p: p.uid):
            active = sorted(
                (
                    a
                    for a in person.aid
                    if a.active(self.day) and any(m.person is person and m.covered for m in a.members)
                ),
                key=lambda a: a.approved_on,
            )
            if len(active) > 1 and (self.day - active[1].approved_on).days > 30:
                yield Finding("C04", person, active[-1])

    # ---- D -------------------------------------------------------------------------------------

    def means(self) -> Iterator[Finding]:
        operating = {
            p
            for c in self.world.companies
            if c.state == "存续"
            for p in (c.representative, *(owner for owner, _ in c.shareholders))
        }
        driving = {
            v.owner
            for v in self.world.vehicles
            if v.state == "正常" and v.kind != "C21" and v.value * 10_000 > CAR_VALUE_LIMIT_YUAN
        }
        homes: dict[Person, set[int]] = defaultdict(set)
        for place, unit in enumerate(self.world.properties):
            if unit.use == "住宅" and unit.state == "有效":
                for owner in unit.owners:
                    homes[owner].add(place)
        for household in self.active_dibao():
            people = [member.person for member in household.members]
            for person in people:
                if person in operating:
                    yield Finding("D01", person, household)
                if person in driving:
                    yield Finding("D02", person, household)
                if person.insurance and person.insurance.public:
                    yield Finding("D05", person, household)
            if len(set().union(*(homes.get(person, set()) for person in people))) > 1:
                yield Finding("D03", household.person, household)
            income = sum(person.insurance.income for person in people if person.insurance)
            if income > self.world.standards.amount(household.standard, self.month) * len(people):
                yield Finding("D04", household.person, household)

    # ---- E -------------------------------------------------------------------------------------

    def misfit_payments(self) -> Iterator[Finding]:
        for entitlement in self.entitlements:
            person, code = entitlement.person, entitlement.code
            if code == "GL":
                eighty = month_of(birthday(person.born, 80))
                if entitlement.first_month < eighty:
                    yield from self.periods(
                        "E01", person, None, [m for m in self.standing(entitlement) if m < eighty]
                    )
            elif code == "HL":
                yield from self.periods(
                    "E02",
                    person,
                    None,
                    [m for m in self.standing(entitlement) if not _severe(entitlement, m)],
                )
            elif code in ("GE", "SW"):
                adult = month_of(birthday(person.born, 18))
                yield from self.periods(
                    "E05", person, None, [m for m in self.standing(entitlement) if m > adult]
                )
        for household in self.world.aid:
            yield from self._misfit_household(household)

    def _misfit_household(self, household: AidHousehold) -> Iterator[Finding]:
        paid = self.standing(household)
        if household.stopped_on and household.stopped_on <= self.day:
            stopped = month_of(household.stopped_on)
            yield from self.periods("E03", household.person, household, [m for m in paid if m > stopped])
        approved_amount = household.monthly(self.month, self.world.standards)
        since = max(month_of(household.approved_on), self.world.standards.change_month)
        yield from self.periods(
            "E04",
            household.person,
            household,
            [m for m, amount in paid.items() if m >= since and amount != approved_amount],
        )

    def paid_twice(self) -> Iterator[Finding]:
        by_person: dict[tuple[Person, str], list[Benefit]] = defaultdict(list)
        for benefit in (*self.world.aid, *self.entitlements):
            by_person[benefit.person, benefit.code].append(benefit)
            doubled = []
            amounts: dict[int, list[int]] = defaultdict(list)
            for month, _, amount, status in benefit.schedule(self.world.settings, self.world.standards):
                if status != "退回":
                    amounts[month].append(amount)
            for month, paid in amounts.items():
                if len(paid) > 1 and sorted(paid)[-2] * 2 >= max(paid) > 0:
                    doubled.append(month)
            household = benefit if isinstance(benefit, AidHousehold) else None
            yield from self.periods("E06", benefit.person, household, doubled)
        for (person, code), benefits in by_person.items():
            for place, first in enumerate(benefits):
                for second in benefits[place + 1 :]:
                    if code != "DB" or first.division == second.division:
                        months = self.standing(first).keys() & self.standing(second).keys()
                        yield from self.periods("E06", person, None, months)

    def strangers(self) -> Iterator[Finding]:
        for person in self.world.strangers:
            yield from (Finding("E07", person, entitlement) for entitlement in person.entitlements)

    # ---- F -------------------------------------------------------------------------------------

    def missed(self) -> Iterator[Finding]:
        for person in self.world.people:
            if not (person.alive(self.day) and person.registered(self.day)):
                continue
            if person.age(self.day) >= 80 and not self.draws_now(person, "GL"):
                yield Finding("F01", person)
            cards = [card for card in person.cards if card.valid(self.day)]
            if any(card.level <= 2 for card in cards) and not self.draws_now(person, "HL", "YL", "TK"):
                yield Finding("F02", person)
            dibao = [a for a in person.aid if a.code == "DB" and a.active(self.day)]
            if cards and dibao and not self.draws_now(person, "CJ", "TK", "GE", "SW"):
                yield Finding("F03", person, dibao[-1])

    # ---- G -------------------------------------------------------------------------------------

    def procedure(self) -> Iterator[Finding]:
        for household in self.world.aid:
            if household.active(self.day) and household.authorised_until < self.day:
                yield Finding("G01", household.person, household)
        for aided in self.world.temporary_aid:
            if aided.kind == "急难型" and working_days.between(aided.applied_on, aided.paid_on) > 2:
                yield Finding("G03", aided.person, begins=aided.applied_on)


def _severe(entitlement: Entitlement, month: int) -> bool:
    """A card of level 1-2 that is not cancelled covered some day of the month."""
    return any(
        card.level <= 2
        and not card.cancelled
        and card.issued_on <= month_end(month)
        and card.valid_until >= month_start(month)
        for card in entitlement.person.cards
    )


# ---- the files ---------------------------------------------------------------------------------


def person_rows(world: World) -> Iterator[list[str]]:
    for p in (*world.people, *world.strangers):
        yield [
            p.uid,
            p.number,
            p.name,
            str(p.sex),
            p.born.isoformat(),
            _iso(p.died if p.died and p.died <= world.settings.as_of else None),
            p.household.number if p.household else "",
            p.division,
        ]


def marriage_rows(world: World) -> Iterator[list[str]]:
    for m in world.marriages:
        yield [
            certificate(m),
            m.husband.uid,
            m.wife.uid,
            m.registered_on.isoformat(),
            _iso(m.ended_on),
            m.ended_by,
        ]


def certificate(marriage: Marriage) -> str:
    return f"J{marriage.number:011d}"


def anomaly_rows(world: World) -> list[list[str]]:
    """Hits as found, with the notes of those planted; near misses that stayed near misses."""
    notes = {(p.rule, p.person): p.note for p in world.planted if p.label == "hit"}
    hits = find_hits(world)
    rows = [
        [
            f.rule,
            "hit",
            f.person.uid,
            f.household.number if f.household else "",
            _iso(f.begins),
            _iso(f.ends),
            notes.get((f.rule, f.person), _COURT if f.court else _BY_ITSELF),
        ]
        for f in hits
    ]
    wrong = {(f.rule, f.person) for f in hits}
    rows += [
        [p.rule, "near_miss", p.person.uid, p.household.number if p.household else "", "", "", p.note]
        for p in world.planted
        if p.label == "near_miss" and (p.rule, p.person) not in wrong
    ]
    return sorted(rows)


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""
