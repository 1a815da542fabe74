"""Whose an appointment is when mandates and links change, and who is told of what."""

import pytest

from appointments import actions
from appointments.actions import passing_on, reminders
from core.accounts.models import Identity, Link
from core.accounts.registry import LocalRegistry
from core.exceptions import RuleViolation
from core.messaging.models import Message
from core.references import grouped_reference
from tawasul.portal import chores
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import ROOT, page_of, verified
from tests.appointments.places import (
    DAY,
    MONDAY,
    ON_TUESDAY,
    SUNDAY,
    TUESDAY,
    WHEN_MONDAY,
    WHEN_TUESDAY,
)
from tests.conftest import words

pytestmark = pytest.mark.django_db
REGISTERED = "+966500000088"


@pytest.fixture
def worker():
    """Return a worker from Pakistan without an account, whose mobile the registry knows."""
    return factories.IdentityFactory(name_en="Raju Kumar", mobile=REGISTERED)


@pytest.fixture
def palm(worker):
    palm = factories.establishment()
    factories.link(palm, worker)
    return palm


@pytest.fixture
def speakers(palm):
    speakers = factories.UserFactory.create_batch(2)
    for speaker in speakers:
        factories.link(palm, speaker.identity, Link.Kind.REPRESENTATIVE)
    return speakers


@pytest.fixture
def booked(speakers, palm, worker, slot):
    """Return an appointment of the worker on Monday at ten, booked by the first of the speakers."""
    made = places.confirmed(speakers[0], holder=palm, attendee=worker, slot=slot)
    made.refresh_from_db()
    return made


def end_link(holder, person):
    Link.objects.filter(holder=holder, person=person).update(until=SUNDAY - DAY)


def told():
    """Return who has been told what since the last call, by text."""
    rows = list(Message.objects.filter(channel="sms").order_by("pk"))
    Message.objects.all().delete()
    return {row.recipient: row.text for row in rows}


def test_the_attendee_and_all_who_represent_the_holder_are_told(speakers, booked):
    mobiles = {str(speaker.mobile) for speaker in speakers}
    booked_for = places.whose(booked)
    texts = told()
    assert texts.keys() == mobiles | {REGISTERED}
    assert texts[REGISTERED] == (
        f"Tawasul: Palm Trees has booked {booked_for}: {places.facts(booked)}"
    )
    later = places.slot(TUESDAY)
    actions.move(actor=speakers[1], appointment=booked, slot=later)
    texts = told()
    assert texts.keys() == mobiles | {REGISTERED}
    assert texts[REGISTERED] == (
        f"Tawasul: Palm Trees has moved {booked_for}. It is now: {places.facts(booked, later)}"
    )
    booked.refresh_from_db()
    actions.cancel(actor=speakers[0], appointment=booked)
    texts = told()
    assert texts.keys() == mobiles | {REGISTERED}
    assert texts[REGISTERED] == (
        f"Tawasul: Palm Trees has cancelled {booked_for}: {places.facts(booked)}"
    )


def test_a_time_that_is_held_is_told_to_nobody(speakers, palm, worker, slot):
    held = places.held(speakers[0], holder=palm, attendee=worker, slot=slot)
    attendee = factories.UserFactory(identity=worker)
    browser = verified(attendee)
    assert held.reference not in browser.get(ROOT).content.decode()
    assert browser.get(page_of(held)).status_code == 404
    actions.cancel(actor=speakers[0], appointment=held)
    assert told() == {}


def test_the_attendee_is_told_of_a_closing_and_reminded(booked, clock):
    told()
    clock.now = booked.slot.start - DAY
    actions.remind_of_appointments()
    assert told()[REGISTERED].startswith("Tawasul: reminder of ")
    places.displace_alone(booked)
    places.allocate()
    assert told()[REGISTERED] == (
        f"Tawasul: the office is closed at the time of {places.whose(booked)}: "
        f"{places.facts(booked)} Do not come. Whoever booked it will choose another time."
    )


def test_the_attendee_is_not_told_to_choose_where_they_cannot(palm, worker, booked):
    places.displace_alone(booked)
    browser = verified(factories.UserFactory(identity=worker))
    assert "You can choose one yourself." not in words(browser.get(page_of(booked)))
    end_link(palm, worker)
    assert "You can choose one yourself." in words(browser.get(page_of(booked)))


def test_reminders_go_to_whoever_represents_the_holder_then(speakers, palm, booked, clock):
    told()
    end_link(palm, speakers[0].identity)
    newcomer = factories.UserFactory()
    factories.link(palm, newcomer.identity, Link.Kind.REPRESENTATIVE)
    clock.now = booked.slot.start - DAY
    actions.remind_of_appointments()
    assert told().keys() == {str(speakers[1].mobile), str(newcomer.mobile), REGISTERED}


def test_both_sides_are_told_once_each_time_that_it_passes_on(speakers, palm, worker, booked):
    told()
    assert actions.pass_on_appointments() == 0
    end_link(palm, worker)
    assert actions.pass_on_appointments() == 1
    texts = told()
    assert texts[REGISTERED] == (
        f"Tawasul: {places.whose(booked)} is yours now, as Palm Trees no longer acts for Raju: "
        f"{places.facts(booked)}"
    )
    no_longer = (
        "Tawasul: you can no longer act for Raju. Appointment "
        f"{grouped_reference(booked.reference)} (Services for residents) is kept, but you cannot "
        "change it."
    )
    assert [texts[str(speaker.mobile)] for speaker in speakers] == [no_longer] * 2
    assert actions.pass_on_appointments() == 0
    assert places.event_types(booked)[-1] == "passed_on"
    back = factories.link(palm, worker, since=SUNDAY)
    assert actions.pass_on_appointments() == 0
    back.delete()
    assert actions.pass_on_appointments() == 1


def test_it_is_told_again_when_it_passes_from_one_guardian_to_the_next(speakers, palm, slot):
    child = factories.IdentityFactory(birth_date=SUNDAY - 11 * 365 * DAY, name_en="Yusuf Ali")
    employment = factories.link(palm, child)
    father, mother = factories.UserFactory.create_batch(2)
    factories.link(father.identity, child, Link.Kind.GUARDIAN)
    booked = places.confirmed(speakers[0], holder=palm, attendee=child, slot=slot)
    places.wish(speakers[0], holder=palm, attendee=child, last_day=TUESDAY)
    employment.delete()
    assert actions.pass_on_appointments() + actions.pass_on_wishes() == 2
    booked.refresh_from_db()
    actions.move(actor=father, appointment=booked, slot=places.slot(TUESDAY))
    end_link(father.identity, child)
    factories.link(mother.identity, child, Link.Kind.GUARDIAN)
    told()
    assert actions.pass_on_appointments() == 1
    texts = told()
    assert texts.keys() == {str(father.mobile), str(mother.mobile)}
    assert "is yours now" in texts[str(mother.mobile)]
    assert "you can no longer act for" in texts[str(father.mobile)]
    assert actions.pass_on_wishes() == 1
    assert told().keys() == texts.keys()
    assert actions.pass_on_appointments() + actions.pass_on_wishes() == 0
    page = words(verified(father).get(page_of(booked)))
    assert "you can no longer act for Yusuf Ali" in page
    assert WHEN_TUESDAY in page  # the time that he chose himself


def test_what_passes_on_while_the_office_is_closed_needs_another_time(palm, worker, booked):
    places.displace_alone(booked)
    places.allocate()
    end_link(palm, worker)
    told()
    assert actions.pass_on_appointments() == 1
    assert told()[REGISTERED] == (
        f"Tawasul: {places.whose(booked)} is yours now: {places.facts(booked)} The office is "
        "closed then, so it needs another time."
    )


def test_what_is_over_is_passed_on_in_silence_and_what_is_displaced_is_not(
    palm, worker, booked, clock
):
    end_link(palm, worker)
    clock.now = booked.slot.end
    assert actions.pass_on_appointments() == 0
    places.displace_alone(booked)
    assert actions.pass_on_appointments() == 1


def test_a_worker_that_was_overtaken_tells_nobody(palm, worker, booked, clock):
    clock.now = booked.slot.start - DAY
    assert [reminders._remind(booked) for _worker in range(2)] == [1, 0]
    end_link(palm, worker)
    assert [passing_on._pass_on(booked) for _worker in range(2)] == [1, 0]


def test_what_was_cancelled_meanwhile_is_passed_on_to_nobody(palm, worker, booked):
    end_link(palm, worker)
    actions.cancel(actor=factories.UserFactory(identity=worker), appointment=booked)
    told()
    assert passing_on._pass_on(booked) == 0
    assert told() == {}


def test_people_are_told_of_both_services_in_the_hours_for_offers(
    speakers, palm, worker, booked, clock, monkeypatch
):
    filed = []
    monkeypatch.setattr(chores, "pass_on_inquiries", lambda: filed.append(clock.now))
    end_link(palm, worker)
    told()
    _every, chore = chores.CHORES["tell_passed_on"]
    clock.now = places.at(SUNDAY, "23:30")
    chore()
    assert (told(), filed) == ({}, [])
    clock.now = places.at(MONDAY, "09:00")
    chore()
    assert told().keys() == {REGISTERED, *(str(speaker.mobile) for speaker in speakers)}
    assert filed == [clock.now]


class Asked(LocalRegistry):
    """A registry that notes about whom it was asked."""

    about: set[int] = set()

    def refresh(self, identity):
        self.about.add(identity.pk)
        return super().refresh(identity)


def test_the_registry_is_asked_about_the_actor_the_holder_and_the_attendee(
    speakers, palm, worker, booked, settings
):
    settings.REGISTRY = f"{__name__}.Asked"
    actor, of_worker = speakers[1], {"holder": palm, "attendee": worker}
    for do in (
        lambda: actions.move(actor=actor, appointment=booked, slot=places.slot(TUESDAY)),
        lambda: places.held(actor, slot=places.slot(TUESDAY, "12:00"), **of_worker),
    ):
        Asked.about.clear()
        do()
        assert Asked.about == {actor.identity_id, palm.pk, worker.pk}


def test_the_attendee_goes_on_with_it_and_the_others_read_what_they_booked(
    speakers, palm, worker, booked
):
    end_link(palm, worker)
    attendee = factories.UserFactory(identity=worker)
    other = places.slot(TUESDAY)
    actions.move(actor=attendee, appointment=booked, slot=other)
    browser = verified(speakers[0])
    page = words(browser.get(page_of(booked)))
    assert "can no longer act for Raju Kumar. You can still read what was sent." in page
    assert WHEN_MONDAY in page
    led_back = words(browser.get(f"{page_of(booked)}slip/", follow=True))
    assert led_back.count("can no longer act for") == 1
    for new in (WHEN_TUESDAY, "Confirmed", "Slip to print"):
        assert new not in page
    listed = words(browser.get(ROOT))
    assert "Raju Kumar" not in listed  # it is the establishment's
    browser.post("/en/account/acting-as/", {"holder": palm.pk})
    listed = words(browser.get(ROOT))
    assert "No longer yours" in listed
    assert listed.count("Raju Kumar") == 1
    assert ON_TUESDAY not in listed
    assert booked.reference not in browser.get("/en/my/").content.decode()
    assert ON_TUESDAY in words(verified(attendee).get(ROOT))


def test_the_holders_other_people_do_not_pass_on(speakers, palm, worker, slot):
    other = factories.IdentityFactory(name_en="Imran Shahzad")
    factories.link(palm, other)
    people = {"attendee": worker, "beneficiaries": [worker, other]}
    booked = places.confirmed(speakers[0], holder=palm, slot=slot, operations=2, **people)
    browser = verified(factories.UserFactory(identity=worker))
    pages = (page_of(booked), f"{page_of(booked)}slip/")
    assert all("Imran Shahzad" in words(browser.get(page)) for page in pages)
    end_link(palm, worker)
    for page in pages:
        shown = words(browser.get(page))
        assert "Imran Shahzad" not in shown
        assert "For Raju Kumar" in shown


def test_a_colleague_finds_it_only_while_acting_for_the_establishment(
    speakers, palm, worker, booked
):
    wish = places.wish(speakers[0], holder=palm, attendee=worker)
    browser = verified(speakers[1])
    for page in (ROOT, "/en/my/"):
        assert booked.reference not in browser.get(page).content.decode()
    assert f"/waiting/{wish.pk}/" not in browser.get(ROOT).content.decode()
    browser.post("/en/account/acting-as/", {"holder": palm.pk})
    for page in (ROOT, "/en/my/"):
        assert booked.reference in browser.get(page).content.decode()
    assert f"/waiting/{wish.pk}/" in browser.get(ROOT).content.decode()


def test_a_hold_is_let_go_with_the_mandate_that_made_it(speakers, palm, worker, slot):
    held = places.held(speakers[0], holder=palm, attendee=worker, slot=slot)
    end_link(palm, speakers[0].identity)
    other = factories.establishment("Oasis Trading", "7000000025")
    factories.link(other, speakers[0].identity, Link.Kind.REPRESENTATIVE)
    with pytest.raises(RuleViolation) as refused:
        actions.confirm(actor=speakers[0], appointment=held)
    assert refused.value.message == (
        "You no longer represent Palm Trees Contracting, so you cannot do this. You can still read "
        "what you sent."
    )
    assert refused.value.message in words(verified(speakers[0]).get(page_of(held)))
    assert actions.confirm(actor=speakers[1], appointment=held).is_confirmed


def test_a_time_waited_for_is_offered_to_all_who_may_take_it(speakers, palm, worker, clock):
    slot = places.slot(TUESDAY, capacity=1)
    other = places.confirmed(slot=slot)
    places.wish(speakers[0], holder=palm, attendee=worker, last_day=TUESDAY)
    end_link(palm, speakers[0].identity)
    told()
    places.note_worker()
    places.cancel(other)
    told()
    places.allocate()
    assert told().keys() == {str(speakers[1].mobile)}
    made = actions.accept(actor=speakers[1], offer=slot.offers.get())
    assert (made.holder, made.user) == (palm, speakers[1])


def test_a_time_waited_for_is_offered_to_whom_the_wish_has_passed(speakers, palm, worker, clock):
    slot = places.slot(TUESDAY, capacity=1)
    other = places.confirmed(slot=slot)
    places.wish(speakers[0], holder=palm, attendee=worker, last_day=TUESDAY)
    attendee = factories.UserFactory(identity=worker)
    end_link(palm, worker)
    places.note_worker()
    places.cancel(other)
    told()
    places.allocate()
    assert told().keys() == {str(attendee.mobile)}


def test_nobody_is_offered_a_time_that_nobody_could_take(speakers, palm, worker, clock):
    slot = places.slot(TUESDAY, capacity=1)
    other = places.confirmed(slot=slot)
    places.wish(speakers[0], holder=palm, attendee=worker, last_day=TUESDAY)
    for speaker in speakers:
        end_link(palm, speaker.identity)
    places.note_worker()
    places.cancel(other)
    places.allocate()
    assert not slot.offers.exists()
    assert places.reserved(slot) == 0


def test_a_wish_passes_on_with_its_turn_and_both_are_told_once(speakers, palm, worker, clock):
    wish = places.wish(speakers[0], holder=palm, attendee=worker, last_day=TUESDAY)
    end_link(palm, worker)
    assert actions.pass_on_wishes() == 1
    no_longer = (
        "Tawasul: you can no longer act for Raju, so you cannot change their place on the waiting "
        "list (Services for residents)."
    )
    texts = told()
    assert [texts[str(speaker.mobile)] for speaker in speakers] == [no_longer] * 2
    assert texts[REGISTERED] == (
        "Tawasul: you now look after the place of Raju on the waiting list (Services for "
        "residents): Palm Trees no longer acts for Raju."
    )
    assert actions.pass_on_wishes() == 0
    attendee = factories.UserFactory(identity=worker)
    assert verified(attendee).get(f"{ROOT}waiting/{wish.pk}/").status_code == 200


def test_a_second_end_of_a_link_is_told_again(palm, worker, booked):
    places.wish(booked.user, holder=palm, attendee=worker, last_day=TUESDAY)
    for _time in range(2):
        end_link(palm, worker)
        assert actions.pass_on_appointments() + actions.pass_on_wishes() == 2
        Link.objects.filter(holder=palm, person=worker).update(until=None)
        assert actions.pass_on_appointments() + actions.pass_on_wishes() == 0


def test_who_spoke_for_a_closed_establishment_is_told(speakers, palm, booked):
    told()
    Identity.objects.filter(pk=palm.pk).update(status=Identity.Status.DEPARTED)
    actions.pass_on_appointments()
    assert told().keys() == {REGISTERED, *(str(speaker.mobile) for speaker in speakers)}
