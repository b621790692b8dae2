"""The city is plausible and consistent before anybody writes about it."""

from collections import Counter
from datetime import date

import pytest

from lab.simulator.generate import build_world
from lab.simulator.parameters import Settings
from lab.simulator.world import World


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(Settings(4000, 11, date(2025, 6, 25), days=6))


def test_marriages_join_the_living_and_no_kin(world: World) -> None:
    for marriage in world.marriages:
        man, woman = marriage.husband, marriage.wife
        assert (man.sex, woman.sex) == (1, 2)
        assert all(person.died is None or person.died > marriage.registered_on for person in (man, woman))
        assert marriage.ended_on is None or marriage.ended_on >= marriage.registered_on
        assert not ({man.father, man.mother} - {None}) & {woman.father, woman.mother, woman}


def test_who_is_planted_as_widowed_was_married_before() -> None:
    # A town in which the partner drawn was married again only later.
    world = build_world(Settings(7000, 4242, date(2025, 6, 25), days=6, defects=2))
    widowed = [case.person for case in world.planted if case.note == "丧偶"]
    assert widowed
    for person in widowed:
        marriage = person.marriages[-1]
        assert marriage.registered_on < marriage.other(person).died


def test_about_a_quarter_of_divorces_are_by_court(world: World) -> None:
    ends = Counter(marriage.ended_by for marriage in world.marriages)
    assert 0.15 < ends["court_divorce"] / (ends["court_divorce"] + ends["divorce"]) < 0.4


def test_children_are_born_to_living_parents(world: World) -> None:
    for person in world.people:
        if person.mother and person.father:
            assert 17 <= person.mother.age(person.born) <= 45
            assert person.mother.alive(person.born)
            assert person.surname == person.father.surname


def test_every_book_has_one_head_and_a_grown_up(world: World) -> None:
    day = world.settings.first_day
    for household in world.households:
        present = [person for person in household.members if person.registered(day)]
        if present:
            assert [person.relation for person in present].count("02") == 1
            assert max(person.age(day) for person in present) >= 18


def test_about_half_of_the_dead_are_cremated_and_every_registered_one(world: World) -> None:
    day = world.settings.as_of
    cremated = {cremation.person for cremation in world.cremations}
    dead = [person for person in world.people if person.died and person.died <= day]
    assert 0.4 < len(cremated) / len(dead) < 0.7
    assert all(person in cremated for person in dead if person.registered(day))
    assert all(
        cremation.person.died and cremation.cremated_on >= cremation.person.died
        for cremation in world.cremations
    )


def test_the_police_learn_late(world: World) -> None:
    still_there = [
        p
        for p in world.people
        if p.died and p.died < world.settings.first_day and p.registered(world.settings.first_day)
    ]
    assert still_there


def test_no_benefit_is_paid_twice_for_a_month_unless_planted(world: World) -> None:
    planted = {case.person.uid for case in world.planted if (case.rule, case.label) == ("E06", "hit")}
    doubled = set()
    for person in world.people:
        paid = Counter(
            (entitlement.code, month)
            for entitlement in person.entitlements
            for month, _, _, status in entitlement.schedule(world.settings, world.standards)
            if status != "退回"
        )
        if any(times > 1 for times in paid.values()):
            doubled.add(person.uid)
    assert doubled
    assert doubled <= planted


def test_pay_is_never_zero_or_negative(world: World) -> None:
    for benefit in (*world.aid, *world.entitlements):
        if benefit.code not in ("BY", "GX"):
            assert all(amount > 0 for _, _, amount, _ in benefit.schedule(world.settings, world.standards))


def test_authorisations_live_unless_planted(world: World) -> None:
    planted = {case.person.uid for case in world.planted if (case.rule, case.label) == ("G01", "hit")}
    expired = {a.person.uid for a in world.aid if a.authorised_until < world.settings.as_of}
    assert expired == planted
